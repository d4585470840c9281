"""Fill in what a schema has defaults for (…/pkg/apiserver/schema/defaulting)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tuik8s.api.objects import Obj, copy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Defaulter: TypeAlias = Callable[[Any], None]


def defaulter(schema: Obj | None) -> Defaulter | None:
    """In place, on a pruned value that nobody else holds; None where the schema has no defaults."""
    if not schema:
        return None
    properties = schema.get("properties") or {}
    own = {name: part["default"] for name, part in properties.items() if part.get("default") is not None}
    below = {name: found for name, part in properties.items() if (found := defaulter(part)) is not None}
    additional = schema.get("additionalProperties")
    others = defaulter(additional) if isinstance(additional, dict) else None
    items = defaulter(schema.get("items"))
    if own or below or others:
        return _of_map(own, below, others)
    return None if items is None else _of_list(items)


def _of_map(own: Mapping[str, Any], below: Mapping[str, Defaulter], others: Defaulter | None) -> Defaulter:
    def default(value: Any) -> None:
        if type(value) is not dict:
            return
        for name, wanted in own.items():
            if name not in value:
                value[name] = copy(wanted)
        for name, deeper in below.items():
            if name in value:
                deeper(value[name])
        if others is not None:
            for item in value.values():
                others(item)

    return default


def _of_list(items: Defaulter) -> Defaulter:
    def default(value: Any) -> None:
        if type(value) is list:
            for item in value:
                items(item)

    return default
