"""When a node was last heard of, and what its status says once that is too long ago."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuik8s.api.clock import timestamp
from tuik8s.api.objects import condition_of, copy

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj

CONDITIONS = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")


@dataclass
class NodeHealth:
    """`heard` is in the event loop's time, so that a node's clock may be wrong; `seen` is what came last."""

    uid: str
    heard: float
    seen: tuple[str, str]
    ready: str
    """Status of Ready at the last look."""


def signs_of_life(node: Obj, lease: Obj | None) -> tuple[str, str]:
    """What changes whenever the kubelet reports: its heartbeat and its lease."""
    heartbeat = (condition_of(node, "Ready") or {}).get("lastHeartbeatTime") or ""
    renewed = (lease or {}).get("spec", {}).get("renewTime") or ""
    return heartbeat, renewed


def silent_status(node: Obj, now: datetime) -> Obj | None:
    """A copy of a silent node with its conditions Unknown; None if they are already."""
    when = timestamp(now)
    conditions = []
    for condition in (node.get("status") or {}).get("conditions") or ():
        known = condition
        if condition["type"] in CONDITIONS and condition["status"] != "Unknown":
            known = {
                **copy(condition),
                "status": "Unknown",
                "reason": "NodeStatusUnknown",
                "message": "Kubelet stopped posting node status.",
                "lastTransitionTime": when,
            }
        conditions.append(known)
    present = {condition["type"] for condition in conditions}
    conditions += [_never_posted(kind, node, when) for kind in CONDITIONS if kind not in present]
    if conditions == (node.get("status") or {}).get("conditions"):
        return None
    updated = copy(node)
    updated.setdefault("status", {})["conditions"] = copy(conditions)
    return updated


def _never_posted(kind: str, node: Obj, when: str) -> Obj:
    return {
        "type": kind,
        "status": "Unknown",
        "reason": "NodeStatusNeverUpdated",
        "message": "Kubelet never posted node status.",
        "lastHeartbeatTime": node["metadata"]["creationTimestamp"],
        "lastTransitionTime": when,
    }
