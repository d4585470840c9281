"""Label, field and node selectors, compiled once and matched many times.

Grammar, meaning and error texts follow k8s.io/apimachinery/pkg/labels, and the node selector of
k8s.io/component-helpers/scheduling/corev1/nodeaffinity. Text that cannot be read raises ValueError.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import names
from tuik8s.api.fields import FieldSelector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tuik8s.api.objects import Obj

__all__ = [
    "EVERYTHING",
    "NOTHING",
    "FieldSelector",
    "LabelSelector",
    "NodeSelector",
    "NodeSelectorTerm",
    "Requirement",
]

_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
_NODE_OPERATORS = {**_OPERATORS, "Gt": "gt", "Lt": "lt"}
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


class LabelSelector:
    """Conditions that must all hold; immutable, hashable, safe to share."""

    __slots__ = ("_exact", "_nothing", "_others", "requirements")

    def __init__(self, requirements: Sequence[Requirement] = (), *, nothing: bool = False) -> None:
        self.requirements = tuple(sorted(requirements, key=lambda requirement: requirement.key))
        self._nothing = nothing
        self._exact = tuple((r.key, r.values[0]) for r in self.requirements if r.operator in ("=", "=="))
        self._others = tuple(r for r in self.requirements if r.operator not in ("=", "=="))

    @staticmethod
    def parse(text: str) -> LabelSelector:
        """`a=b,c!=d,e in (x,y),f notin (z),!g,h,i>1`; the empty text selects everything."""
        return _parse_labels(text)

    @staticmethod
    def of(selector: Obj | None) -> LabelSelector:
        """From a LabelSelector object: None selects nothing, `{}` everything."""
        if selector is None:
            return NOTHING
        requirements = [Requirement(k, "=", (v,)) for k, v in (selector.get("matchLabels") or {}).items()]
        requirements += [
            _of_expression(expression, _OPERATORS, "label selector")
            for expression in selector.get("matchExpressions") or ()
        ]
        return LabelSelector(requirements)

    @staticmethod
    def of_map(labels: Mapping[str, str] | None) -> LabelSelector:
        """From a plain map, as Services and node selectors carry it; empty or None selects everything."""
        return LabelSelector([Requirement(k, "=", (v,)) for k, v in (labels or {}).items()])

    @property
    def empty(self) -> bool:
        """Whether it selects everything."""
        return not self.requirements and not self._nothing

    @property
    def selects_nothing(self) -> bool:
        return self._nothing

    @property
    def exact(self) -> tuple[tuple[str, str], ...]:
        """The pairs that every selected object must carry: what an index can answer."""
        return self._exact

    def matches(self, labels: Mapping[str, str]) -> bool:
        if self._nothing:
            return False
        for key, value in self._exact:
            if labels.get(key) != value:
                return False
        return all(requirement.matches(labels) for requirement in self._others)

    def __str__(self) -> str:
        return ",".join(str(requirement) for requirement in self.requirements)

    def __repr__(self) -> str:
        return f"LabelSelector({'nothing' if self._nothing else str(self)!r})"

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, LabelSelector) and self._nothing == other._nothing
        return same and self.requirements == other.requirements  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((self.requirements, self._nothing))


NOTHING = LabelSelector(nothing=True)
EVERYTHING = LabelSelector()


def _of_expression(expression: Obj, operators: Mapping[str, str], what: str) -> Requirement:
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


@lru_cache(maxsize=1024)
def _parse_labels(text: str) -> LabelSelector:
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
    return LabelSelector(requirements)


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


class NodeSelector:
    """Terms of which one must match (`requiredDuringSchedulingIgnoredDuringExecution`).

    A term without expressions matches no node, and so does a selector without terms.
    """

    __slots__ = ("_terms",)

    def __init__(self, selector: Obj) -> None:
        self._terms = tuple(NodeSelectorTerm(term) for term in selector.get("nodeSelectorTerms") or ())

    def matches(self, node: Obj) -> bool:
        return any(term.matches(node) for term in self._terms)


class NodeSelectorTerm:
    """Conditions on one node's labels and its name that must all hold; ValueError when they are wrong."""

    __slots__ = ("_fields", "_labels")

    def __init__(self, term: Obj) -> None:
        self._labels = tuple(
            _of_expression(expression, _NODE_OPERATORS, "node selector")
            for expression in term.get("matchExpressions") or ()
        )
        self._fields = tuple(
            Requirement(field["key"], _NODE_OPERATORS[field["operator"]], tuple(field.get("values") or ()))
            for field in term.get("matchFields") or ()
        )

    def matches(self, node: Obj) -> bool:
        if not self._labels and not self._fields:
            return False
        metadata = node["metadata"]
        labels = metadata.get("labels") or {}
        if not all(requirement.matches(labels) for requirement in self._labels):
            return False
        fields = {"metadata.name": metadata["name"]}
        return all(requirement.matches(fields) for requirement in self._fields)
