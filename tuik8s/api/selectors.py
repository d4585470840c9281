"""Label, field and node selectors, compiled once and matched many times.

Grammar, meaning and error texts follow k8s.io/apimachinery/pkg/labels, and the node selector of
k8s.io/component-helpers/scheduling/corev1/nodeaffinity. Text that cannot be read raises ValueError.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tuik8s.api import requirements
from tuik8s.api.fields import FieldSelector
from tuik8s.api.requirements import LABEL_OPERATORS, NODE_OPERATORS, Requirement, of_expression

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
        conditions = [Requirement(k, "=", (v,)) for k, v in (selector.get("matchLabels") or {}).items()]
        conditions += [
            of_expression(expression, LABEL_OPERATORS, "label selector")
            for expression in selector.get("matchExpressions") or ()
        ]
        return LabelSelector(conditions)

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
        for requirement in self._others:  # noqa: SIM110  no generator: this runs per event and watcher
            if not requirement.matches(labels):
                return False
        return True

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


@lru_cache(maxsize=1024)
def _parse_labels(text: str) -> LabelSelector:
    return LabelSelector(requirements.parse(text))


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
            of_expression(expression, NODE_OPERATORS, "node selector")
            for expression in term.get("matchExpressions") or ()
        )
        self._fields = tuple(
            Requirement(field["key"], NODE_OPERATORS[field["operator"]], tuple(field.get("values") or ()))
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
