"""What becomes of a definition: its names, its being established, its end.

The API server's own controllers in Kubernetes (…/pkg/controller/status, establish, finalizer, apiapproval).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.customresources import CLEANUP_FINALIZER, NamesInUse, accepted_status
from tuik8s.api.customresources.naming import condition, with_condition
from tuik8s.api.errors import ApiError, Conflict, NotFound
from tuik8s.api.objects import is_deleting, is_true
from tuik8s.api.request import DeleteOptions, Request, User, Verb
from tuik8s.apiserver.deletion import delete

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.context import ServerContext
    from tuik8s.apiserver.customresources.served import ServedDefinitions
    from tuik8s.apiserver.registry import Registry

log = logging.getLogger(__name__)

DEFINITION = kinds.CUSTOM_RESOURCE_DEFINITION
USER = User("system:apiserver", ("system:masters", "system:authenticated"))
CLEANUP_RETRY = 5.0
"""Seconds until instances are looked for again that something holds."""


class DefinitionController:
    """Settles every definition whenever one is written; `run` does so until it is cancelled."""

    def __init__(self, served: ServedDefinitions, context: ServerContext) -> None:
        self._served = served
        self._context = context
        self._cleaning: set[str] = set()
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        store = self._context.store
        watch = store.watch(DEFINITION.prefix, store.revision)
        self._cleaning.clear()
        try:
            async with asyncio.TaskGroup() as self._tasks:
                await self.settle()
                async for _ in watch:
                    await self.settle()
        finally:
            watch.close()

    async def settle(self) -> None:
        """Give names that have become free, establish what has all of its names, begin to end what is
        deleted."""
        for definition in self._definitions():
            if is_deleting(definition):
                self._end(definition)
            else:
                await self._name(definition)

    def _definitions(self) -> list[Obj]:
        """Oldest first: who came first keeps the name."""
        found = self._context.store.list(DEFINITION.prefix).items
        return sorted(found, key=lambda item: item["metadata"]["creationTimestamp"])

    async def _name(self, definition: Obj) -> None:
        status = accepted_status(definition, self._in_use(definition), self._now())
        if status == definition.get("status"):
            return
        with self._served.announced({**definition, "status": status}):
            await self._served.compile(definition)
            await self._write(definition, status)

    def _in_use(self, definition: Obj) -> NamesInUse:
        group = definition["spec"]["group"]
        given = NamesInUse.of(group, self._definitions())
        own = [kind for kind in self._served.kinds.built_in if kind.group == group]
        resources = {name for kind in own for name in (kind.plural, kind.singular, *kind.short_names)}
        taken = {name for kind in own for name in (kind.kind, kind.list_kind)}
        return NamesInUse(given.resources | resources, given.kinds | taken)

    async def _write(self, definition: Obj, status: Obj, finalizers: list[str] | None = None) -> None:
        def changed(current: Obj) -> Obj:
            meta = dict(current["metadata"])
            if finalizers is not None:
                meta["finalizers"] = finalizers
            meta["resourceVersion"] = definition["metadata"]["resourceVersion"]
            return {**current, "metadata": meta, "status": status}

        request = self._request(Verb.UPDATE, name=definition["metadata"]["name"], subresource="status")
        try:
            await self._served.definitions.change(request, changed, retry=False)
        except (NotFound, Conflict):
            log.debug("%s has been changed meanwhile", definition["metadata"]["name"])

    def _request(self, verb: Verb, **fields: Any) -> Request:
        return Request(
            verb=verb, kind=fields.pop("kind", DEFINITION), user=USER, agent="kube-apiserver",
            field_manager="kube-apiserver", **fields,
        )  # fmt: skip

    def _now(self) -> str:
        return timestamp(self._context.clock.now())

    # The end

    def _end(self, definition: Obj) -> None:
        name = definition["metadata"]["name"]
        if name in self._cleaning or CLEANUP_FINALIZER not in definition["metadata"].get("finalizers", ()):
            return
        assert self._tasks is not None
        self._cleaning.add(name)
        self._tasks.create_task(self._clean(name), name=f"cleanup of {name}")

    async def _clean(self, name: str) -> None:
        try:
            while (definition := self._served.definitions.find("", name)) is not None:
                if CLEANUP_FINALIZER not in definition["metadata"].get("finalizers", ()):
                    return
                await self._clean_once(definition)
        finally:
            self._cleaning.discard(name)

    async def _clean_once(self, definition: Obj) -> None:
        """One step, or a wait for what makes the next one possible."""
        registry = self._served.registry_of(definition)
        if registry is None or not is_true(definition, "Established"):
            await self._finish(definition, "NeverEstablished", "resource was never established")
            return
        if not is_true(definition, "Terminating"):
            await self._write(definition, self._status(definition, "True", "InstanceDeletionInProgress"))
            return
        await self._delete_instances(registry)
        left = self._context.store.list(registry.kind.prefix)
        if not left.items:
            await self._finish(definition, "InstanceDeletionCompleted", "removed all instances")
        else:
            await self._next_change(registry.kind.prefix, left.revision)

    async def _next_change(self, prefix: str, revision: int) -> None:
        watch = self._context.store.watch(prefix, revision)
        try:
            async with asyncio.timeout(CLEANUP_RETRY):
                await anext(watch, None)
        except TimeoutError:
            log.debug("%s: still held", prefix)
        finally:
            watch.close()

    async def _delete_instances(self, registry: Registry) -> None:
        for obj in self._context.store.list(registry.kind.prefix).items:
            meta = obj["metadata"]
            request = self._request(
                Verb.DELETE, kind=registry.kind, namespace=meta.get("namespace", ""), name=meta["name"],
                delete=DeleteOptions(uid=meta["uid"]),
            )  # fmt: skip
            try:
                await delete(registry, request)
            except NotFound:
                continue
            except ApiError as error:
                log.warning("%s %s not deleted: %s", registry.kind, meta["name"], error)

    async def _finish(self, definition: Obj, reason: str, message: str) -> None:
        finalizers = [name for name in definition["metadata"]["finalizers"] if name != CLEANUP_FINALIZER]
        status = self._status(definition, "False", reason, message)
        await self._write(definition, status, finalizers)

    def _status(
        self, definition: Obj, status: str, reason: str,
        message: str = "CustomResource deletion is in progress",
    ) -> Obj:  # fmt: skip
        before = definition.get("status") or {}
        wanted = condition("Terminating", status, reason, message)
        return {
            **before,
            "conditions": with_condition(before.get("conditions") or (), wanted, self._now()),
        }
