"""What a ReplicaSet's status says about its pods (pkg/controller/replicaset/replica_set_utils.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.clock import timestamp
from tuik8s.api.objects import Obj, condition_of, is_pod_ready, labels_of
from tuik8s.api.pods import is_available, seconds_until_available
from tuik8s.api.workloads import replicas_of, selector_of

if TYPE_CHECKING:
    from datetime import datetime

REPLICA_FAILURE = "ReplicaFailure"


def calculate_status(
    replica_set: Obj, pods: list[Obj], terminating: int | None, failure: Exception | None, now: datetime
) -> Obj:
    """`pods` are the active ones; `failure` is why pods could not be created or deleted."""
    wait = _min_ready_seconds(replica_set)
    ready = [pod for pod in pods if is_pod_ready(pod)]
    counts = {
        "fullyLabeledReplicas": _fully_labeled(replica_set, pods),
        "readyReplicas": len(ready),
        "availableReplicas": sum(is_available(pod, wait, now) for pod in ready) if wait else len(ready),
    }
    status: Obj = {"replicas": len(pods), **{field: count for field, count in counts.items() if count}}
    if terminating is not None:
        status["terminatingReplicas"] = terminating
    status["observedGeneration"] = replica_set["metadata"].get("generation", 0)
    conditions = _conditions(replica_set, len(pods), failure, now)
    if conditions:
        status["conditions"] = conditions
    return status


def _fully_labeled(replica_set: Obj, pods: list[Obj]) -> int:
    """How many have all labels of the template."""
    labels = ((replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}).items()
    if labels <= set(selector_of(replica_set).exact):
        return len(pods)  # by these they were claimed
    return sum(labels <= labels_of(pod).items() for pod in pods)


def next_availability(replica_set: Obj, pods: list[Obj], now: datetime) -> float | None:
    """Seconds until the next ready pod becomes available by the mere passing of time."""
    wait = _min_ready_seconds(replica_set)
    if not wait:
        return None
    remaining = (seconds_until_available(pod, wait, now) for pod in pods)
    return min((seconds for seconds in remaining if seconds is not None and seconds > 0), default=None)


def _min_ready_seconds(replica_set: Obj) -> int:
    return replica_set["spec"].get("minReadySeconds") or 0


def _conditions(replica_set: Obj, have: int, failure: Exception | None, now: datetime) -> list[Obj]:
    known: list[Obj] = (replica_set.get("status") or {}).get("conditions") or []
    if failure is None:
        return [condition for condition in known if condition["type"] != REPLICA_FAILURE]
    if condition_of(replica_set, REPLICA_FAILURE) is not None:
        return list(known)
    condition = {
        "type": REPLICA_FAILURE,
        "status": "True",
        "lastTransitionTime": timestamp(now),
        "reason": "FailedCreate" if have < replicas_of(replica_set) else "FailedDelete",
        "message": str(failure),
    }
    return [*known, condition]
