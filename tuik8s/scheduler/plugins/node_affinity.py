"""NodeAffinity: nodeSelector and required node affinity must match; preferred terms add their weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.selectors import NodeSelector, NodeSelectorTerm
from tuik8s.scheduler.framework import Change, Check, Rejection, Scorer, default_normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

NAME = "NodeAffinity"
NO_MATCH = Rejection(NAME, ("node(s) didn't match Pod's node affinity/selector",), resolvable=False)
NOT_NAMED = Rejection(NAME, (f"node(s) didn't satisfy plugin(s) [{NAME}]",), resolvable=False)


class NodeAffinity:
    name = NAME
    changes = frozenset({Change.NODE_ADDED, Change.NODE_LABELS})
    local = True

    def pre_filter(self, pod: PodInfo, _snapshot: Snapshot) -> Check | None:
        wanted = (pod.spec.get("nodeSelector") or {}).items()
        required = _affinity(pod).get("requiredDuringSchedulingIgnoredDuringExecution")
        if not wanted and required is None:
            return None
        selector = NodeSelector(required) if required is not None else None
        named = _names_only(required) if required is not None else None

        def check(node: NodeInfo) -> Rejection | None:
            if named is not None and node.name not in named:
                return NOT_NAMED
            if not wanted <= node.labels.items():
                return NO_MATCH
            if selector is not None and (node.node is None or not selector.matches(node.node)):
                return NO_MATCH
            return None

        return check

    def pre_score(self, pod: PodInfo, _nodes: Sequence[NodeInfo], _snapshot: Snapshot) -> Scorer | None:
        preferred = _affinity(pod).get("preferredDuringSchedulingIgnoredDuringExecution")
        if not preferred:
            return None
        terms = [(NodeSelectorTerm(term["preference"]), int(term["weight"])) for term in preferred]

        def score(node: NodeInfo) -> int:
            return sum(weight for term, weight in terms if node.node is not None and term.matches(node.node))

        return score

    def normalize(self, scores: list[int]) -> list[int]:
        return default_normalize(scores)


def _affinity(pod: PodInfo) -> Obj:
    return (pod.spec.get("affinity") or {}).get("nodeAffinity") or {}


def _names_only(selector: Obj) -> frozenset[str] | None:
    """The nodes that terms ask for by name; None when not every term does (DaemonSet pods do)."""
    names: set[str] = set()
    for term in selector.get("nodeSelectorTerms") or ():
        asked = [
            set(requirement.get("values") or ())
            for requirement in term.get("matchFields") or ()
            if requirement["key"] == "metadata.name" and requirement["operator"] == "In"
        ]
        if not asked:
            return None
        names |= set.intersection(*asked)
    return frozenset(names)
