"""One ReplicaSet, or ReplicationController: claim its pods, create or delete the difference, report."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tuik8s.api import kinds
from tuik8s.api.errors import ApiError
from tuik8s.api.objects import Key, Obj, controller_of, copy, is_deleting, is_pod_finished
from tuik8s.api.workloads import replicas_of
from tuik8s.controllers.replicaset.ranking import pods_to_delete
from tuik8s.controllers.replicaset.scaling import BURST, PodControl
from tuik8s.controllers.replicaset.status import calculate_status, next_availability
from tuik8s.reconcile import Controller, Reconciler
from tuik8s.reconcile.owners import CONTROLLER_UID, Claims, owners_of

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers

BATCH_FROM = 100
BATCH_PER_POD = 100e-6
"""Seconds; to look at a pod takes some 5e-6."""


class ReplicaSetController(Reconciler):
    """Each ReplicaSet has `spec.replicas` active pods that match its selector and that it controls.

    Kubernetes counts the creations it has not seen yet ("expectations"); here a worker waits until the cache
    has seen what it wrote, so a pass never counts a pod too few.
    """

    name = "replicaset-controller"
    kind: ClassVar[Kind] = kinds.REPLICA_SET
    counts_terminating = True
    """Whether the status has a count of pods that are going."""

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock, workers: int = 5
    ) -> None:
        self._client = client
        self._clock = clock
        self._replica_sets = informers.of(self.kind)
        self._pods = informers.of(kinds.POD)
        self._claims = Claims(client, self.kind, kinds.POD, self._pods)
        self._replica_sets.add_index(CONTROLLER_UID, _owner_uid)
        self._pod_control = PodControl(client, recorder)
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=workers)
        self._controller.watches(self._replica_sets, delay=self._batch_own)
        self._controller.watches(
            self._pods, lambda pod: owners_of(pod, self.kind, self._replica_sets), delay=self._batch
        )

    async def reconcile(self, key: Key) -> float | None:
        replica_set = self._replica_sets.get(key)
        if replica_set is None:
            return None
        claimed = await self._claims.claim(replica_set, adoptable=is_active)
        pods, going = _active_and_going(claimed)
        terminating = going if self.counts_terminating else None
        failure: ApiError | None = None
        if not is_deleting(replica_set):
            try:
                await self._scale(replica_set, pods)
            except ApiError as error:
                failure = error
        await self._report(replica_set, pods, terminating, failure)
        if failure is not None:
            raise failure
        return next_availability(replica_set, pods, self._clock.now())

    def _batch(self, key: Key) -> float:
        """Large ones look at all their pods once for many changes: every second at 10,000 pods."""
        replica_set = self._replica_sets.get(key)
        pods = replicas_of(replica_set) if replica_set is not None else 0
        return 0.0 if pods < BATCH_FROM else pods * BATCH_PER_POD

    def _batch_own(self, key: Key) -> float:
        """A new wish is met at once; what we reported ourselves says nothing new."""
        replica_set = self._replica_sets.get(key)
        if replica_set is None or is_deleting(replica_set):
            return 0.0
        observed = (replica_set.get("status") or {}).get("observedGeneration", 0)
        return self._batch(key) if observed >= replica_set["metadata"].get("generation", 0) else 0.0

    async def _scale(self, replica_set: Obj, pods: list[Obj]) -> None:
        missing = replicas_of(replica_set) - len(pods)
        if missing > 0:
            await self._pod_control.create(replica_set, missing)
        elif missing < 0:
            surplus = min(-missing, BURST)
            chosen = pods_to_delete(pods, self._related(replica_set), surplus, self._clock.now())
            await self._pod_control.delete(replica_set, chosen)

    def _related(self, replica_set: Obj) -> list[Obj]:
        """Active pods of every ReplicaSet that has the same controller, this one's included."""
        reference = controller_of(replica_set)
        siblings = (
            [replica_set]
            if reference is None
            else self._replica_sets.by_index(CONTROLLER_UID, reference["uid"])
        )
        return [pod for sibling in siblings for pod in self._claims.owned(sibling) if is_active(pod)]

    async def _report(
        self, replica_set: Obj, pods: list[Obj], terminating: int | None, failure: ApiError | None
    ) -> None:
        status = calculate_status(replica_set, pods, terminating, failure, self._clock.now())
        if status == (replica_set.get("status") or {}):
            return
        updated = copy(replica_set)
        updated["status"] = status
        await self._client.update_status(self.kind, updated)


class ReplicationManager(ReplicaSetController):
    """The same for ReplicationControllers, which came first (pkg/controller/replication)."""

    name = "replicationcontroller-controller"
    kind = kinds.REPLICATION_CONTROLLER
    counts_terminating = False


def _active_and_going(claimed: list[Obj]) -> tuple[list[Obj], int]:
    """In one walk: of ten thousand pods none is still in the processor's cache when the next begins."""
    active, going = [], 0
    for pod in claimed:
        if is_pod_finished(pod):
            continue
        if is_deleting(pod):
            going += 1
        else:
            active.append(pod)
    return active, going


def is_active(pod: Obj) -> bool:
    return not is_pod_finished(pod) and not is_deleting(pod)


def _owner_uid(replica_set: Obj) -> tuple[str, ...]:
    reference = controller_of(replica_set)
    return (reference["uid"],) if reference is not None else ()
