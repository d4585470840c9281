"""Which Deployments to look at, and what one pass does (deployment_controller.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.objects import Key, Obj, condition_of, controller_of, copy, is_deleting
from tuik8s.api.workloads import has_progress_deadline, is_rolling
from tuik8s.controllers.deployment.conditions import PAUSED, PROGRESSING, RESUMED, TIMED_OUT
from tuik8s.controllers.deployment.progress import report_progress, report_size
from tuik8s.controllers.deployment.recreate import recreate
from tuik8s.controllers.deployment.rolling import roll
from tuik8s.controllers.deployment.rollout import Rollout
from tuik8s.controllers.deployment.scaling import is_scaling_event, scale
from tuik8s.reconcile import Controller, Reconciler
from tuik8s.reconcile.owners import CONTROLLER_UID, Claims, owners_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers


class DeploymentController(Reconciler):
    """Moves each Deployment's pods to its template through ReplicaSets, one per revision.

    Rolling updates keep between `replicas - maxUnavailable` available and `replicas + maxSurge` asked for;
    Recreate begins when the last old pod is gone. The timers are in wall-clock seconds.
    """

    name = "deployment-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock, workers: int = 5
    ) -> None:
        self._client = client
        self._recorder = recorder
        self._clock = clock
        self._deployments = informers.of(kinds.DEPLOYMENT)
        self._replica_sets = informers.of(kinds.REPLICA_SET)
        self._pods = informers.of(kinds.POD)
        self._claims = Claims(client, kinds.DEPLOYMENT, kinds.REPLICA_SET, self._replica_sets)
        self._pods_by_owner = Claims(client, kinds.REPLICA_SET, kinds.POD, self._pods)
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=workers)
        self._controller.watches(self._deployments)
        self._controller.watches(
            self._replica_sets, lambda item: owners_of(item, kinds.DEPLOYMENT, self._deployments)
        )
        self._controller.watches(self._pods, self._waiting_for_pod)

    async def reconcile(self, key: Key) -> float | None:
        deployment = self._deployments.get(key)
        if deployment is None:
            return None
        owned = await self._claims.claim(deployment)
        rollout = Rollout(self._client, self._recorder, self._clock, copy(deployment), owned)
        if is_deleting(deployment):
            await rollout.find(create=False)
            await report_size(rollout)
            return None
        await _note_pause(rollout)
        if deployment["spec"].get("paused") or is_scaling_event(deployment, owned):
            await self._resize(rollout)
            return None
        if is_rolling(deployment):
            await roll(rollout)
        else:
            await recreate(rollout, self._pods_by_owner.owned)
        return await report_progress(rollout)

    async def _resize(self, rollout: Rollout) -> None:
        """Paused or scaled: sizes follow the Deployment, the rollout stands still."""
        await rollout.find(create=False)
        await scale(rollout)
        if rollout.deployment["spec"].get("paused"):
            await rollout.clean_up()
        await report_size(rollout)

    def _waiting_for_pod(self, pod: Obj) -> Iterable[Key]:
        """A Recreate rollout goes on when the last old pod has gone, which changes no ReplicaSet any more."""
        reference = controller_of(pod)
        if reference is None or reference["kind"] != kinds.REPLICA_SET.kind:
            return
        namespace = pod["metadata"].get("namespace", "")
        replica_set = self._replica_sets.find(namespace, reference["name"])
        owner = controller_of(replica_set) if replica_set is not None else None
        if owner is None or self._pods.has(CONTROLLER_UID, reference["uid"]):
            return
        deployment = self._deployments.find(namespace, owner["name"])
        if deployment is not None and not is_rolling(deployment):
            yield Key(namespace, owner["name"])


async def _note_pause(rollout: Rollout) -> None:
    """Say that time does not count while paused, so that a resumed rollout is not blamed for the pause."""
    if not has_progress_deadline(rollout.deployment):
        return
    condition = condition_of(rollout.deployment, PROGRESSING)
    reason = condition.get("reason") if condition is not None else None
    if reason == TIMED_OUT:
        return
    paused = bool(rollout.deployment["spec"].get("paused"))
    if paused and reason != PAUSED:
        rollout.note_progress("Unknown", PAUSED, "Deployment is paused")
    elif not paused and reason == PAUSED:
        rollout.note_progress("Unknown", RESUMED, "Deployment is resumed")
    else:
        return
    await rollout.write_status()
