"""JSON schemas of the built-in types, from the schema package's structs and the tables of how they merge."""

from __future__ import annotations

import re
import time
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.api import gotypes
from tuik8s.api.models import model_of, models_in
from tuik8s.api.patch import structure
from tuik8s.apiserver.http.openapi.facts import DEFAULTS, enums

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.objects import Obj

REFERENCE = "#/components/schemas/"
_OPTIONAL = re.compile(r"Optional\[(.*)\]")
_LIST = re.compile(r"List\[(.*)\]")
_PARAMETER = re.compile(r"^ *\* \*\*([\w$]+)\*\* ``.*?`` ?- ?(.*)$")
_MACHINERY = "io.k8s.apimachinery.pkg"
_TIME: Obj = {"type": "string", "format": "date-time"}
_SPECIAL: dict[str, Obj] = {
    "meta_v1:Time": {"description": "An RFC 3339 time, in UTC, of whole seconds.", **_TIME},
    "meta_v1:MicroTime": {"description": "An RFC 3339 time, in UTC, of microseconds.", **_TIME},
    "meta_v1:FieldsV1": {
        "type": "object",
        "description": "A set of fields as a tree: f:NAME a field, k:{KEYS} an item of a list by its keys,"
        " v:VALUE an item of a set, i:INDEX an item by position, and . the node itself.",
    },
    "resource:Quantity": {
        "description": "A number, perhaps with a suffix (m, k, M, G, ..., Ki, Mi, Gi, ...) or an exponent.",
        "oneOf": [{"type": "string"}, {"type": "number"}],
    },
    "util_intstr:IntOrString": {
        "description": "A whole number, or a string such as a name or a percentage.",
        "format": "int-or-string",
        "oneOf": [{"type": "integer"}, {"type": "string"}],
    },
    "runtime:RawExtension": {"description": "Any object.", "type": "object"},
}
"""Types of a shape of their own, by model."""
_PACKAGES = {
    "meta": f"{_MACHINERY}.apis.meta",
    "apiextensions": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
    "apiregistration": "io.k8s.kube-aggregator.pkg.apis.apiregistration",
    "resource": f"{_MACHINERY}.api.resource",
    "util_intstr": f"{_MACHINERY}.util.intstr",
    "runtime": f"{_MACHINERY}.runtime",
    "version": f"{_MACHINERY}.version",
}
_SCALARS: dict[str, Obj] = {
    "str": {"type": "string"}, "bool": {"type": "boolean"}, "float": {"type": "number", "format": "double"},
    "dict": {"type": "object"}, "Dict": {"type": "object"}, "Any": {},
}  # fmt: skip
_ZERO = {"string": "", "integer": 0, "boolean": False, "number": 0}
_STRUCTS_BY_VALUE = ("metadata", "spec", "status", "template")


class Definition(NamedTuple):
    schema: Obj
    needs: tuple[str, ...]
    """The models that the schema refers to."""


def closure(models: Iterable[str]) -> dict[str, Obj]:
    """Schemas by title: of the models asked for, `module:Class`, and of all they refer to. Shared."""
    found: dict[str, Obj] = {}
    waiting = list(models)
    while waiting:
        time.sleep(0)  # the loop, in its own thread, has its turn
        model = waiting.pop()
        title = title_of(model)
        if title not in found:
            found[title], needs = definition(model)
            waiting += needs
    return dict(sorted(found.items()))


@cache
def title_of(model: str) -> str:
    """As Kubernetes names the schema of `apps_v1:Deployment`: `io.k8s.api.apps.v1.Deployment`."""
    module, _, name = model.partition(":")
    if module in _PACKAGES and "_v" not in module:
        return f"{_PACKAGES[module]}.{name}"
    group, _, version = module.rpartition("_")
    return f"{_PACKAGES.get(group, f'io.k8s.api.{group}')}.{version}.{name}"


def has_model(model: str) -> bool:
    module, _, name = model.partition(":")
    return hasattr(models_in(module), name)


@cache
def definition(model: str) -> Definition:
    if model in _SPECIAL:
        return Definition(_SPECIAL[model], ())
    module, _, name = model.partition(":")
    struct = model_of(model)
    if hasattr(struct, "__struct_fields__"):
        return _Struct(module, name).definition(struct)
    if struct is Any:
        return Definition({"description": f"{name}: any JSON value."}, ())
    return Definition({"description": f"{name}: any object.", "type": "object"}, ())


