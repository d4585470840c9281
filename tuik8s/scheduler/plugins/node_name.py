"""NodeName: a pod that names its node goes nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.scheduler.framework import Change, Check, Rejection

if TYPE_CHECKING:
    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

NAME = "NodeName"
OTHER_NODE = Rejection(NAME, ("node(s) didn't match the requested node name",), resolvable=False)


class NodeName:
    name = NAME
    changes = frozenset({Change.NODE_ADDED})
    local = True

    def pre_filter(self, pod: PodInfo, _snapshot: Snapshot) -> Check | None:
        wanted = pod.spec.get("nodeName")
        if not wanted:
            return None

        def check(node: NodeInfo) -> Rejection | None:
            return None if node.name == wanted else OTHER_NODE

        return check
