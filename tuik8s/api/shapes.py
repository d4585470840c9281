"""Decoders compiled from the schema package's structs: one closure per type, built on first use.

A decoder takes a JSON value and its place and returns a new value as Kubernetes would write it out again:
nulls and meaningless zero values gone, quantities and times in canonical form. It notes unknown fields in the
`Findings` and raises `Mismatch` where Go's JSON package would refuse the type.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from tuik8s.api import gotypes, scalars
from tuik8s.api.models import model_of
from tuik8s.api.objects import Obj, copy
from tuik8s.api.scalars import Mismatch

if TYPE_CHECKING:
    from collections.abc import Callable

Place: TypeAlias = "tuple[Place, str] | None"
"""The way to a value, innermost part first; parts are `.field` or `[index]`."""
Findings: TypeAlias = list[str]
"""Paths of unknown fields."""
if TYPE_CHECKING:
    Decoder: TypeAlias = Callable[[Any, Place, Findings], Any]

_OPTIONAL = re.compile(r"Optional\[(.*)\]")
_LIST = re.compile(r"List\[(.*)\]")
_SCALARS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "bool": (scalars.boolean, "bool"),
    "float": (scalars.number, "float64"),
    "meta_v1.Time": (scalars.time, "v1.Time"),
    "meta_v1.MicroTime": (scalars.micro_time, "v1.MicroTime"),
    "resource.Quantity": (scalars.quantity_text, "resource.Quantity"),
    "util_intstr.IntOrString": (scalars.int_or_string, "intstr.IntOrString"),
}
_SCHEMA = ("apiextensions_v1", "JSONSchemaProps")
_SCHEMA_OR: dict[str, type] = {
    "apiextensions_v1.JSONSchemaPropsOrBool": bool,
    "apiextensions_v1.JSONSchemaPropsOrArray": list,
    "apiextensions_v1.JSONSchemaPropsOrStringArray": list,
}
"""Places that hold a schema or something else."""
_FREE_FORM = frozenset({"meta_v1.FieldsV1", "runtime.RawExtension", "apiextensions_v1.JSON", "Dict"})


def place_text(place: Place) -> str:
    """`spec.containers[0].image`."""
    parts = []
    while place is not None:
        place, part = place
        parts.append(part)
    return "".join(reversed(parts)).removeprefix(".")


def _go_path(place: Place) -> str:
    """As Go's JSON errors name it: without indexes and map keys."""
    return re.sub(r"\[\d+\]", "", place_text(place))


@cache
def struct_named(model: str) -> Decoder:
    """The decoder of `module:Class`."""
    module, _, name = model.partition(":")
    return _struct(module, name)


@cache
def _struct(module: str, name: str) -> Decoder:
    struct = model_of(f"{module}:{name}")
    go_name = f"{module.rpartition('_')[2]}.{name}"
    json_names = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
    annotations: dict[str, str] = struct.__annotations__
    fields: dict[str, tuple[Decoder, tuple[Any, ...], str]] = {}

    def compile_fields() -> None:
        for attribute, annotation in annotations.items():
            field = json_names[attribute]
            decoder, omitted = _field(module, name, field, annotation), _omitted(name, field, annotation)
            fields[field] = decoder, omitted, f".{field}"

    def decode(value: Any, place: Place, findings: Findings) -> Obj:
        if type(value) is not dict:
            raise Mismatch(scalars.json_kind(value), go_name, into_struct=True)
        if not fields:  # not earlier: types contain themselves
            compile_fields()
        result: Obj = {}
        for key, item in value.items():
            if key not in fields:
                findings.append(place_text((place, f".{key}")))
            elif item is not None:
                decoder, omitted, part = fields[key]
                here = (place, part)
                try:
                    decoded = decoder(item, here, findings)
                except Mismatch as mismatch:
                    raise mismatch.within(name, _go_path(here)) from None
                # By type too: 0 == False, and a map's "" is no zero of a list.
                if decoded or not any(decoded == zero and type(decoded) is type(zero) for zero in omitted):
                    result[key] = decoded
        return result

    return decode


def _omitted(struct: str, field: str, annotation: str) -> tuple[Any, ...]:
    """The values of this field that are written as absent."""
    optional = _OPTIONAL.fullmatch(annotation)
    if optional is None:
        return ()
    inner = optional[1]
    if inner == "bool":
        return (False,) if field in gotypes.DROPPED_FALSE else ()
    if inner == "int":
        dropped = field in gotypes.DROPPED_ZERO or (struct, field) in gotypes.DROPPED_ZERO_IN
        return (0,) if dropped and (struct, field) not in gotypes.KEPT_ZERO_IN else ()
    if inner == "str":
        return () if (struct, field) in gotypes.KEPT_EMPTY_STRINGS else ("",)
    if inner == "dict":
        return ({},)
    return ([],) if _LIST.fullmatch(inner) else ()


