"""Check values against a schema, in the words of k8s.io/kube-openapi/pkg/validation.

A schema is compiled once, to a closure per node; a check adds what it finds wrong to a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tuik8s.api import errors
from tuik8s.api.errors import FieldError
from tuik8s.api.structural.places import Found, Place, text
from tuik8s.api.structural.scalars import invalid, nowhere, number_checks, string_checks

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.structural.places import Check, Findings

INT_OR_STRING = "x-kubernetes-int-or-string"
_NAMES: dict[type, str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object",
    type(None): "null",
}  # fmt: skip


def checker(schema: Obj) -> Check:
    """The check of one node and all below it."""
    kinds = ("integer", "string") if schema.get(INT_OR_STRING) else tuple(filter(None, [schema.get("type")]))
    checks: dict[type, list[Check]] = {
        str: string_checks(schema),
        int: (numbers := number_checks(schema)),
        float: numbers,
        list: _list_checks(schema),
        dict: _map_checks(schema),
    }
    enum = [] if (found := _enum(schema)) is None else [found]
    common = enum if (found := _alternatives(schema)) is None else [found, *enum]
    by_type = {kind: (*common, *own) for kind, own in checks.items()}
    by_type |= {bool: tuple(common), type(None): tuple(enum)}
    accepted = _accepted_types(kinds, nullable=bool(schema.get("nullable")))
    shown = ",".join(kinds)

    def check(value: Any, place: Place, findings: Findings) -> None:
        kind = type(value)
        if kind not in accepted and not (kind is float and int in accepted and value.is_integer()):
            findings.append(Found(_wrong_type(place, shown, kind), place))
            return
        for one in by_type.get(kind, ()):
            one(value, place, findings)

    return check


def _accepted_types(kinds: tuple[str, ...], *, nullable: bool) -> frozenset[type]:
    if not kinds:
        return frozenset(_NAMES)
    accepted = {python for python, name in _NAMES.items() if name in kinds}
    if "number" in kinds:
        accepted.add(int)
    return frozenset(accepted | {type(None)} if nullable else accepted)


def _wrong_type(place: Place, wanted: str, kind: type) -> FieldError:
    name, path = _NAMES[kind], text(place)
    why = f'Invalid value: "{name}": {path} in body must be of type {wanted}: "{name}"'
    return FieldError("FieldValueTypeInvalid", path, why)


# Alternatives ---------------------------------------------------------------------------------------------


def _alternatives(schema: Obj) -> Check | None:
    """allOf, anyOf, oneOf and not."""
    checks = [
        build([checker(part) for part in schema[name]])
        for name, build in (("anyOf", _any_of), ("oneOf", _one_of), ("allOf", _all_of))
        if schema.get(name)
    ]
    if schema.get("not"):
        checks.append(_not(checker(schema["not"])))
    if len(checks) < 2:
        return checks[0] if checks else None

    def check(value: Any, place: Place, findings: Findings) -> None:
        for one in checks:
            one(value, place, findings)

    return check


def _tried(check: Check, value: Any, place: Place) -> Findings:
    findings: Findings = []
    check(value, place, findings)
    return findings


def _any_of(choices: list[Check]) -> Check:
    def check(value: Any, place: Place, findings: Findings) -> None:
        failures = []
        for choice in choices:
            if not (found := _tried(choice, value, place)):
                return
            failures.append(found)
        why = f'"{text(place)}" must validate at least one schema (anyOf)'
        findings.append(Found(nowhere(why), place))
        findings += failures[0]

    return check


def _one_of(choices: list[Check]) -> Check:
    def check(value: Any, place: Place, findings: Findings) -> None:
        results = [_tried(choice, value, place) for choice in choices]
        valid = sum(not result for result in results)
        if valid == 1:
            return
        found = f"Found {valid} valid alternatives" if valid else "Found none valid"
        why = f'"{text(place)}" must validate one and only one schema (oneOf). {found}'
        findings.append(Found(nowhere(why), place))
        if not valid:
            findings += results[0]

    return check


def _all_of(parts: list[Check]) -> Check:
    def check(value: Any, place: Place, findings: Findings) -> None:
        results = [_tried(part, value, place) for part in parts]
        failed = [result for result in results if result]
        if not failed:
            return
        for result in failed:
            findings += result
        none = ". None validated" if len(failed) == len(results) else ""
        why = f'"{text(place)}" must validate all the schemas (allOf){none}'
        findings.append(Found(nowhere(why), place))

    return check


def _not(refused: Check) -> Check:
    def check(value: Any, place: Place, findings: Findings) -> None:
        if not _tried(refused, value, place):
            why = f'"{text(place)}" must not validate the schema (not)'
            findings.append(Found(nowhere(why), place))

    return check


def _enum(schema: Obj) -> Check | None:
    if not schema.get("enum"):
        return None
    values = schema["enum"]
    known = {_canonical(value) for value in values}
    shown = [value if isinstance(value, str) else _canonical(value).decode() for value in values]

    def check(value: Any, place: Place, findings: Findings) -> None:
        if _canonical(value) not in known:
            findings.append(Found(errors.not_supported(text(place), value, shown), place))

    return check


def _canonical(value: Any) -> bytes:
    """Equal for equal JSON: 1 and 1.0 are one number, 1 and true are not."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return msgspec.json.encode(value, order="deterministic")


# Lists and maps -------------------------------------------------------------------------------------------


def _list_checks(schema: Obj) -> list[Check]:
    checks: list[Check] = []
    if isinstance(schema.get("items"), dict):
        checks.append(_items(checker(schema["items"])))
    least, most = schema.get("minItems"), schema.get("maxItems")
    if least or most is not None:
        checks.append(_size("items", least or 0, most))
    return checks


def _items(check_item: Check) -> Check:
    def check(value: list[Any], place: Place, findings: Findings) -> None:
        for index, item in enumerate(value):
            check_item(item, (place, index), findings)

    return check


def _size(what: str, least: int, most: int | None) -> Check:
    def check(value: Any, place: Place, findings: Findings) -> None:
        size = len(value)
        if size < least:
            findings.append(invalid(size, place, f"should have at least {least} {what}"))
        if most is not None and size > most:
            findings.append(Found(errors.too_many(text(place), size, most), place))

    return check


def _map_checks(schema: Obj) -> list[Check]:
    checks: list[Check] = []
    least, most = schema.get("minProperties"), schema.get("maxProperties")
    if least or most is not None:
        checks.append(_size("properties", least or 0, most))
    properties = {name: checker(part) for name, part in (schema.get("properties") or {}).items()}
    additional = schema.get("additionalProperties")
    others = checker(additional) if isinstance(additional, dict) else None
    if properties or others is not None or additional is False:
        checks.append(_fields(properties, others, closed=additional is False))
    if schema.get("required"):
        checks.append(_required(tuple(schema["required"])))
    return checks


def _fields(properties: dict[str, Check], others: Check | None, *, closed: bool) -> Check:
    def check(value: Obj, place: Place, findings: Findings) -> None:
        for key, item in value.items():
            below = properties.get(key, others)
            if below is not None:
                below(item, (place, key), findings)
            elif closed:
                why = f"{text(place)}.{key} in body is a forbidden property"
                findings.append(Found(errors.invalid(text(place), "", why), place))

    return check


def _required(names: tuple[str, ...]) -> Check:
    def check(value: Obj, place: Place, findings: Findings) -> None:
        for name in names:
            if name not in value:
                findings.append(Found(errors.required(text((place, name))), place))

    return check
