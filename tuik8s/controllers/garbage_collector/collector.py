"""What becomes of one object when its owners, or its dependents, have changed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.customresources import CustomKind
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Key, Obj, is_deleting, key_of, revision_of, uid_of
from tuik8s.api.request import PatchType
from tuik8s.controllers.garbage_collector.definitions import FollowedDefinitions
from tuik8s.controllers.garbage_collector.graph import (
    FOREGROUND,
    ORPHAN,
    OwnerGraph,
    Ownership,
    blocks,
    has_finalizer,
    orphans_dependents,
    owner_references,
    waits_for_dependents,
)
from tuik8s.reconcile import Controller
from tuik8s.reconcile.controller import ControllerStatistics
from tuik8s.reconcile.workqueue import QueueStatistics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import Propagation
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informer, Informers


class GarbageCollector:
    """Deletes objects whose owners are all gone, and carries out foreground and orphan deletion.

    An object with any owner left stays and only loses its references to those that are gone. References to
    kinds that are not served are left alone, with a Warning event.
    """

    name = "garbage-collector-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock,
        served: Iterable[Kind] = kinds.SERVED, workers: int = 2,
    ) -> None:  # fmt: skip
        self._client = client
        self._recorder = recorder
        self._graph = OwnerGraph(client, informers, served)
        self._complained: set[str] = set()
        self._informers = informers
        self._workers = workers
        self._controllers: dict[Kind, Controller] = {}
        self._built_in = [self._collect(kind) for kind in self._graph.informers]
        definitions = self._graph.informers.get(kinds.CUSTOM_RESOURCE_DEFINITION)
        self._definitions = definitions and FollowedDefinitions(client, definitions, self._begin, self._end)

    def _collect(self, kind: Kind) -> Controller:
        name = f"{self.name} {kind}"
        controller = Controller(
            name, partial(self.reconcile, kind), informers=self._informers, workers=self._workers
        )
        self._controllers[kind] = controller
        self._graph.informers[kind].subscribe(partial(self._changed, kind))
        return controller

    async def run(self) -> None:
        for informer in list(self._graph.informers.values()):
            await informer.synced.wait()
        async with asyncio.TaskGroup() as tasks:
            for controller in self._built_in:
                tasks.create_task(controller.run(), name=controller.name)
            if self._definitions is not None:
                tasks.create_task(self._definitions.run(), name=f"{self.name} definitions")

    # Custom resources

    def _begin(self, versions: list[CustomKind], informer: Informer) -> Controller:
        """Objects that named an owner of this kind while it was unknown are judged now."""
        self._graph.add(versions, informer)
        named = {(kind.api_version, kind.kind) for kind in versions}
        for kind, known in self._graph.informers.items():
            for obj in known.list():
                if any((ref["apiVersion"], ref["kind"]) in named for ref in owner_references(obj)):
                    self._complained.discard(uid_of(obj))
                    if kind in self._controllers:
                        self._controllers[kind].queue.add(key_of(obj), revision_of(obj))
        return self._collect(versions[0])

    def _end(self, kind: Kind) -> None:
        self._graph.remove(kind)
        self._controllers.pop(kind, None)

    def statistics(self) -> ControllerStatistics:
        """Of all kinds together."""
        parts = [controller.statistics() for controller in self._controllers.values()]
        queues = zip(*(part.queue for part in parts), strict=True)
        return ControllerStatistics(
            self.name,
            QueueStatistics(*(sum(column) for column in queues)),
            sum(part.reconciled for part in parts),
            sum(part.failed for part in parts),
            next((part.last_error for part in parts if part.last_error), ""),
        )

    def _changed(self, kind: Kind, old: Obj | None, new: Obj | None) -> None:
        """Who must be looked at: the object, those it owns if it goes, those that wait for it to go."""
        obj = new if new is not None else old
        if obj is None:
            return
        cause = revision_of(obj)
        if new is not None and (owner_references(new) or is_deleting(new)):
            self._controllers[kind].queue.add(key_of(new), cause)
        if new is None or (waits_for_dependents(new) and not (old and waits_for_dependents(old))):
            for dependent in self._graph.dependents(obj):
                self._controllers[dependent.kind].queue.add(key_of(dependent.obj), cause)
        for reference in owner_references(obj):
            owner = self._graph.known_owner(reference, obj)
            if owner is not None and is_deleting(self._graph.informers[owner[0]].get(owner[1]) or obj):
                self._controllers[owner[0]].queue.add(owner[1], cause)
        if new is None:
            self._graph.remember_absent(uid_of(obj))
            self._complained.discard(uid_of(obj))

    async def reconcile(self, kind: Kind, key: Key) -> None:
        obj = self._graph.informers[kind].get(key)
        if obj is None:
            return
        if orphans_dependents(obj):
            await self._orphan_dependents(kind, obj)
        elif waits_for_dependents(obj):
            await self._finish_foreground(kind, obj)
        elif not is_deleting(obj) and owner_references(obj):
            await self._judge(kind, obj)

    async def _judge(self, kind: Kind, obj: Obj) -> None:
        """Keep, strip of dead references, or delete (`attemptToDeleteItem`)."""
        by_state: dict[Ownership, list[Obj]] = defaultdict(list)
        for reference in owner_references(obj):
            by_state[await self._graph.ownership(reference, obj)].append(reference)
        unclear = by_state[Ownership.UNKNOWN] + by_state[Ownership.MISPLACED]
        if unclear:
            self._complain(obj, unclear)
            return
        waiting, gone = by_state[Ownership.WAITING], by_state[Ownership.ABSENT]
        if by_state[Ownership.SOLID]:
            if gone or waiting:
                await self._remove_references(kind, obj, [*gone, *waiting])
        elif waiting and any(self._graph.dependents(obj)):
            await self._unblock_cycle(kind, obj)
            await self._delete(kind, obj, "Foreground")
        else:
            await self._delete(kind, obj, _propagation(obj))

    async def _delete(self, kind: Kind, obj: Obj, propagation: Propagation) -> None:
        key = key_of(obj)
        try:
            # An object that got a new owner since has another revision, and must be judged anew.
            await self._client.delete(
                kind, key.namespace, key.name, propagation=propagation, uid=uid_of(obj),
                resource_version=obj["metadata"]["resourceVersion"],
            )  # fmt: skip
        except NotFound:
            return

    async def _unblock_cycle(self, kind: Kind, obj: Obj) -> None:
        """Objects that own each other would wait for each other for ever."""
        if not any(waits_for_dependents(item.obj) for item in self._graph.dependents(obj)):
            return
        references = [{**item, "blockOwnerDeletion": False} for item in owner_references(obj)]
        await self._patch(kind, obj, {"ownerReferences": references})

    async def _finish_foreground(self, kind: Kind, owner: Obj) -> None:
        blocking = [item for item in self._graph.dependents(owner) if blocks(item.obj, owner)]
        if not blocking:
            await self._remove_finalizer(kind, owner, FOREGROUND)
            return
        for dependent in blocking:
            if not is_deleting(dependent.obj):
                self._controllers[dependent.kind].queue.add(key_of(dependent.obj), revision_of(owner))

    async def _orphan_dependents(self, kind: Kind, owner: Obj) -> None:
        reference = {"uid": uid_of(owner)}
        for dependent in list(self._graph.dependents(owner)):
            await self._remove_references(dependent.kind, dependent.obj, [reference])
        await self._remove_finalizer(kind, owner, ORPHAN)

    async def _remove_references(self, kind: Kind, obj: Obj, references: list[Obj]) -> None:
        if isinstance(kind, CustomKind):
            doomed = {reference["uid"] for reference in references}
            kept = [reference for reference in owner_references(obj) if reference["uid"] not in doomed]
            await self._patch(kind, obj, {"ownerReferences": kept})
            return
        gone = [{"$patch": "delete", "uid": reference["uid"]} for reference in references]
        await self._patch(kind, obj, {"ownerReferences": gone})

    async def _patch(self, kind: Kind, obj: Obj, metadata: Obj) -> None:
        """The uid makes the patch fail for an object of the same name that came later."""
        key = key_of(obj)
        patch = {"metadata": {"uid": uid_of(obj), **metadata}}
        patch_type = PatchType.STRATEGIC
        if isinstance(kind, CustomKind):  # which have no strategic merge: the whole list, of this state
            patch["metadata"]["resourceVersion"] = obj["metadata"]["resourceVersion"]
            patch_type = PatchType.MERGE
        try:
            await self._client.patch(kind, key.namespace, key.name, patch, patch_type=patch_type)
        except NotFound:
            return

    async def _remove_finalizer(self, kind: Kind, obj: Obj, finalizer: str) -> None:
        key = key_of(obj)
        kept = [name for name in obj["metadata"].get("finalizers") or () if name != finalizer]
        metadata = {"resourceVersion": obj["metadata"]["resourceVersion"], "finalizers": kept}
        try:
            await self._client.patch(kind, key.namespace, key.name, {"metadata": metadata})
        except NotFound:
            return

    def _complain(self, obj: Obj, references: list[Obj]) -> None:
        """Once per object: it will look the same at every later glance."""
        if uid_of(obj) in self._complained:
            return
        self._complained.add(uid_of(obj))
        namespace = key_of(obj).namespace
        for item in references:
            owner = f"{item['apiVersion']}/{item['kind']}, namespace: {namespace}, name: {item['name']}"
            message = f"ownerRef [{owner}, uid: {item['uid']}] does not exist in namespace {namespace!r}"
            self._recorder.event(obj, "Warning", "OwnerRefInvalidNamespace", message.replace("'", '"'))


def _propagation(obj: Obj) -> Propagation:
    """A finalizer set at creation already says how the object is to go."""
    if has_finalizer(obj, ORPHAN):
        return "Orphan"
    if has_finalizer(obj, FOREGROUND):
        return "Foreground"
    return "Background"
