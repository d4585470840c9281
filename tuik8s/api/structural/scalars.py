"""Check strings and numbers against a schema, in the words of k8s.io/kube-openapi/pkg/validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tuik8s.api import errors
from tuik8s.api.errors import FieldError
from tuik8s.api.patterns import searcher
from tuik8s.api.structural.formats import string_format
from tuik8s.api.structural.places import Found, Place, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.api.structural.places import Check, Findings

_INT32, _INT64 = (-(2**31), 2**31 - 1), (-(2**63), 2**63 - 1)


def nowhere(why: str) -> FieldError:
    """What Kubernetes complains of without a field."""
    return FieldError("FieldValueInvalid", "<nil>", f'Invalid value: "": {why}')


def invalid(value: Any, place: Place, why: str) -> Found:
    path = text(place)
    return Found(errors.invalid(path, value, f"{path} in body {why}"), place)


# Strings --------------------------------------------------------------------------------------------------


def string_checks(schema: Obj) -> list[Check]:
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
            findings.append(invalid(value, place, f"should be at least {shortest} chars long"))
        elif matches is not None and not matches(value):
            findings.append(invalid(value, place, f"should match '{pattern}'"))

    return check


def _format(name: str, accepts: Callable[[str], bool]) -> Check:
    def check(value: str, place: Place, findings: Findings) -> None:
        if not accepts(value):
            shown = msgspec.json.encode(value).decode()
            why = f"Invalid value: {shown}: {text(place)} in body must be of type {name}: {shown}"
            findings.append(Found(FieldError("FieldValueTypeInvalid", text(place), why), place))

    return check


# Numbers --------------------------------------------------------------------------------------------------


def number_checks(schema: Obj) -> list[Check]:
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
            findings.append(invalid(value, place, why))

    return check


def _least(minimum: float, *, exclusive: bool) -> Check:
    why = f"should be greater than {'' if exclusive else 'or equal to '}{_shown(minimum)}"

    def check(value: float, place: Place, findings: Findings) -> None:
        if value < minimum or (exclusive and value == minimum):
            findings.append(invalid(value, place, why))

    return check


def _multiple(factor: float) -> Check:
    def check(value: float, place: Place, findings: Findings) -> None:
        try:
            quotient = value / factor
            fits = quotient == round(quotient)
        except OverflowError:  # of no format that a number may have
            fits = False
        if not fits:
            findings.append(invalid(value, place, f"should be a multiple of {_shown(factor)}"))

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
