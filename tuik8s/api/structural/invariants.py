"""What makes a schema structural (…/pkg/apiserver/schema/validation.go, complete.go).

All that shapes objects stands outside of allOf, anyOf, oneOf and not; inside of them values are only tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from tuik8s.api.errors import FieldError, forbidden, invalid, required
from tuik8s.api.patterns import searcher
from tuik8s.api.structural.pruning import EMBEDDED, PRESERVE
from tuik8s.api.structural.values import INT_OR_STRING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj

    Level = Literal["root", "item", "field"]

_MISSING_TYPE = {
    "root": "must not be empty at the root",
    "item": "must not be empty for specified array items",
    "field": "must not be empty for specified object fields",
}
_INTEGER_OR_STRING = [{"type": "integer"}, {"type": "string"}]
_NOT_NESTED = (
    ("type", "must be empty to be structural"),
    ("additionalProperties", "must be undefined to be structural"),
    ("default", "must be undefined to be structural"),
    ("title", "must be empty to be structural"),
    ("description", "must be empty to be structural"),
    ("nullable", "must be false to be structural"),
    (PRESERVE, "must be false to be structural"),
    (EMBEDDED, "must be false to be structural"),
    (INT_OR_STRING, "must be false to be structural"),
    ("x-kubernetes-list-map-keys", "must be empty to be structural"),
    ("x-kubernetes-list-type", "must be undefined to be structural"),
    ("x-kubernetes-map-type", "must be undefined to be structural"),
    ("x-kubernetes-validations", "must be empty to be structural"),
)


def structural_errors(schema: Obj, path: str) -> list[FieldError]:
    """In the order of their texts, as Kubernetes sorts them."""
    found = [*_invariants(schema, "root", path), *_incomplete(schema, schema, path, path)]
    return sorted(found, key=str)


def _invariants(schema: Obj, level: Level, path: str) -> Iterator[FieldError]:
    items, properties = schema.get("items"), schema.get("properties") or {}
    additional = schema.get("additionalProperties")
    if schema.get("type") == "array" and items is None:
        yield required(f"{path}.items", "must be specified")
    if isinstance(items, dict):
        yield from _invariants(items, "item", f"{path}.items")
    for name, part in properties.items():
        yield from _invariants(part, "field", f"{path}.properties[{name}]")
    if additional is not None and level == "root":
        yield forbidden(f"{path}.additionalProperties", "must not be used at the root")
    if isinstance(additional, dict):
        yield from _invariants(additional, "field", f"{path}.additionalProperties")
    yield from _extensions(schema, path)
    yield from _values(schema, path, outermost=True)
    yield from _type(schema, level, path)
    yield from _resource(schema, level, path)


def _extensions(schema: Obj, path: str) -> Iterator[FieldError]:
    for name in (PRESERVE, EMBEDDED):
        if schema.get(INT_OR_STRING) and schema.get(name):
            yield invalid(f"{path}.{name}", True, "must be false if x-kubernetes-int-or-string is true")


def _type(schema: Obj, level: Level, path: str) -> Iterator[FieldError]:
    found = schema.get("type") or ""
    if schema.get(EMBEDDED) and found != "object":
        why = "must be object if x-kubernetes-embedded-resource is true"
        yield invalid(f"{path}.type", found, why) if found else required(f"{path}.type", why)
    elif not found and not schema.get(INT_OR_STRING) and not schema.get(PRESERVE):
        yield required(f"{path}.type", _MISSING_TYPE[level])
    if level == "root" and found not in ("", "object"):
        yield invalid(f"{path}.type", found, "must be object at the root")


def _resource(schema: Obj, level: Level, path: str) -> Iterator[FieldError]:
    properties = schema.get("properties") or {}
    embedded = bool(schema.get(EMBEDDED))
    if embedded and schema.get("additionalProperties") is not None:
        why = "must not be used if x-kubernetes-embedded-resource is set"
        yield forbidden(f"{path}.additionalProperties", why)
    if embedded or level == "root":
        for name, wanted in (("kind", "string"), ("apiVersion", "string"), ("metadata", "object")):
            found = properties.get(name, {}).get("type", "") if name in properties else wanted
            if found != wanted:
                yield invalid(f"{path}.properties[{name}].type", found, f"must be {wanted}")
    metadata = properties.get("metadata")
    if level == "root" and metadata is not None and not _restricts_names_only(metadata):
        yield forbidden(
            f"{path}.properties[metadata]",
            "must not specify anything other than name and generateName, but metadata is implicitly "
            "specified",
        )
    if embedded and not schema.get(PRESERVE) and not properties:
        yield required(
            f"{path}.properties",
            "must not be empty if x-kubernetes-embedded-resource is true without "
            "x-kubernetes-preserve-unknown-fields",
        )


def _restricts_names_only(metadata: Obj) -> bool:
    named = set(metadata.get("properties") or {}) <= {"name", "generateName"}
    return named and set(metadata) <= {"type", "properties", "default"}


def _values(schema: Obj, path: str, *, outermost: bool = False) -> Iterator[FieldError]:
    """The parts that only test values. Integers and strings may be told apart by an anyOf of their types."""
    all_of = schema.get("allOf") or []
    plain = outermost and schema.get("anyOf") == _INTEGER_OR_STRING
    first = outermost and bool(all_of) and all_of[0].get("anyOf") == _INTEGER_OR_STRING
    for name in ("anyOf", "allOf", "oneOf"):
        if name == "anyOf" and plain:
            continue
        for index, part in enumerate(schema.get(name) or ()):
            accepted = name == "allOf" and first and index == 0
            yield from _nested(part, f"{path}.{name}[{index}]", any_of=not accepted)
    if isinstance(schema.get("not"), dict):
        yield from _nested(schema["not"], f"{path}.not")
    if schema.get("pattern"):
        yield from _pattern(schema["pattern"], f"{path}.pattern")


def _pattern(pattern: str, path: str) -> Iterator[FieldError]:
    try:
        searcher(pattern)
    except ValueError as error:
        yield invalid(path, pattern, f"must be a valid regular expression, but isn't: {error}")


def _nested(schema: Obj, path: str, *, any_of: bool = True) -> Iterator[FieldError]:
    tested = schema if any_of else {name: part for name, part in schema.items() if name != "anyOf"}
    yield from _values(tested, path)
    if isinstance(schema.get("items"), dict):
        yield from _nested(schema["items"], f"{path}.items")
    for name, part in (schema.get("properties") or {}).items():
        yield from _nested(part, f"{path}.properties[{name}]")
    for name, why in _NOT_NESTED:
        if schema.get(name) not in (None, "", False, [], {}) or (name == "default" and name in schema):
            yield forbidden(f"{path}.{name}", why)
    if "metadata" in (schema.get("properties") or {}):
        yield forbidden(f"{path}.properties[metadata]", "must not be specified in a nested context")


def _incomplete(values: Obj, shape: Any, shape_path: str, path: str) -> Iterator[FieldError]:
    """What is tested in `values` exists in `shape`, at every node."""
    for name in ("not", "allOf", "anyOf", "oneOf"):
        parts = values.get(name)
        for index, part in enumerate(parts if isinstance(parts, list) else [parts] if parts else ()):
            where = f"{path}.{name}" if name == "not" else f"{path}.{name}[{index}]"
            yield from _incomplete_nested(part, shape, shape_path, where)
    if values is shape:
        for name, part in (values.get("properties") or {}).items():
            here, there = f"{shape_path}.properties[{name}]", f"{path}.properties[{name}]"
            yield from _incomplete(part, part, here, there)
        for name in ("items", "additionalProperties"):
            if isinstance(values.get(name), dict):
                yield from _incomplete(values[name], values[name], f"{shape_path}.{name}", f"{path}.{name}")


def _incomplete_nested(values: Obj, shape: Any, shape_path: str, path: str) -> Iterator[FieldError]:
    if not isinstance(shape, dict):
        yield required(shape_path, f"because it is defined in {path}")
        return
    yield from _incomplete(values, shape, shape_path, path) if values is not shape else ()
    if isinstance(values.get("items"), dict):
        yield from _incomplete_nested(
            values["items"], shape.get("items"), f"{shape_path}.items", f"{path}.items"
        )
    for name, part in (values.get("properties") or {}).items():
        below = (shape.get("properties") or {}).get(name)
        yield from _incomplete_nested(
            part, below, f"{shape_path}.properties[{name}]", f"{path}.properties[{name}]"
        )
