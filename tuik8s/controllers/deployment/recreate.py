"""Stop everything old, then start everything new (recreate.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.objects import is_pod_finished, uid_of
from tuik8s.api.workloads import active, replicas_of, total_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.controllers.deployment.rollout import Rollout


async def recreate(rollout: Rollout, pods_of: Callable[[Obj], list[Obj]]) -> None:
    """`pods_of` answers all pods a ReplicaSet controls, the terminating ones included."""
    await rollout.find(create=False)
    running = active(rollout.old)
    for replica_set in running:
        await rollout.scale(replica_set, 0)
    if running or _old_pods_running(rollout, pods_of):
        return
    if rollout.new is None:
        await rollout.find(create=True)
    if rollout.new is not None and replicas_of(rollout.new) != replicas_of(rollout.deployment):
        await rollout.scale(rollout.new, replicas_of(rollout.deployment))
    await rollout.clean_up_if_complete()


def _old_pods_running(rollout: Rollout, pods_of: Callable[[Obj], list[Obj]]) -> bool:
    if total_status(rollout.old, "replicas"):
        return True
    new_uid = uid_of(rollout.new) if rollout.new is not None else ""
    others = (item for item in rollout.owned if uid_of(item) != new_uid)
    return any(not is_pod_finished(pod) for item in others for pod in pods_of(item))