class _Struct:
    """The schema of one struct, while it is made."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name
        self._needs: dict[str, None] = {}

    def definition(self, struct: Any) -> Definition:
        texts = _documentation(struct.__doc__ or "")
        json_names = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
        properties, required = {}, []
        for attribute, annotation in struct.__annotations__.items():
            field = json_names[attribute]
            optional = _OPTIONAL.fullmatch(annotation)
            if optional is None:
                required.append(field)
            shape = self._field(field, optional[1] if optional else annotation)
            shape |= self._default(field, shape, required=optional is None)
            properties[field] = self._described(field, shape, texts.get(field, ""))
        schema: Obj = {"description": texts.get("", ""), "type": "object"}
        if required:
            schema["required"] = sorted(required)
        if properties:
            schema["properties"] = dict(sorted(properties.items()))
        if self._name in structure.ATOMIC_TYPES:
            schema["x-kubernetes-map-type"] = "atomic"
        return Definition(schema, tuple(self._needs))

    def _field(self, field: str, annotation: str) -> Obj:
        place = (self._name, field)
        if annotation == "dict":
            return {"type": "object", "additionalProperties": self._map_value(field)}
        if annotation == "str" and place in gotypes.BYTES_FIELDS:
            return {"type": "string", "format": "byte"}
        shape = self._typed(field, annotation)
        if values := enums().get(f"{self._name}.{field}"):
            (shape["items"] if shape.get("type") == "array" else shape)["enum"] = list(values)
        return shape

    def _map_value(self, field: str) -> Obj:
        place = (self._name, field)
        if place in gotypes.BYTES_MAPS:
            return {"type": "string", "format": "byte"}
        if place in gotypes.OTHER_MAPS:
            return _item(self._typed(field, gotypes.OTHER_MAPS[place]))
        if field in gotypes.QUANTITY_MAPS:
            return self._typed(field, "resource.Quantity")
        return {"type": "string", "default": ""}

    def _typed(self, field: str, annotation: str) -> Obj:
        many = _LIST.fullmatch(annotation)
        if many:
            return {"type": "array", "items": _item(self._typed(field, many[1]))}
        if annotation == "int":
            return {"type": "integer", "format": "int64" if field in gotypes.INT64_FIELDS else "int32"}
        if annotation in _SCALARS:
            return dict(_SCALARS[annotation])
        module, _, name = annotation.rpartition(".")
        model = f"{module or self._module}:{name}"
        self._needs[model] = None
        return {"$ref": REFERENCE + title_of(model)}

    def _default(self, field: str, shape: Obj, *, required: bool) -> Obj:
        place = f"{self._name}.{field}"
        if place in DEFAULTS:
            return {"default": DEFAULTS[place]}
        if "$ref" in shape and field in _STRUCTS_BY_VALUE:
            return {"default": {}}
        if required and shape.get("type") in _ZERO:
            return {"default": _ZERO[shape["type"]]}
        return {}

    def _described(self, field: str, shape: Obj, text: str) -> Obj:
        """A reference has no siblings: it stands in an allOf beside them."""
        values = shape.get("enum") or shape.get("items", {}).get("enum")
        if values:
            listed = "\n".join(f' - `"{value}"`' for value in values)
            text = f"{text}\n\nPossible enum values:\n{listed}"
        described = {"description": text} if text else {}
        marks = _merging(f"{self._name}.{field}", shape)
        if "$ref" in shape and (described or marks or len(shape) > 1):
            reference = {"allOf": [{"$ref": shape.pop("$ref")}]}
            return {**described, **reference, **shape, **marks}
        return {**described, **shape, **marks}


def _item(shape: Obj) -> Obj:
    """An element of a list or map; it is there even when it says nothing."""
    if "$ref" in shape:
        structs = shape["$ref"].rpartition(".")[2] not in ("Quantity", "IntOrString", "Time", "MicroTime")
        return {"allOf": [shape], "default": {}} if structs else shape
    if shape.get("type") in _ZERO:
        return {**shape, "default": _ZERO[shape["type"]]}
    return shape


def _merging(place: str, shape: Obj) -> Obj:
    """How this field merges, from the same tables that patches and apply use."""
    marks: Obj = {}
    merge_key = structure.merge_key_of(place)
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
    keys = structure.LIST_MAP_KEYS.get(place, (merge_key,) if merge_key else ())
    if place in structure.SETS:
        marks["x-kubernetes-list-type"] = "set"
    elif keys and place not in structure.ATOMIC_FIELDS:
        marks["x-kubernetes-list-type"] = "map"
        marks["x-kubernetes-list-map-keys"] = list(keys)
    elif shape.get("type") == "array" and not place.endswith("List.items"):
        marks["x-kubernetes-list-type"] = "atomic"
    elif place in structure.ATOMIC_FIELDS:
        marks["x-kubernetes-map-type"] = "atomic"
    return marks


def forget() -> None:
    """Documents are kept as bytes; what they were made from is not needed again soon."""
    definition.cache_clear()


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
    return {name: _prose(lines) for name, lines in found.items()}


def _prose(lines: list[str]) -> str:
    """Lines that were broken to fit are joined; those of a listing stay lines."""
    text = ""
    for line in lines:
        text += ("\n" if line.startswith(("- ", "* ", "+ ")) else " " if line else "\n") + line
    return re.sub(r"\n{3,}", "\n\n", text).strip()
