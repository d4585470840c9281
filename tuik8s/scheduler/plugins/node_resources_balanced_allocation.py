"""NodeResourcesBalancedAllocation: a node whose cpu and memory are used to like parts is better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.scheduler.framework import MAX_NODE_SCORE, Scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot


class NodeResourcesBalancedAllocation:
    name = "NodeResourcesBalancedAllocation"

    def pre_score(self, pod: PodInfo, _nodes: Sequence[NodeInfo], _snapshot: Snapshot) -> Scorer | None:
        cpu, memory = pod.requests.get("cpu", 0), pod.requests.get("memory", 0)
        if not cpu and not memory:
            return None  # a pod that asks for nothing would always go where balance is best already

        def score(node: NodeInfo) -> int:
            cores, space = node.allocatable.get("cpu", 0), node.allocatable.get("memory", 0)
            if not cores or not space:
                return MAX_NODE_SCORE
            cpu_part = min(1.0, (node.requested.get("cpu", 0) + cpu) / cores)
            memory_part = min(1.0, (node.requested.get("memory", 0) + memory) / space)
            # Of two values the standard deviation is half their distance.
            return int((1 - abs(cpu_part - memory_part) / 2) * MAX_NODE_SCORE)

        return score

    def normalize(self, scores: list[int]) -> list[int]:
        return scores
