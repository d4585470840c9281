"""Check values against a schema, in the words of k8s.io/kube-openapi/pkg/validation.

A schema is compiled once, to a closure per node; a check adds what it finds wrong to a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from tuik8s.api import errors
from tuik8s.api.errors import FieldError
from tuik8s.api.structural.formats import string_format
from tuik8s.api.structural.patterns import searcher
from tuik8s.api.structural.places import Found, Place, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj

    Findings: TypeAlias = list[Found]
    Check: TypeAlias = Callable[[Any, Place, Findings], None]

INT_OR_STRING = "x-kubernetes-int-or-string"
_NAMES: dict[type, str] = {
    bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object",
    type(None): "null",
}  # fmt: skip
_INT32, _INT64 = (-(2**31), 2**31 - 1), (-(2**63), 2**63 - 1)


def checker(schema: Obj) -> Check:
    """The check of one node and all below it."""
    kinds = ("integer", "string") if schema.get(INT_OR_STRING) else tuple(filter(None, [schema.get("type")]))
    checks: dict[type, list[Check]] = {
        str: _string_checks(schema),
        int: (numbers := _number_checks(schema)),
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


def nowhere(why: str) -> FieldError:
    """What Kubernetes complains of without a field."""
    return FieldError("FieldValueInvalid", "<nil>", f'Invalid value: "": {why}')


def _invalid(value: Any, place: Place, why: str) -> Found:
    path = text(place)
    return Found(errors.invalid(path, value, f"{path} in body {why}"), place)


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


# Strings --------------------------------------------------------------------------------------------------


def _string_checks(schema: Obj) -> list[Check]:
    numeric = schema.get("type") in ("integer", "number")
    checks: list[Check] = []
    longest, shortest, pattern = schema.get("maxLength"), schema.get("minLength"), schema.get("pattern")
    if longest is not None or shortest or pattern:
        checks.append(_length_and_pattern(longest, shortest or 0, pattern or ""))
    wanted = string_format(schema.get("format") or "")
    if wanted is not None and not numeric:
        checks.append(_format(schema["format"], wanted))
    return checks


def _length_and_pattern(longest: int | None, shortest: int, pattern: str) -> Check:
    matches = searcher(pattern) if pattern else None

    def check(value: str, place: Place, findings: Findings) -> None:
        if longest is not None and len(value) > longest:
            findings.append(Found(errors.too_long(text(place), longest), place))
        elif len(value) < shortest:
            findings.append(_invalid(value, place, f"should be at least {shortest} chars long"))
        elif matches is not None and not matches(value):
            findings.append(_invalid(value, place, f"should match '{pattern}'"))

    return check


def _format(name: str, accepts: Callable[[str], bool]) -> Check:
    def check(value: str, place: Place, findings: Findings) -> None:
        if not accepts(value):
            shown = msgspec.json.encode(value).decode()
            why = f"Invalid value: {shown}: {text(place)} in body must be of type {name}: {shown}"
            findings.append(Found(FieldError("FieldValueTypeInvalid", text(place), why), place))

    return check


# Numbers --------------------------------------------------------------------------------------------------


def _number_checks(schema: Obj) -> list[Check]:
    checks: list[Check] = []
    maximum, minimum = schema.get("maximum"), schema.get("minimum")
    if maximum is not None:
        checks.append(_most(maximum, exclusive=bool(schema.get("exclusiveMaximum"))))
    if minimum is not None:
        checks.append(_least(minimum, exclusive=bool(schema.get("exclusiveMinimum"))))
    if schema.get("multipleOf"):
        checks.append(_multiple(schema["multipleOf"]))
    if schema.get("type") == "integer":
        checks.append(_range(schema.get("format") or ""))
    return checks


def _most(maximum: float, *, exclusive: bool) -> Check:
    why = f"should be less than {'' if exclusive else 'or equal to '}{_shown(maximum)}"

    def check(value: float, place: Place, findings: Findings) -> None:
        if value > maximum or (exclusive and value == maximum):
            findings.append(_invalid(value, place, why))

    return check


def _least(minimum: float, *, exclusive: bool) -> Check:
    why = f"should be greater than {'' if exclusive else 'or equal to '}{_shown(minimum)}"

    def check(value: float, place: Place, findings: Findings) -> None:
        if value < minimum or (exclusive and value == minimum):
            findings.append(_invalid(value, place, why))

    return check


def _multiple(factor: float) -> Check:
    def check(value: float, place: Place, findings: Findings) -> None:
        try:
            quotient = value / factor
            fits = quotient == round(quotient)
        except OverflowError:  # of no format that a number may have
            fits = False
        if not fits:
            findings.append(_invalid(value, place, f"should be a multiple of {_shown(factor)}"))

    return check


def _range(name: str) -> Check:
    low, high = _INT32 if name == "int32" else _INT64
    wanted = f"with format {name}" if name in ("int32", "int64") else "(default format)"

    def check(value: float, place: Place, findings: Findings) -> None:
        if not low <= value <= high:
            why = f"Checked value must be of type integer {wanted} in {text(place)}"
            findings.append(Found(nowhere(why), place))

    return check


def _shown(number: float) -> str:
    return str(int(number)) if number == int(number) and abs(number) < 1e21 else f"{number:g}"


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
            findings.append(_invalid(size, place, f"should have at least {least} {what}"))
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
