"""Conditions of a Deployment: reasons, and the rule for their timestamps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.clock import timestamp
from tuik8s.api.objects import condition_of

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj

AVAILABLE = "Available"
PROGRESSING = "Progressing"
REPLICA_FAILURE = "ReplicaFailure"

MINIMUM_AVAILABLE = "MinimumReplicasAvailable"
MINIMUM_UNAVAILABLE = "MinimumReplicasUnavailable"
CREATED = "NewReplicaSetCreated"
FOUND = "FoundNewReplicaSet"
UPDATED = "ReplicaSetUpdated"
DONE = "NewReplicaSetAvailable"
CREATE_ERROR = "ReplicaSetCreateError"
TIMED_OUT = "ProgressDeadlineExceeded"
PAUSED = "DeploymentPaused"
RESUMED = "DeploymentResumed"


def new_condition(kind: str, status: str, reason: str, message: str, now: datetime) -> Obj:
    when = timestamp(now)
    return {
        "type": kind,
        "status": status,
        "lastUpdateTime": when,
        "lastTransitionTime": when,
        "reason": reason,
        "message": message,
    }


def set_condition(status: Obj, condition: Obj) -> None:
    """Nothing happens when status and reason stay; the transition time stays when the status does."""
    current = condition_of({"status": status}, condition["type"])
    if current is not None and current["status"] == condition["status"]:
        if current.get("reason") == condition["reason"]:
            return
        condition = {**condition, "lastTransitionTime": current["lastTransitionTime"]}
    remove_condition(status, condition["type"])
    status.setdefault("conditions", []).append(condition)


def remove_condition(status: Obj, kind: str) -> None:
    kept = [condition for condition in status.get("conditions") or () if condition["type"] != kind]
    status.pop("conditions", None)
    if kept:
        status["conditions"] = kept
