"""Single conditions on labels: their text, their meaning, and what is wrong with them.

Grammar and error texts follow k8s.io/apimachinery/pkg/labels.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tuik8s.api.objects import Obj

LABEL_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
NODE_OPERATORS = {**LABEL_OPERATORS, "Gt": "gt", "Lt": "lt"}
_BINARY = {"=": "=", "==": "==", "!=": "!=", "in": "in", "notin": "notin", ">": "gt", "<": "lt"}
_TOKEN = re.compile(r"[ \t\r\n]*(==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+)")
_INTEGER = re.compile(r"[+-]?[0-9]+")


class Requirement(NamedTuple):
    """One condition on a label: `operator` is one of = == != in notin exists ! gt lt."""

    key: str
    operator: str
    values: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.operator == "exists":
            return self.key
        if self.operator == "!":
            return f"!{self.key}"
        if self.operator in ("in", "notin"):
            return f"{self.key} {self.operator} ({','.join(self.values)})"
        sign = {"gt": ">", "lt": "<"}.get(self.operator, self.operator)
        return f"{self.key}{sign}{self.values[0]}"

    def matches(self, labels: Mapping[str, str]) -> bool:
        actual = labels.get(self.key)
        if self.operator in ("=", "==", "in"):
            return actual is not None and actual in self.values
        if self.operator in ("!=", "notin"):
            return actual is None or actual not in self.values
        if self.operator == "exists":
            return actual is not None
        if self.operator == "!":
            return actual is None
        return actual is not None and self._compares(actual)

    def _compares(self, actual: str) -> bool:
        wanted = self.values[0]
        if not (_INTEGER.fullmatch(actual) and _INTEGER.fullmatch(wanted)):
            return False
        return int(actual) > int(wanted) if self.operator == "gt" else int(actual) < int(wanted)


def of_expression(expression: Obj, operators: Mapping[str, str], what: str) -> Requirement:
    operator = operators.get(expression.get("operator", ""))
    if operator is None:
        raise ValueError(f'"{expression.get("operator", "")}" is not a valid {what} operator')
    values = tuple(sorted(expression.get("values") or ()))
    return _requirement(expression.get("key", ""), operator, values)


def _requirement(key: str, operator: str, values: tuple[str, ...]) -> Requirement:
    """Checked as labels.NewRequirement checks it."""
    _check_key("key", key)
    problem = _count_problem(operator, values)
    if problem:
        shown = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
        raise ValueError(f"values: Invalid value: {shown}: {problem}")
    for index, value in enumerate(values):
        complaints = names.label_value(value)
        if operator in ("gt", "lt") and not _INTEGER.fullmatch(value):
            complaints = ["for 'Gt', 'Lt' operators, the value must be an integer"]
            raise ValueError(f"values[{index}]: Invalid value: {json.dumps(value)}: {complaints[0]}")
        if complaints:
            raise ValueError(
                f"values[{index}][{key}]: Invalid value: {json.dumps(value)}: {'; '.join(complaints)}"
            )
    return Requirement(key, operator, values)


def _count_problem(operator: str, values: tuple[str, ...]) -> str:
    if operator in ("in", "notin") and not values:
        return "for 'in', 'notin' operators, values set can't be empty"
    if operator in ("=", "==", "!=") and len(values) != 1:
        return "exact-match compatibility requires one single value"
    if operator in ("exists", "!") and values:
        return "values set must be empty for exists and does not exist"
    if operator in ("gt", "lt") and len(values) != 1:
        return "for 'Gt', 'Lt' operators, exactly one value is required"
    return ""


def _check_key(path: str, key: str) -> None:
    complaints = names.qualified_name(key)
    if complaints:
        raise ValueError(f"{path}: Invalid value: {json.dumps(key)}: {'; '.join(complaints)}")


def parse(text: str) -> list[Requirement]:
    """`a=b,c!=d,e in (x,y),f notin (z),!g,h,i>1`; ValueError when it cannot be read."""
    tokens = _Tokens(text)
    requirements: list[Requirement] = []
    while tokens.next:
        if not (tokens.at_identifier or tokens.next == "!"):
            raise ValueError(f"found '{tokens.next}', expected: !, identifier, or 'end of string'")
        try:
            requirements.append(_parse_requirement(tokens))
        except ValueError as error:
            raise ValueError(f"unable to parse requirement: {error}") from None
        found = tokens.take()
        if found not in ("", ","):
            raise ValueError(f"found '{found}', expected: ',' or 'end of string'")
        if found == "," and not (tokens.at_identifier or tokens.next == "!"):
            raise ValueError(f"found '{tokens.next}', expected: identifier after ','")
    return requirements


class _Tokens:
    """The selector's tokens; `next` is "" at the end."""

    def __init__(self, text: str) -> None:
        self._rest: Iterator[str] = iter(_TOKEN.findall(text))
        self.next = next(self._rest, "")

    @property
    def at_identifier(self) -> bool:
        return bool(self.next) and self.next[0] not in "=!(),<>"

    def take(self) -> str:
        taken, self.next = self.next, next(self._rest, "")
        return taken


def _parse_requirement(tokens: _Tokens) -> Requirement:
    negated = tokens.next == "!"
    if negated:
        tokens.take()
    if not tokens.at_identifier:
        raise ValueError(f"found '{tokens.next}', expected: identifier")
    key = tokens.take()
    _check_key("<nil>", key)
    if tokens.next in ("", ","):
        return _requirement(key, "!" if negated else "exists", ())
    if negated:
        return _requirement(key, "!", ())
    found = tokens.take()
    operator = _BINARY.get(found)
    if operator is None:
        raise ValueError(f"found '{found}', expected: in, notin, =, ==, !=, gt, lt")
    values = _parse_set(tokens) if operator in ("in", "notin") else _parse_exact(tokens)
    return _requirement(key, operator, values)


def _parse_exact(tokens: _Tokens) -> tuple[str, ...]:
    if tokens.next in ("", ","):
        return ("",)
    if not tokens.at_identifier:
        raise ValueError(f"found '{tokens.next}', expected: identifier")
    return (tokens.take(),)


def _parse_set(tokens: _Tokens) -> tuple[str, ...]:
    """`(a,b)`; a missing value between commas is the empty string."""
    found = tokens.take()
    if found != "(":
        raise ValueError(f"found '{found}' expected: '('")
    values: set[str] = set()
    while True:
        values.add(tokens.take() if tokens.at_identifier else "")
        found = tokens.take()
        if found == ")":
            return tuple(sorted(values))
        if found != ",":
            raise ValueError(f"found '{found}', expected: ',' or ')'")
