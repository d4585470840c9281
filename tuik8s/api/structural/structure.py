"""How custom resources merge in server-side apply: what their schema says instead of Go types.

Maps are granular and lists atomic where nothing else is said, and where nothing is known.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tuik8s.api.patch.structure import SCALAR, Structure, structure_named
from tuik8s.api.structural.lists import LIST_TYPE, MAP_KEYS
from tuik8s.api.structural.pruning import EMBEDDED, OBJECT_META, PRESERVE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuik8s.api.objects import Obj

_PRESENT = frozenset(("metadata",))


def structure_of_resource(schema: Obj) -> Structure:
    """Of whole objects."""
    return structure_of_schema({**schema, "type": "object", EMBEDDED: True})


def structure_of_schema(schema: Obj) -> Structure:
    match schema.get("type"):
        case "object":
            atomic = schema.get("x-kubernetes-map-type") == "atomic"
            return _SchemaStructure("struct", schema, atomic, always_present=_PRESENT)
        case "array":
            return _list(schema)
    return UNKNOWN if schema.get(PRESERVE) else SCALAR


class _SchemaStructure(Structure):
    """A node of a schema; `hint` is the schema."""

    @cached_property
    def fields(self) -> Mapping[str, Structure]:
        parts = (self.hint.get("properties") or {}).items()
        fields: dict[str, Structure] = {name: structure_of_schema(part) for name, part in parts}
        if self.hint.get(EMBEDDED):
            fields |= {"metadata": structure_named(OBJECT_META), "apiVersion": SCALAR, "kind": SCALAR}
        return fields

    @cached_property
    def element(self) -> Structure:
        below = self.hint.get("items" if self.shape == "list" else "additionalProperties")
        return structure_of_schema(below) if isinstance(below, dict) else UNKNOWN

    def child(self, name: str) -> Structure:
        return self.fields.get(name) or self.element


def _list(schema: Obj) -> Structure:
    kind = schema.get(LIST_TYPE)
    keys = tuple(sorted(schema.get(MAP_KEYS) or ())) if kind == "map" else ()
    properties = (schema.get("items") or {}).get("properties") or {}
    defaults = {key: properties[key]["default"] for key in keys if "default" in properties.get(key, {})}
    return _SchemaStructure(
        "list", schema, not keys and kind != "set", list_keys=keys, is_set=kind == "set",
        key_defaults=defaults,
    )  # fmt: skip


class _Unknown(Structure):
    """Of a value that a schema keeps without knowing it: maps merge, all else is one value."""

    def child(self, name: str) -> Structure:
        return self


UNKNOWN: Any = _Unknown("map", always_present=frozenset())
