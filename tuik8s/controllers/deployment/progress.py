"""A Deployment's status and whether its rollout progresses (pkg/controller/deployment/{progress,sync}.go)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tuik8s.api.clock import parse_time
from tuik8s.api.objects import Obj, condition_of, copy
from tuik8s.api.workloads import (
    has_progress_deadline,
    is_complete,
    max_unavailable,
    replicas_of,
    total_replicas,
    total_status,
)
from tuik8s.controllers.deployment.conditions import (
    AVAILABLE,
    DONE,
    MINIMUM_AVAILABLE,
    MINIMUM_UNAVAILABLE,
    PROGRESSING,
    REPLICA_FAILURE,
    TIMED_OUT,
    UPDATED,
    new_condition,
    remove_condition,
    set_condition,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.controllers.deployment.rollout import Rollout


async def report_size(rollout: Rollout) -> None:
    """Counts and availability only: while paused, scaling or being deleted nothing is said of progress."""
    await _write(rollout, calculate_status(rollout, rollout.clock.now()))


async def report_progress(rollout: Rollout) -> float | None:
    """Status of a rollout; answers in how many seconds its deadline must be looked at again."""
    now = rollout.clock.now()
    status = calculate_status(rollout, now)
    if not has_progress_deadline(rollout.deployment):
        remove_condition(status, PROGRESSING)
    elif not _was_complete(rollout.deployment, status):
        _judge(rollout, status, now)
    failure = _replica_failure(rollout)
    remove_condition(status, REPLICA_FAILURE)
    if failure is not None:
        status.setdefault("conditions", []).append(failure)
    await _write(rollout, status)
    return _deadline_check(rollout.deployment, status, now)


def calculate_status(rollout: Rollout, now: datetime) -> Obj:
    """Counts from the ReplicaSets' own status, with the conditions known so far and Available."""
    deployment, everything = rollout.deployment, rollout.all
    known = deployment.get("status") or {}
    available = total_status(everything, "availableReplicas")
    counts = {
        "replicas": total_status(everything, "replicas"),
        "updatedReplicas": total_status([rollout.new], "replicas") if rollout.new is not None else 0,
        "readyReplicas": total_status(everything, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(0, total_replicas(everything) - available),
    }
    status: Obj = {field: count for field, count in counts.items() if count}
    status["terminatingReplicas"] = total_status(everything, "terminatingReplicas")
    status["observedGeneration"] = deployment["metadata"].get("generation", 0)
    if known.get("collisionCount") is not None:
        status["collisionCount"] = known["collisionCount"]
    if known.get("conditions"):
        status["conditions"] = copy(known["conditions"])
    set_condition(status, _availability(deployment, available, now))
    return status


def _availability(deployment: Obj, available: int, now: datetime) -> Obj:
    if available >= replicas_of(deployment) - max_unavailable(deployment):
        message = "Deployment has minimum availability."
        return new_condition(AVAILABLE, "True", MINIMUM_AVAILABLE, message, now)
    message = "Deployment does not have minimum availability."
    return new_condition(AVAILABLE, "False", MINIMUM_UNAVAILABLE, message, now)


def _was_complete(deployment: Obj, status: Obj) -> bool:
    """The last rollout has ended and no new one begun: changes of size are no progress."""
    current = condition_of(deployment, PROGRESSING)
    ended = current is not None and current.get("reason") == DONE
    return ended and status.get("replicas", 0) == status.get("updatedReplicas", 0)


def _judge(rollout: Rollout, status: Obj, now: datetime) -> None:
    deployment = rollout.deployment
    subject = f'Deployment "{rollout.name}"'
    if rollout.new is not None:
        subject = f'ReplicaSet "{rollout.new["metadata"]["name"]}"'
    if is_complete(deployment, status):
        message = f"{subject} has successfully progressed."
        set_condition(status, new_condition(PROGRESSING, "True", DONE, message, now))
    elif _has_progressed(deployment.get("status") or {}, status):
        # Each step of progress moves lastUpdateTime, from which the deadline counts.
        message = f"{subject} is progressing."
        condition = new_condition(PROGRESSING, "True", UPDATED, message, now)
        current = condition_of(deployment, PROGRESSING)
        if current is not None and current["status"] == "True":
            condition["lastTransitionTime"] = current["lastTransitionTime"]
        remove_condition(status, PROGRESSING)
        set_condition(status, condition)
    elif _has_timed_out(deployment, status, now):
        message = f"{subject} has timed out progressing."
        set_condition(status, new_condition(PROGRESSING, "False", TIMED_OUT, message, now))


def _has_progressed(before: Obj, after: Obj) -> bool:
    def old_replicas(status: Obj) -> int:
        return int(status.get("replicas", 0) - status.get("updatedReplicas", 0))

    rising = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return old_replicas(after) < old_replicas(before) or any(
        after.get(field, 0) > before.get(field, 0) for field in rising
    )


def _has_timed_out(deployment: Obj, status: Obj, now: datetime) -> bool:
    condition = condition_of({"status": status}, PROGRESSING)
    if condition is None or condition.get("reason") == DONE:
        return False
    return condition.get("reason") == TIMED_OUT or _deadline(deployment, condition) < now


def _deadline(deployment: Obj, condition: Obj) -> datetime:
    limit = timedelta(seconds=deployment["spec"]["progressDeadlineSeconds"])
    return parse_time(condition["lastUpdateTime"]) + limit


def _deadline_check(deployment: Obj, status: Obj, now: datetime) -> float | None:
    condition = condition_of({"status": status}, PROGRESSING)
    if not has_progress_deadline(deployment) or condition is None:
        return None
    if is_complete(deployment, status) or condition.get("reason") in (TIMED_OUT, DONE):
        return None
    # A second more, because timestamps are cut to whole seconds.
    return max(0.0, (_deadline(deployment, condition) - now).total_seconds()) + 1.0


def _replica_failure(rollout: Rollout) -> Obj | None:
    """Why ReplicaSets cannot create pods; what the new one says goes before the old ones' word."""
    candidates = [*([rollout.new] if rollout.new is not None else []), *rollout.old]
    for replica_set in candidates:
        failure = condition_of(replica_set, REPLICA_FAILURE)
        if failure is not None:
            return {**failure, "lastUpdateTime": failure["lastTransitionTime"]}
    return None


async def _write(rollout: Rollout, status: Obj) -> None:
    if status != (rollout.deployment.get("status") or {}):
        rollout.deployment["status"] = status
        await rollout.write_status()
