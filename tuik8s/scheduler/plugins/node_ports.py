"""NodePorts: a host port is taken once per address and protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.scheduler.framework import Change, Check, Rejection

if TYPE_CHECKING:
    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

NAME = "NodePorts"
TAKEN = Rejection(NAME, ("node(s) didn't have free ports for the requested pod ports",))


class NodePorts:
    name = NAME
    changes = frozenset({Change.NODE_ADDED, Change.POD_REMOVED})
    local = True

    def pre_filter(self, pod: PodInfo, _snapshot: Snapshot) -> Check | None:
        if not pod.ports:
            return None

        def check(node: NodeInfo) -> Rejection | None:
            return TAKEN if node.ports and node.is_port_taken(pod.ports) else None

        return check
