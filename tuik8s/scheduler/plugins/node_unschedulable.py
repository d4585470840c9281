"""NodeUnschedulable: nothing new on a cordoned node, but for pods that tolerate its taint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.pods import tolerates
from tuik8s.scheduler.framework import Change, Check, Rejection

if TYPE_CHECKING:
    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

NAME = "NodeUnschedulable"
CORDONED = Rejection(NAME, ("node(s) were unschedulable",), resolvable=False)
TAINT = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


class NodeUnschedulable:
    name = NAME
    changes = frozenset({Change.NODE_ADDED, Change.NODE_TAINTS})
    local = True

    def pre_filter(self, pod: PodInfo, _snapshot: Snapshot) -> Check | None:
        if tolerates(pod.spec.get("tolerations") or (), TAINT):
            return None

        def check(node: NodeInfo) -> Rejection | None:
            return CORDONED if node.unschedulable else None

        return check
