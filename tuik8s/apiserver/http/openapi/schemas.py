"""JSON schemas of the served types, from the schema package's structs and the tables of how they merge."""

from __future__ import annotations

import importlib
import re
import typing
from functools import cache
from typing import TYPE_CHECKING, Any

from tuik8s.api import gotypes
from tuik8s.api.patch import structure

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

MODELS = "lightkube.models"
_OPTIONAL = re.compile(r"Optional\[(.*)\]")
_LIST = re.compile(r"List\[(.*)\]")
_PARAMETER = re.compile(r"^ *\* \*\*(\w+)\*\* ``.*?`` ?- ?(.*)$")
_API = "io.k8s.api"
_META = "io.k8s.apimachinery.pkg.apis.meta"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
_RAW = "io.k8s.apimachinery.pkg.runtime.RawExtension"
_SPECIAL: dict[str, tuple[str, Obj]] = {
    "meta_v1.Time": (f"{_META}.v1.Time", {"type": "string", "format": "date-time"}),
    "meta_v1.MicroTime": (f"{_META}.v1.MicroTime", {"type": "string", "format": "date-time"}),
    "meta_v1.FieldsV1": (f"{_META}.v1.FieldsV1", {"type": "object"}),
    "resource.Quantity": (_QUANTITY, {"oneOf": [{"type": "string"}, {"type": "number"}]}),
    "util_intstr.IntOrString": (
        _INT_OR_STRING, {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    ),
    "runtime.RawExtension": (_RAW, {"type": "object"}),
}  # fmt: skip
_SCALARS: dict[str, Obj] = {
    "str": {"type": "string"}, "bool": {"type": "boolean"}, "float": {"type": "number", "format": "double"},
    "dict": {"type": "object"}, "Dict": {"type": "object"},
}  # fmt: skip


def schema_name(module: str, name: str) -> str:
    """As Kubernetes names it: `io.k8s.api.apps.v1.Deployment`."""
    group, _, version = module.rpartition("_")
    return f"{_META if group == 'meta' else f'{_API}.{group}'}.{version}.{name}"


class Schemas:
    """The schemas that one document needs: those asked for, and all they refer to."""

    def __init__(self) -> None:
        self.schemas: dict[str, Obj] = {}

    def add(self, model: str) -> str:
        """`module:Class`; the name of its schema."""
        module, _, name = model.partition(":")
        title = schema_name(module, name)
        if title not in self.schemas:
            self.schemas[title] = {}  # types contain themselves
            self.schemas[title] = self._struct(module, name)
        return title

    def _struct(self, module: str, name: str) -> Obj:
        struct = _model(module, name)
        texts = _documentation(struct.__doc__ or "")
        json_names = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
        properties, required = {}, []
        for attribute, annotation in struct.__annotations__.items():
            field = json_names[attribute]
            optional = _OPTIONAL.fullmatch(annotation)
            if optional is None:
                required.append(field)
            shape = self._field(module, name, field, optional[1] if optional else annotation)
            properties[field] = _described(shape, texts.get(field, "")) | _merging(f"{name}.{field}")
        result: Obj = {"type": "object", "description": texts.get("", ""), "properties": properties}
        if required:
            result["required"] = required
        if name in structure.ATOMIC_TYPES:
            result["x-kubernetes-map-type"] = "atomic"
        return result

    def _field(self, module: str, struct: str, field: str, annotation: str) -> Obj:
        if annotation == "dict":
            return {"type": "object", "additionalProperties": self._map_value(module, struct, field)}
        if annotation == "str" and (struct, field) in gotypes.BYTES_FIELDS:
            return {"type": "string", "format": "byte"}
        return self._typed(module, field, annotation)

    def _map_value(self, module: str, struct: str, field: str) -> Obj:
        if (struct, field) in gotypes.OTHER_MAPS:
            return self._typed(module, field, gotypes.OTHER_MAPS[struct, field])
        if (struct, field) in gotypes.BYTES_MAPS:
            return {"type": "string", "format": "byte"}
        if field in gotypes.QUANTITY_MAPS:
            return self._typed("core_v1", field, "resource.Quantity")
        return {"type": "string", "default": ""}

    def _typed(self, module: str, field: str, annotation: str) -> Obj:
        many = _LIST.fullmatch(annotation)
        if many:
            return {"type": "array", "items": self._typed(module, field, many[1])}
        if annotation == "int":
            return {"type": "integer", "format": "int64" if field in gotypes.INT64_FIELDS else "int32"}
        if annotation in _SCALARS:
            return dict(_SCALARS[annotation])
        qualified = annotation if "." in annotation else f"{module}.{annotation}"
        if qualified in _SPECIAL:
            title, shape = _SPECIAL[qualified]
            self.schemas.setdefault(title, shape)
            return _reference(title)
        inner_module, _, inner = qualified.rpartition(".")
        if not hasattr(_model(inner_module, inner), "__struct_fields__"):  # free-form, or without fields
            return {"type": "object"}
        return _reference(self.add(f"{inner_module}:{inner}"))


def _reference(title: str) -> Obj:
    return {"$ref": f"#/components/schemas/{title}"}


def _described(shape: Obj, text: str) -> Obj:
    """A reference has no siblings: it stands in an allOf beside them."""
    if "$ref" in shape:
        return {"allOf": [shape], "description": text}
    return {**shape, "description": text}


def _merging(place: str) -> Obj:
    """How this field merges, from the same tables that patches and apply use."""
    marks: Obj = {}
    merge_key = structure.MERGE_KEYS.get(place) or ("type" if place.endswith("Status.conditions") else "")
    strategies = [
        name
        for name, present in (
            ("merge", merge_key or place in structure.MERGED_PRIMITIVES),
            ("retainKeys", place in structure.RETAIN_KEYS),
            ("replace", place in structure.REPLACED),
        )
        if present
    ]
    if strategies:
        marks["x-kubernetes-patch-strategy"] = ",".join(strategies)
    if merge_key:
        marks["x-kubernetes-patch-merge-key"] = merge_key
    if place in structure.SETS:
        marks["x-kubernetes-list-type"] = "set"
    elif merge_key and place not in structure.ATOMIC_FIELDS:
        marks["x-kubernetes-list-type"] = "map"
        marks["x-kubernetes-list-map-keys"] = list(structure.LIST_MAP_KEYS.get(place, (merge_key,)))
    return marks


@cache
def _documentation(text: str) -> dict[str, str]:
    """The struct's own text under the empty name, and each field's."""
    found: dict[str, list[str]] = {"": []}
    current = ""
    for line in text.splitlines():
        parameter = _PARAMETER.match(line)
        if parameter:
            current = parameter[1]
            found[current] = [parameter[2]]
        elif line.strip() != "**parameters**":
            found[current].append(line.strip())
    return {name: " ".join(lines).strip() for name, lines in found.items()}


def _model(module: str, name: str) -> Any:
    return typing.cast("Any", getattr(importlib.import_module(f"{MODELS}.{module}"), name))
