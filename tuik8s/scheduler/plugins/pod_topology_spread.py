"""PodTopologySpread: pods that a selector selects are spread evenly over the values of a node label."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.pods import tolerates
from tuik8s.scheduler.framework import MAX_NODE_SCORE, Change, Check, Rejection, Scorer
from tuik8s.scheduler.plugins.node_affinity import NodeAffinity
from tuik8s.scheduler.pod_counts import Clause
from tuik8s.scheduler.selector import selector_of, with_label_keys
from tuik8s.scheduler.snapshot import ZONE_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.api.selectors import LabelSelector
    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

NAME = "PodTopologySpread"
HOSTNAME_LABEL = "kubernetes.io/hostname"
UNEVEN = Rejection(NAME, ("node(s) didn't match pod topology spread constraints",))
NO_LABEL = Rejection(
    NAME, ("node(s) didn't match pod topology spread constraints (missing required label)",), resolvable=False
)
# Stands for a node that scoring leaves out; real scores are never negative.
IGNORED = -1


class Constraint(NamedTuple):
    """One TopologySpreadConstraint with its defaults filled in."""

    key: str
    max_skew: int
    selector: LabelSelector
    min_domains: int = 1
    honor_affinity: bool = True
    honor_taints: bool = False


class PodTopologySpread:
    """`default_selector` tells what an unconstrained pod's Services and owner select (null: nothing); such
    pods are spread by kube-scheduler's system defaults: 3 per hostname, 5 per zone, as far as it goes."""

    name = NAME
    changes = frozenset(
        {
            Change.NODE_ADDED, Change.NODE_REMOVED, Change.NODE_LABELS, Change.NODE_TAINTS, Change.POD_ADDED,
            Change.POD_REMOVED, Change.POD_LABELS,
        }
    )  # fmt: skip
    local = False

    def __init__(self, default_selector: Callable[[PodInfo], Obj | None]) -> None:
        self._default_selector = default_selector

    def concerns(self, pod: PodInfo, other: PodInfo, _snapshot: Snapshot) -> bool:
        constraints = _constraints(pod, "DoNotSchedule")
        return other.namespace == pod.namespace and any(
            constraint.selector.matches(other.labels) for constraint in constraints
        )

    def pre_filter(self, pod: PodInfo, snapshot: Snapshot) -> Check | None:
        constraints = _constraints(pod, "DoNotSchedule")
        if not constraints:
            return None
        eligible = [node for node in snapshot.nodes if _has_labels(node, constraints)]
        limits: list[tuple[str, Mapping[str, int], int]] = []
        for constraint in constraints:
            matched = _per_domain(constraint, pod, eligible, snapshot)
            lowest = min(matched.values(), default=0) if len(matched) >= constraint.min_domains else 0
            own = int(constraint.selector.matches(pod.labels))
            limits.append((constraint.key, matched, constraint.max_skew + lowest - own))

        def check(node: NodeInfo) -> Rejection | None:
            for key, matched, limit in limits:
                value = node.labels.get(key)
                if value is None:
                    return NO_LABEL
                if matched.get(value, 0) > limit:
                    return UNEVEN
            return None

        return check

    def pre_score(self, pod: PodInfo, nodes: Sequence[NodeInfo], snapshot: Snapshot) -> Scorer | None:
        own = pod.spec.get("topologySpreadConstraints")
        constraints = _constraints(pod, "ScheduleAnyway") if own else self._defaults(pod)
        if not constraints:
            return None
        # The system's defaults also count for nodes that lack one of the labels; a pod's own do not.
        scored = [node for node in nodes if not own or _has_labels(node, constraints)]
        eligible = [node for node in snapshot.nodes if not own or _has_labels(node, constraints)]
        parts = [_part(constraint, pod, scored, eligible, snapshot) for constraint in constraints]
        ignored = {node.name for node in nodes} - {node.name for node in scored} if own else set()

        def score(node: NodeInfo) -> int:
            if node.name in ignored:
                return IGNORED
            total = 0.0
            for key, counts, weight, offset in parts:
                value = node.name if key == HOSTNAME_LABEL else node.labels.get(key)
                if value is not None and key in node.labels:
                    total += counts.get(value, 0) * weight + offset
            return round(total)

        return score

    def normalize(self, scores: list[int]) -> list[int]:
        counted = [score for score in scores if score != IGNORED]
        lowest, highest = min(counted, default=0), max(counted, default=0)
        return [
            0 if score == IGNORED
            else MAX_NODE_SCORE * (highest + lowest - score) // highest if highest
            else MAX_NODE_SCORE
            for score in scores
        ]  # fmt: skip

    def _defaults(self, pod: PodInfo) -> list[Constraint]:
        selector = self._default_selector(pod)
        if selector is None:
            return []
        compiled = selector_of(selector)
        return [Constraint(HOSTNAME_LABEL, 3, compiled), Constraint(ZONE_LABEL, 5, compiled)]


def _part(
    constraint: Constraint,
    pod: PodInfo,
    scored: list[NodeInfo],
    eligible: list[NodeInfo],
    snapshot: Snapshot,
) -> tuple[str, Mapping[str, int], float, int]:
    """The label, pods per value (for hostnames: per node), weight of one pod, and the constant part."""
    if constraint.key == HOSTNAME_LABEL:
        size = len(scored)
        counts = _per_node(constraint, pod, snapshot)
    else:
        domains = {node.labels.get(constraint.key, "") for node in scored}
        size = len(domains)
        counts = _per_domain(constraint, pod, eligible, snapshot)
    return constraint.key, counts, log(size + 2), constraint.max_skew - 1


def _constraints(pod: PodInfo, action: str) -> list[Constraint]:
    return [
        Constraint(
            entry["topologyKey"],
            entry["maxSkew"],
            selector_of(with_label_keys(entry.get("labelSelector"), pod.labels, entry.get("matchLabelKeys"))),
            entry.get("minDomains") or 1,
            (entry.get("nodeAffinityPolicy") or "Honor") == "Honor",
            (entry.get("nodeTaintsPolicy") or "Ignore") == "Honor",
        )
        for entry in pod.spec.get("topologySpreadConstraints") or ()
        if entry["whenUnsatisfiable"] == action
    ]


def _has_labels(node: NodeInfo, constraints: Iterable[Constraint]) -> bool:
    return all(constraint.key in node.labels for constraint in constraints)


def _per_node(constraint: Constraint, pod: PodInfo, snapshot: Snapshot) -> Mapping[str, int]:
    clause = Clause(frozenset((pod.namespace,)), constraint.selector)
    return snapshot.counts.of(clause, with_deleting=False)


def _per_domain(
    constraint: Constraint, pod: PodInfo, nodes: Iterable[NodeInfo], snapshot: Snapshot
) -> Mapping[str, int]:
    """Pods that count, per value of the label among the nodes the constraint takes into account."""
    per_node = _per_node(constraint, pod, snapshot)
    affinity = NodeAffinity().pre_filter(pod, snapshot) if constraint.honor_affinity else None
    tolerations = pod.spec.get("tolerations") or ()
    domains: dict[str, int] = {}
    for node in nodes:
        value = node.labels.get(constraint.key)
        if value is None or (affinity is not None and affinity(node) is not None):
            continue
        if constraint.honor_taints and not all(tolerates(tolerations, taint) for taint in node.hard_taints):
            continue
        domains[value] = domains.get(value, 0) + per_node.get(node.name, 0)
    return domains
