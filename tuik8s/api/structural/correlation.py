"""Which value of the old object a value of the new one was (k8s.io/apiserver/pkg/cel/common).

Fields and keys of maps are found again by their names, items of list-type map by their keys; items of other
lists are not. What an update leaves as it was need not be valid under a schema that is stricter since.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tuik8s.api.structural.lists import LIST_TYPE, MAP_KEYS
from tuik8s.api.structural.places import Place, parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj
    from tuik8s.api.structural.places import Found

MISSING: Any = type("Missing", (), {"__repr__": lambda _: "MISSING", "__bool__": lambda _: False})()


def ratcheted(found: Iterable[Found], schema: Obj, new: Any, old: Any) -> list[FieldError]:
    """What is left to complain of: not of what the update leaves as it was."""
    return [error for error, node in found if not _is_unchanged(schema, new, old, node)]


def old_item(schema: Obj, items: Any, item: Any) -> Any:
    """The item of the old list with the keys of `item`; MISSING where lists of this schema have no keys."""
    if schema.get(LIST_TYPE) != "map" or not isinstance(items, list) or not isinstance(item, dict):
        return MISSING
    keys = schema.get(MAP_KEYS) or []
    wanted = [item.get(key) for key in keys]
    for other in items:
        if isinstance(other, dict) and [other.get(key) for key in keys] == wanted:
            return other
    return MISSING


def same(new: Any, old: Any) -> bool:
    """Equal as JSON: for Python true is 1."""
    if new != old:
        return False
    return msgspec.json.encode(new, order="sorted") == msgspec.json.encode(old, order="sorted")


def _is_unchanged(schema: Any, new: Any, old: Any, node: Place) -> bool:
    for part in parts(node):
        schema = schema if isinstance(schema, dict) else {}
        if isinstance(part, int):
            new = new[part]
            old = old_item(schema, old, new)
            schema = schema.get("items")
        else:
            new = new.get(part, MISSING)
            old = old.get(part, MISSING) if isinstance(old, dict) else MISSING
            schema = (schema.get("properties") or {}).get(part) or schema.get("additionalProperties")
    return old is not MISSING and same(new, old)
