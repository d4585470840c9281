"""Lists that are sets or maps hold each item once (…/pkg/apiserver/schema/listtype)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tuik8s.api import errors
from tuik8s.api.structural.places import Found, Place, text
from tuik8s.api.structural.walking import everywhere

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from tuik8s.api.objects import Obj
    from tuik8s.api.structural.places import Check, Findings

LIST_TYPE, MAP_KEYS = "x-kubernetes-list-type", "x-kubernetes-list-map-keys"


def uniqueness(schema: Obj) -> Check | None:
    """None where no list below is a set or a map."""
    return everywhere(schema, _own)


def _own(schema: Obj) -> Check | None:
    if schema.get(LIST_TYPE) == "set":
        return _set
    return _map(schema.get(MAP_KEYS) or []) if schema.get(LIST_TYPE) == "map" else None


def _set(value: Any, place: Place, findings: Findings) -> None:
    for index in _repeated(value if isinstance(value, list) else ()):
        findings.append(Found(errors.duplicate(text((place, index)), value[index]), place))


def _map(keys: list[str]) -> Check:
    def check(value: Any, place: Place, findings: Findings) -> None:
        if not isinstance(value, list):
            return
        for index, item in enumerate(value):
            if item is not None and not isinstance(item, dict):
                why = "must be an object for an array of list-type map"
                findings.append(Found(errors.invalid(text((place, index)), item, why), place))
                return
        shown = [{key: item[key] for key in keys if key in (item or {})} for item in value]
        for index in _repeated(shown):
            findings.append(Found(errors.duplicate(text((place, index)), shown[index]), place))

    return check


def _repeated(items: Iterable[Any]) -> list[int]:
    """Where each item that comes more than once comes for the second time."""
    seen: dict[Hashable, int] = {}
    second = []
    for index, item in enumerate(items):
        key = msgspec.json.encode(item, order="sorted")
        seen[key] = seen.get(key, 0) + 1
        if seen[key] == 2:
            second.append(index)
    return second
