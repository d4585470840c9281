"""Checks that concern a few nodes of a schema: values are walked only where there is something to check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.api.structural.places import Check, Findings, Place


def everywhere(schema: Any, own: Callable[[Obj], Check | None]) -> Check | None:
    """What `own` gives for each node, as one check; None where it gives nothing."""
    if not isinstance(schema, dict):
        return None
    fields = {}
    for name, part in (schema.get("properties") or {}).items():
        if (found := everywhere(part, own)) is not None:
            fields[name] = found
    others = everywhere(schema.get("additionalProperties"), own)
    items, here = everywhere(schema.get("items"), own), own(schema)
    if not (fields or others or items or here):
        return None

    def check(value: Any, place: Place, findings: Findings) -> None:
        if here is not None:
            here(value, place, findings)
        if type(value) is dict:
            for key, item in value.items():
                below = fields.get(key, others)
                if below is not None:
                    below(item, (place, key), findings)
        elif type(value) is list and items is not None:
            for index, item in enumerate(value):
                items(item, (place, index), findings)

    return check
