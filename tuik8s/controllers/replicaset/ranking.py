"""Which pods to delete first when there are too many (controller.ActivePodsWithRanks)."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tuik8s.api.clock import parse_time
from tuik8s.api.objects import Obj, annotations_of, condition_of, is_pod_ready, uid_of

if TYPE_CHECKING:
    from collections.abc import Iterable

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
PHASES = {"Pending": 0, "Unknown": 1, "Running": 2}
MAX_COST = 2**31 - 1


def pods_to_delete(pods: list[Obj], related: Iterable[Obj], count: int, now: datetime) -> list[Obj]:
    """`count` of `pods`; `related` are the active pods of all ReplicaSets of the same owner.

    First go pods without a node, then pending before running, not ready before ready, low deletion cost,
    those that share their node with most related pods, those ready or created only lately (compared by
    orders of magnitude, so that among equals chance decides), those that restarted most.
    """
    if count >= len(pods):
        return pods
    neighbours = Counter(_node(pod) for pod in related)
    return sorted(pods, key=lambda pod: _rank(pod, neighbours, now))[:count]


def deletion_cost(pod: Obj) -> int:
    """The annotation's value; 0 when there is none or it is no 32-bit integer."""
    text = annotations_of(pod).get(DELETION_COST, "0")
    try:
        cost = int(text)
    except ValueError:
        return 0
    plain = text.lstrip("-") == str(abs(cost))  # no "+1", no "01"
    return cost if plain and -MAX_COST - 1 <= cost <= MAX_COST else 0


def _rank(pod: Obj, neighbours: Counter[str], now: datetime) -> tuple[Any, ...]:
    node = _node(pod)
    ready = is_pod_ready(pod)
    status = pod.get("status") or {}
    return (
        bool(node),
        PHASES.get(status.get("phase", ""), 0),
        ready,
        deletion_cost(pod),
        -neighbours[node],
        _magnitude(_ready_since(pod), now) if ready else 0,
        -max((item.get("restartCount", 0) for item in status.get("containerStatuses") or ()), default=0),
        _magnitude(_time(pod["metadata"].get("creationTimestamp")), now),
        uid_of(pod),
    )


def _node(pod: Obj) -> str:
    return pod["spec"].get("nodeName") or ""


def _ready_since(pod: Obj) -> datetime | None:
    condition = condition_of(pod, "Ready")
    return _time(condition.get("lastTransitionTime")) if condition else None


def _time(text: str | None) -> datetime | None:
    return parse_time(text).astimezone(UTC) if text else None


def _magnitude(since: datetime | None, now: datetime) -> int:
    """log2 of the age in nanoseconds; small is young, and unknown is youngest."""
    if since is None:
        return -2
    age = (now - since).total_seconds() * 1e9
    return int(math.log2(age)) if age > 0 else -1
