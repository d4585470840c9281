"""A changed size while several ReplicaSets have pods: share the difference out (sync.go, `scale`)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tuik8s.api.workloads import (
    DESIRED_REPLICAS,
    MAX_REPLICAS,
    active,
    by_age,
    is_rolling,
    max_surge,
    replicas_of,
    total_replicas,
    total_status,
)
from tuik8s.controllers.deployment.annotations import noted_size

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.controllers.deployment.rollout import Rollout


def is_scaling_event(deployment: Obj, replica_sets: list[Obj]) -> bool:
    """Whether the Deployment's size differs from the one its ReplicaSets were last scaled for."""
    wanted = replicas_of(deployment)
    noted = (noted_size(item, DESIRED_REPLICAS) for item in active(replica_sets))
    return any(size is not None and size != wanted for size in noted)


async def scale(rollout: Rollout) -> None:
    """Bring ReplicaSets to the Deployment's size without moving the rollout forward."""
    wanted = replicas_of(rollout.deployment)
    only = active_or_latest(rollout)
    if only is not None:
        await rollout.scale(only, wanted)
        return
    if _is_saturated(rollout):
        for replica_set in active(rollout.old):
            await rollout.scale(replica_set, 0)
        return
    if is_rolling(rollout.deployment):
        sizes = proportional_sizes(rollout.deployment, active(rollout.all))
        for replica_set in active(rollout.all):
            await rollout.scale(replica_set, sizes[replica_set["metadata"]["name"]])


def active_or_latest(rollout: Rollout) -> Obj | None:
    """The one ReplicaSet with pods; if none has, the latest; None when several have."""
    having_pods = active(rollout.all)
    if len(having_pods) > 1:
        return None
    if having_pods:
        return having_pods[0]
    return rollout.new or max(rollout.old, key=by_age, default=None)


def proportional_sizes(deployment: Obj, replica_sets: list[Obj]) -> dict[str, int]:
    """New sizes by name: each ReplicaSet gets its share, the largest what is left over by rounding."""
    wanted = replicas_of(deployment)
    allowed = wanted + max_surge(deployment) if wanted else 0
    to_add = allowed - total_replicas(replica_sets)
    # Adding favours the newer of two equal ones, removing takes from the older.
    ordered = sorted(replica_sets, key=by_age, reverse=to_add > 0)
    ordered.sort(key=replicas_of, reverse=True)
    sizes = {item["metadata"]["name"]: replicas_of(item) for item in ordered}
    added = 0
    for item in ordered:
        share = _share(deployment, item, to_add, added)
        sizes[item["metadata"]["name"]] += share
        added += share
    if ordered and to_add:
        largest = ordered[0]["metadata"]["name"]
        sizes[largest] = max(0, sizes[largest] + to_add - added)
    return sizes


def _share(deployment: Obj, replica_set: Obj, to_add: int, added: int) -> int:
    if to_add == added:
        return 0
    fraction = _fraction(deployment, replica_set)
    return min(fraction, to_add - added) if to_add > 0 else max(fraction, to_add - added)


def _fraction(deployment: Obj, replica_set: Obj) -> int:
    size, wanted = replicas_of(replica_set), replicas_of(deployment)
    if wanted == 0:
        return -size
    before = noted_size(replica_set, MAX_REPLICAS) or (deployment.get("status") or {}).get("replicas") or 0
    if before == 0:
        return 0
    return _round(size * (wanted + max_surge(deployment)) / before) - size


def _round(value: float) -> int:
    """Half away from zero, as Kubernetes rounds; Python's own rounds half to even."""
    return math.floor(value + 0.5)


def _is_saturated(rollout: Rollout) -> bool:
    """The new ReplicaSet is as large as wanted, was scaled for that size, and all of it is available."""
    new, wanted = rollout.new, replicas_of(rollout.deployment)
    if new is None:
        return False
    noted = noted_size(new, DESIRED_REPLICAS)
    return replicas_of(new) == noted == wanted == total_status([new], "availableReplicas")
