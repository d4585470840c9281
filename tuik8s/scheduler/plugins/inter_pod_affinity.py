"""InterPodAffinity: near the pods a pod wants, away from those it avoids, and from those that avoid it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tuik8s.scheduler.framework import MAX_NODE_SCORE, Change, Check, Rejection, Scorer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import AffinityTerm, PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

NAME = "InterPodAffinity"
NO_AFFINITY = Rejection(NAME, ("node(s) didn't match pod affinity rules",), resolvable=False)
ANTI_AFFINITY = Rejection(NAME, ("node(s) didn't match pod anti-affinity rules",))
EXISTING_ANTI_AFFINITY = Rejection(NAME, ("node(s) didn't satisfy existing pods anti-affinity rules",))


class InterPodAffinity:
    name = NAME
    changes = frozenset(
        {
            Change.NODE_ADDED, Change.NODE_LABELS, Change.POD_ADDED, Change.POD_REMOVED, Change.POD_LABELS,
            Change.NAMESPACE_LABELS,
        }
    )  # fmt: skip
    local = False

    def concerns(self, pod: PodInfo, other: PodInfo, snapshot: Snapshot) -> bool:
        mine, theirs = snapshot.namespace_labels(pod.namespace), snapshot.namespace_labels(other.namespace)
        terms = (*pod.required_affinity, *pod.required_anti_affinity)
        return any(term.matches(other, theirs) for term in terms) or any(
            term.matches(pod, mine) for term in other.required_anti_affinity
        )

    def pre_filter(self, pod: PodInfo, snapshot: Snapshot) -> Check | None:
        avoided_by = _domains_that_avoid(pod, snapshot)
        wanted, avoided = pod.required_affinity, pod.required_anti_affinity
        if not avoided_by and not wanted and not avoided:
            return None
        near = _domains(wanted, snapshot.count_of(*wanted), snapshot) if wanted else {}
        # The first of a group that wants to be together may go anywhere.
        is_first = not any(near.values()) and _wants_itself(pod, snapshot)
        away: dict[str, set[str]] = {}
        for term in avoided:
            counts = _domains((term,), snapshot.count_of(term), snapshot)
            away.setdefault(term.topology_key, set()).update(counts[term.topology_key])

        def check(node: NodeInfo) -> Rejection | None:
            labels = node.labels
            for key, values in near.items():
                if key not in labels or not (is_first or labels[key] in values):
                    return NO_AFFINITY
            for key, values in away.items():
                if labels.get(key) in values:
                    return ANTI_AFFINITY
            for key, values in avoided_by.items():
                if labels.get(key) in values:
                    return EXISTING_ANTI_AFFINITY
            return None

        return check

    def pre_score(self, pod: PodInfo, _nodes: Sequence[NodeInfo], snapshot: Snapshot) -> Scorer | None:
        points = _points(pod, snapshot)
        if not points:
            return None

        def score(node: NodeInfo) -> int:
            return sum(points.get((key, value), 0) for key, value in node.labels.items())

        return score

    def normalize(self, scores: list[int]) -> list[int]:
        lowest, highest = min(scores), max(scores)
        if lowest == highest:
            return [0] * len(scores)
        return [MAX_NODE_SCORE * (score - lowest) // (highest - lowest) for score in scores]


def _points(pod: PodInfo, snapshot: Snapshot) -> Counter[tuple[str, str]]:
    """For each value of each topology label, the weight of what speaks for it."""
    points: Counter[tuple[str, str]] = Counter()
    for sign, preferred in ((1, pod.preferred_affinity), (-1, pod.preferred_anti_affinity)):
        for term, weight in preferred:
            _add_points(points, term, snapshot.count_of(term), sign * weight, snapshot)
    labels = snapshot.namespace_labels(pod.namespace)
    for (term, weight), nodes in snapshot.preferences.items():
        if term.matches(pod, labels):
            _add_points(points, term, nodes, weight, snapshot)
    return points


def _add_points(
    points: Counter[tuple[str, str]],
    term: AffinityTerm,
    nodes: Mapping[str, int],
    weight: int,
    snapshot: Snapshot,
) -> None:
    for name, count in nodes.items():
        node = snapshot.node(name)
        if node is not None and term.topology_key in node.labels:
            points[term.topology_key, node.labels[term.topology_key]] += weight * count


def _domains_that_avoid(pod: PodInfo, snapshot: Snapshot) -> dict[str, set[str]]:
    """Topology values where a pod lives whose required anti-affinity is about this pod."""
    if not snapshot.required_anti_affinity:
        return {}
    labels = snapshot.namespace_labels(pod.namespace)
    result: dict[str, set[str]] = {}
    for term, nodes in snapshot.required_anti_affinity.items():
        if term.matches(pod, labels):
            values = _domains((term,), nodes, snapshot)[term.topology_key]
            result.setdefault(term.topology_key, set()).update(values)
    return result


def _domains(
    terms: Sequence[AffinityTerm], nodes: Mapping[str, int], snapshot: Snapshot
) -> dict[str, set[str]]:
    """For each term's topology label, its values on these nodes."""
    found = [node for name in nodes if (node := snapshot.node(name)) is not None]
    keys = {term.topology_key for term in terms}
    return {key: {node.labels[key] for node in found if key in node.labels} for key in keys}


def _wants_itself(pod: PodInfo, snapshot: Snapshot) -> bool:
    labels = snapshot.namespace_labels(pod.namespace)
    return all(term.matches(pod, labels) for term in pod.required_affinity)
