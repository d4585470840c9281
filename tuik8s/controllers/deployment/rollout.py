"""One pass over one Deployment: its ReplicaSets, the new one found or created, sizes changed."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import AlreadyExists, ApiError, NotFound
from tuik8s.api.hash import template_hash
from tuik8s.api.objects import (
    Obj,
    annotations_of,
    condition_of,
    copy,
    is_controlled_by,
    is_deleting,
    owner_reference,
    uid_of,
)
from tuik8s.api.workloads import (
    REVISION,
    TEMPLATE_HASH,
    UNLIMITED,
    active,
    find_new_replica_set,
    has_progress_deadline,
    is_complete,
    new_replica_set_size,
    replicas_of,
    revision_number,
    same_template,
)
from tuik8s.controllers.deployment.annotations import new_replica_set_annotations, size_annotations
from tuik8s.controllers.deployment.conditions import (
    CREATE_ERROR,
    CREATED,
    FOUND,
    PROGRESSING,
    new_condition,
    set_condition,
)

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder

log = logging.getLogger(__name__)

NAME_LIMIT = 253


@dataclass
class Rollout:
    """`deployment` is the pass's own copy and follows each write; `owned` are shared objects.

    `old` and `new` are known after `find`.
    """

    client: Client
    recorder: EventRecorder
    clock: Clock
    deployment: Obj
    owned: list[Obj]
    new: Obj | None = None
    old: list[Obj] = field(default_factory=list)

    @property
    def name(self) -> str:
        name: str = self.deployment["metadata"]["name"]
        return name

    @property
    def all(self) -> list[Obj]:
        return [*self.old, self.new] if self.new is not None else list(self.old)

    async def find(self, *, create: bool) -> None:
        """Sort out old and new ReplicaSets, and bring revision numbers up to date."""
        new = find_new_replica_set(self.deployment, self.owned)
        self.old = [item for item in self.owned if item is not new]
        revision = max(map(revision_number, self.old), default=0) + 1
        if new is not None:
            self.new = await self._bring_up_to_date(new, revision)
        elif create:
            self.new = await self._create(revision)

    async def scale(self, replica_set: Obj, replicas: int) -> Obj:
        """Set the size, note the Deployment's sizes beside it, and record the event if it changed."""
        before = replicas_of(replica_set)
        sizes = size_annotations(self.deployment)
        if before == replicas and sizes.items() <= annotations_of(replica_set).items():
            return replica_set
        updated = copy(replica_set)
        updated["spec"]["replicas"] = replicas
        updated["metadata"]["annotations"] = annotations_of(updated) | sizes
        updated = await self.client.update(kinds.REPLICA_SET, updated)
        if before != replicas:
            self._record_scaling("up" if replicas > before else "down", updated, before, replicas)
        self._replace(updated)
        return updated

    async def clean_up_if_complete(self) -> None:
        if is_complete(self.deployment, self.deployment.get("status") or {}):
            await self.clean_up()

    async def clean_up(self) -> None:
        """Delete the oldest revisions beyond `spec.revisionHistoryLimit` that have no pods."""
        limit = self.deployment["spec"].get("revisionHistoryLimit")
        if limit is None or limit == UNLIMITED:
            return
        candidates = sorted((item for item in self.old if not is_deleting(item)), key=revision_number)
        for replica_set in candidates[: max(0, len(candidates) - limit)]:
            if not _is_idle(replica_set):
                continue
            meta = replica_set["metadata"]
            try:
                await self.client.delete(
                    kinds.REPLICA_SET, meta["namespace"], meta["name"], uid=meta["uid"],
                    propagation="Background",
                )  # fmt: skip
            except NotFound:
                log.debug("ReplicaSet %s is gone already", meta["name"])

    async def write_status(self) -> None:
        self.deployment = copy(await self.client.update_status(kinds.DEPLOYMENT, self.deployment))

    def note_progress(self, status: str, reason: str, message: str) -> None:
        condition = new_condition(PROGRESSING, status, reason, message, self.clock.now())
        set_condition(self.deployment.setdefault("status", {}), condition)

    async def _bring_up_to_date(self, new: Obj, revision: int) -> Obj:
        wanted = new_replica_set_annotations(self.deployment, new, revision)
        min_ready = self.deployment["spec"].get("minReadySeconds") or 0
        other_wait = (new["spec"].get("minReadySeconds") or 0) != min_ready
        if other_wait or wanted != annotations_of(new):
            updated = copy(new)
            updated["metadata"]["annotations"] = wanted
            if other_wait:
                updated["spec"]["minReadySeconds"] = min_ready
            new = await self.client.update(kinds.REPLICA_SET, updated)
        changed = self._note_revision(new)
        if has_progress_deadline(self.deployment) and condition_of(self.deployment, PROGRESSING) is None:
            self.note_progress("True", FOUND, f'Found new replica set "{new["metadata"]["name"]}"')
            changed = True
        if changed:
            await self.write_status()
        return new

    async def _create(self, revision: int) -> Obj:
        wanted = self._new_replica_set(revision)
        name, size = wanted["metadata"]["name"], replicas_of(wanted)
        try:
            created = await self.client.create(kinds.REPLICA_SET, wanted)
        except AlreadyExists:
            created = await self._existing_or_collision(name)
        except ApiError as error:
            await self._report_failure(name, error)
            raise
        else:
            if size:
                self._record_scaling("up", created, 0, size)
            if has_progress_deadline(self.deployment):
                self.note_progress("True", CREATED, f'Created new replica set "{name}"')
        self._note_revision(created)
        await self.write_status()
        return created

    def _new_replica_set(self, revision: int) -> Obj:
        spec = self.deployment["spec"]
        template = copy(spec["template"])
        count = (self.deployment.get("status") or {}).get("collisionCount")
        hashed = template_hash(template, count)
        metadata = template["metadata"] = template.get("metadata") or {}
        metadata["labels"] = {**(metadata.get("labels") or {}), TEMPLATE_HASH: hashed}
        selector = copy(spec["selector"])
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), TEMPLATE_HASH: hashed}
        replica_set: Obj = {
            "apiVersion": kinds.REPLICA_SET.api_version,
            "kind": kinds.REPLICA_SET.kind,
            "metadata": {
                "name": f"{self.name[: NAME_LIMIT - len(hashed) - 1]}-{hashed}",
                "namespace": self.deployment["metadata"]["namespace"],
                "labels": dict(metadata["labels"]),
                "ownerReferences": [owner_reference(self.deployment)],
            },
            "spec": {"replicas": 0, "selector": selector, "template": template},
        }
        if spec.get("minReadySeconds"):
            replica_set["spec"]["minReadySeconds"] = spec["minReadySeconds"]
        replica_set["spec"]["replicas"] = new_replica_set_size(self.deployment, self.old, replica_set)
        annotations = new_replica_set_annotations(self.deployment, replica_set, revision)
        replica_set["metadata"]["annotations"] = annotations | size_annotations(self.deployment)
        return replica_set

    async def _existing_or_collision(self, name: str) -> Obj:
        """The ReplicaSet of that name if it is ours after all; else count a collision, for another hash."""
        existing = await self.client.get(kinds.REPLICA_SET, self.deployment["metadata"]["namespace"], name)
        template = self.deployment["spec"]["template"]
        ours = is_controlled_by(existing, self.deployment)
        if ours and same_template(template, existing["spec"]["template"]):
            return existing
        status = self.deployment.setdefault("status", {})
        status["collisionCount"] = (status.get("collisionCount") or 0) + 1
        await self.write_status()
        raise AlreadyExists.of(kinds.REPLICA_SET.resource, name)

    async def _report_failure(self, name: str, error: ApiError) -> None:
        causes = (error.details or {}).get("causes") or ()
        if any(cause.get("reason") == "NamespaceTerminating" for cause in causes):
            return
        message = f'Failed to create new replica set "{name}": {error}'
        self.recorder.event(self.deployment, "Warning", CREATE_ERROR, message)
        if has_progress_deadline(self.deployment):
            self.note_progress("False", CREATE_ERROR, message)
            await self.write_status()

    def _note_revision(self, new: Obj) -> bool:
        """Carry the new ReplicaSet's revision over to the Deployment; whether that changed anything."""
        revision = annotations_of(new).get(REVISION)
        if revision is None or annotations_of(self.deployment).get(REVISION) == revision:
            return False
        annotations = {**annotations_of(self.deployment), REVISION: revision}
        self.deployment["metadata"]["annotations"] = annotations
        return True

    def _record_scaling(self, direction: str, replica_set: Obj, before: int, after: int) -> None:
        name = replica_set["metadata"]["name"]
        message = f"Scaled {direction} replica set {name} from {before} to {after}"
        self.recorder.event(self.deployment, "Normal", "ScalingReplicaSet", message)

    def _replace(self, updated: Obj) -> None:
        uid = uid_of(updated)
        if self.new is not None and uid_of(self.new) == uid:
            self.new = updated
        self.old = [updated if uid_of(item) == uid else item for item in self.old]


def _is_idle(replica_set: Obj) -> bool:
    """It has no pods, is to have none, and its controller has seen that."""
    status = replica_set.get("status") or {}
    observed = status.get("observedGeneration") or 0
    return not (status.get("replicas") or active([replica_set])) and observed >= (
        replica_set["metadata"].get("generation") or 0
    )
