"""Replace pods little by little, never beyond maxSurge or maxUnavailable (rolling.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.workloads import (
    active,
    by_age,
    max_unavailable,
    new_replica_set_size,
    replicas_of,
    total_replicas,
    total_status,
)

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.controllers.deployment.rollout import Rollout


async def roll(rollout: Rollout) -> None:
    """One step: scale up if there is room, else down what is no longer needed."""
    await rollout.find(create=True)
    if await _scale_up(rollout) or await _scale_down(rollout):
        return
    await rollout.clean_up_if_complete()


async def _scale_up(rollout: Rollout) -> bool:
    new, wanted = rollout.new, replicas_of(rollout.deployment)
    if new is None or replicas_of(new) == wanted:
        return False
    size = wanted if replicas_of(new) > wanted else new_replica_set_size(rollout.deployment, rollout.all, new)
    if size == replicas_of(new):
        return False
    await rollout.scale(new, size)
    return True


async def _scale_down(rollout: Rollout) -> bool:
    old, new = active(rollout.old), rollout.new
    if not old or new is None:
        return False
    least = replicas_of(rollout.deployment) - max_unavailable(rollout.deployment)
    # Pods of the new ReplicaSet that are not available yet must not cost available old ones.
    unavailable_new = replicas_of(new) - _available(new)
    surplus = total_replicas(rollout.all) - least - unavailable_new
    if surplus <= 0:
        return False
    cleaned = await _remove_unhealthy(rollout, surplus)
    return await _remove_available(rollout, least) + cleaned > 0


async def _remove_unhealthy(rollout: Rollout, limit: int) -> int:
    """Old pods that are not available help nobody and go first; they would block the rollout."""
    removed = 0
    for replica_set in sorted(active(rollout.old), key=by_age):
        unhealthy = replicas_of(replica_set) - _available(replica_set)
        removed += await _shrink(rollout, replica_set, min(limit - removed, unhealthy))
    return removed


async def _remove_available(rollout: Rollout, least: int) -> int:
    limit = sum(map(_available, rollout.all)) - least
    removed = 0
    for replica_set in sorted(active(rollout.old), key=by_age):
        removed += await _shrink(rollout, replica_set, min(limit - removed, replicas_of(replica_set)))
    return removed


def _available(replica_set: Obj) -> int:
    """Until its controller has followed the last scaling down, the status still counts pods that will go."""
    return min(replicas_of(replica_set), total_status([replica_set], "availableReplicas"))


async def _shrink(rollout: Rollout, replica_set: Obj, count: int) -> int:
    if count <= 0:
        return 0
    await rollout.scale(replica_set, replicas_of(replica_set) - count)
    return count