def _field(module: str, struct: str, field: str, annotation: str) -> Decoder:
    optional = _OPTIONAL.fullmatch(annotation)
    inner = optional[1] if optional else annotation
    if inner == "dict":
        return _map_of(module, struct, field)
    if inner == "str" and (struct, field) in gotypes.BYTES_FIELDS:
        return _scalar(scalars.base64_text)
    return _typed(module, struct, field, inner)[0]


def _typed(module: str, struct: str, field: str, annotation: str) -> tuple[Decoder, str]:
    """The decoder of a type, and the type's name in Go."""
    many = _LIST.fullmatch(annotation)
    if many:
        item, go_item = _typed(module, struct, field, many[1])
        return _list_of(item, go_item), f"[]{go_item}"
    if annotation == "str":
        go_name = gotypes.NAMED_STRINGS.get((struct, field), "string")
        return _string(go_name), go_name
    if annotation == "int":
        bits = 64 if field in gotypes.INT64_FIELDS else 32
        return _scalar(lambda value: scalars.integer(value, bits)), f"int{bits}"
    qualified = annotation if "." in annotation else f"{module}.{annotation}"
    simple = _SCALARS.get(annotation) or _SCALARS.get(qualified)
    if simple:
        return _scalar(simple[0]), simple[1]
    if annotation in _FREE_FORM or qualified in _FREE_FORM or annotation == "dict":
        return _free_form, "interface {}"
    if qualified in _SCHEMA_OR:
        return _schema_or(_SCHEMA_OR[qualified]), qualified.partition("_")[2]
    owner, _, name = qualified.partition(".")
    if not hasattr(model_of(f"{owner}:{name}"), "__struct_fields__"):  # an alias of `Any` or `Dict`
        return _free_form, "interface {}"
    return _struct(owner, name), f"{owner.rpartition('_')[2]}.{name}"


def _scalar(convert: Callable[[Any], Any]) -> Decoder:
    def decode(value: Any, _place: Place, _findings: Findings) -> Any:
        return convert(value)

    return decode


def _string(go_name: str) -> Decoder:
    def decode(value: Any, _place: Place, _findings: Findings) -> Any:
        # Three of four values are strings, and good ones: no further call for them.
        return value if type(value) is str else scalars.string(value, go_name)

    return decode


def _free_form(value: Any, _place: Place, _findings: Findings) -> Any:
    return copy(value)


def _schema_or(other: type) -> Decoder:
    def decode(value: Any, place: Place, findings: Findings) -> Any:
        if type(value) is other:
            return copy(value)
        return _struct(*_SCHEMA)(value, place, findings)

    return decode


def _list_of(item: Decoder, go_item: str) -> Decoder:
    empty: Any = "" if go_item == "string" or go_item in gotypes.NAMED_STRINGS.values() else {}

    def decode(value: Any, place: Place, findings: Findings) -> list[Any]:
        if type(value) is not list:
            raise Mismatch(scalars.json_kind(value), f"[]{go_item}")
        return [
            item(empty if entry is None else entry, (place, f"[{index}]"), findings)
            for index, entry in enumerate(value)
        ]

    return decode


def _map_of(module: str, struct: str, field: str) -> Decoder:
    other = gotypes.OTHER_MAPS.get((struct, field))
    if other is not None:
        return _map_of_structs(*_typed(module, struct, field, other))
    convert: Callable[[Any], Any] = scalars.string
    go_name, empty = "map[string]string", ""
    if field in gotypes.QUANTITY_MAPS:
        convert, go_name, empty = scalars.resource_amount, "v1.ResourceList", "0"
    elif (struct, field) in gotypes.BYTES_MAPS:
        convert, go_name = scalars.base64_text, "map[string][]uint8"

    def decode(value: Any, _place: Place, _findings: Findings) -> dict[str, Any]:
        if type(value) is not dict:
            raise Mismatch(scalars.json_kind(value), go_name)
        return {key: convert(empty if item is None else item) for key, item in value.items()}

    return decode


def _map_of_structs(item: Decoder, go_item: str) -> Decoder:
    def decode(value: Any, place: Place, findings: Findings) -> dict[str, Any]:
        if type(value) is not dict:
            raise Mismatch(scalars.json_kind(value), f"map[string]{go_item}")
        return {
            key: item(entry, (place, f"[{key}]"), findings)
            for key, entry in value.items()
            if entry is not None
        }

    return decode
