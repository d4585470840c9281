"""Taints that follow a node's conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.clock import timestamp
from tuik8s.api.objects import condition_of, copy

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"

BY_CONDITION = {
    ("Ready", "False"): NOT_READY,
    ("Ready", "Unknown"): UNREACHABLE,
    ("MemoryPressure", "True"): "node.kubernetes.io/memory-pressure",
    ("DiskPressure", "True"): "node.kubernetes.io/disk-pressure",
    ("NetworkUnavailable", "True"): "node.kubernetes.io/network-unavailable",
    ("PIDPressure", "True"): "node.kubernetes.io/pid-pressure",
}
NO_SCHEDULE_KEYS = frozenset({*BY_CONDITION.values(), UNSCHEDULABLE})
NO_EXECUTE_KEYS = frozenset({NOT_READY, UNREACHABLE})


def no_schedule_keys(node: Obj) -> set[str]:
    """Keys of the NoSchedule taints the node ought to have."""
    wanted = {
        key
        for (kind, status), key in BY_CONDITION.items()
        if (condition_of(node, kind) or {}).get("status") == status
    }
    if (node.get("spec") or {}).get("unschedulable"):
        wanted.add(UNSCHEDULABLE)
    return wanted


def no_execute_key(node: Obj) -> str | None:
    """Key of the NoExecute taint the node ought to have: by Ready alone."""
    ready = condition_of(node, "Ready")
    return BY_CONDITION.get(("Ready", ready["status"])) if ready is not None else None


def with_taints(
    node: Obj, wanted: set[str], managed: frozenset[str], effect: str, now: datetime
) -> Obj | None:
    """A copy whose managed taints of that effect are those wanted; None if they are already."""
    taints = (node.get("spec") or {}).get("taints") or []
    present = {taint["key"] for taint in taints if taint["effect"] == effect and taint["key"] in managed}
    if present == wanted:
        return None
    kept = [taint for taint in taints if taint["effect"] != effect or taint["key"] not in managed - wanted]
    added = [{"key": key, "effect": effect, "timeAdded": timestamp(now)} for key in sorted(wanted - present)]
    updated = copy(node)
    updated.setdefault("spec", {}).pop("taints", None)
    if kept or added:
        updated["spec"]["taints"] = [*copy(kept), *added]
    return updated
