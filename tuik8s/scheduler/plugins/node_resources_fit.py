"""NodeResourcesFit: what a pod requests must be free; the more is left over the better (LeastAllocated)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tuik8s.scheduler.framework import MAX_NODE_SCORE, Change, Check, Rejection, Scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

NAME = "NodeResourcesFit"


@lru_cache(256)
def _insufficient(reasons: tuple[str, ...], resolvable: bool) -> Rejection:
    return Rejection(NAME, reasons, resolvable)


class NodeResourcesFit:
    name = NAME
    changes = frozenset({Change.NODE_ADDED, Change.NODE_ALLOCATABLE, Change.POD_REMOVED})
    local = True

    def pre_filter(self, pod: PodInfo, _snapshot: Snapshot) -> Check | None:
        requests = tuple(pod.requests.items())

        def check(node: NodeInfo) -> Rejection | None:
            allocatable, requested = node.allocatable, node.requested
            fits = len(node.pods) < node.allowed_pods
            for name, amount in requests:
                if amount > allocatable.get(name, 0) - requested.get(name, 0):
                    fits = False
            return None if fits else _explain(requests, node)

        return check

    def pre_score(self, pod: PodInfo, _nodes: Sequence[NodeInfo], _snapshot: Snapshot) -> Scorer | None:
        cpu, memory = pod.scoring_requests.get("cpu", 0), pod.scoring_requests.get("memory", 0)

        def score(node: NodeInfo) -> int:
            total = weights = 0
            for requested, capacity in (
                (node.scoring_cpu + cpu, node.allocatable.get("cpu", 0)),
                (node.scoring_memory + memory, node.allocatable.get("memory", 0)),
            ):
                if capacity:
                    weights += 1
                    if requested <= capacity:
                        total += (capacity - requested) * MAX_NODE_SCORE // capacity
            return total // weights if weights else 0

        return score

    def normalize(self, scores: list[int]) -> list[int]:
        return scores


def _explain(requests: tuple[tuple[str, int], ...], node: NodeInfo) -> Rejection:
    reasons = [] if len(node.pods) < node.allowed_pods else ["Too many pods"]
    resolvable = True
    for name, amount in requests:
        allocatable = node.allocatable.get(name, 0)
        if amount > allocatable - node.requested.get(name, 0):
            reasons.append(f"Insufficient {name}")
            # More than the whole node has: no pod that leaves can help.
            resolvable = resolvable and amount <= allocatable
    return _insufficient(tuple(reasons), resolvable)
