"""Deletion: preconditions, grace, finalizers, propagation (k8s.io/apiserver/pkg/registry/rest/delete.go)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from tuik8s.api.clock import parse_time, timestamp
from tuik8s.api.errors import Conflict, NotFound
from tuik8s.api.objects import Obj, is_deleting
from tuik8s.api.request import Response, Verb
from tuik8s.apiserver.admission import Attributes
from tuik8s.apiserver.storing import Changed

if TYPE_CHECKING:
    from tuik8s.api.request import DeleteOptions, Request
    from tuik8s.apiserver.registry import Registry
    from tuik8s.apiserver.strategies import Strategy

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"


async def delete(registry: Registry, request: Request) -> Response:
    """The object as it was removed, or as it now waits for its grace period or its finalizers."""
    kind, context = registry.kind, registry.context
    while True:
        current = registry.current(request.namespace, request.name)
        _check_preconditions(registry, request, current)
        await context.admission.admit(Attributes(Verb.DELETE, request, kind, current, current))
        marked = _marked(registry, request.delete, current)
        if marked is None:
            return Response(current)
        try:
            if _is_held(registry, marked):
                return Response(await _store_mark(registry, request, marked, current))
            return Response(await _remove(registry, request, marked, current))
        except Changed:
            if request.delete.resource_version:
                raise Conflict.modified(kind.resource, request.name) from None
            await context.writer.settled(kind.storage_key(request.namespace, request.name))


def _check_preconditions(registry: Registry, request: Request, current: Obj) -> None:
    options, meta = request.delete, current["metadata"]
    for wanted, field, words in (
        (options.uid, "uid", "UID"),
        (options.resource_version, "resourceVersion", "ResourceVersion"),
    ):
        if wanted and wanted != meta[field]:
            found = f"{words} in object meta: {meta[field]}"
            why = f"Precondition failed: {words} in precondition: {wanted}, {found}"
            raise Conflict.of(registry.kind.resource, request.name, why)


def _marked(registry: Registry, options: DeleteOptions, current: Obj) -> Obj | None:
    """The object with its deletion begun or hastened; None when it already goes as asked."""
    strategy, meta = registry.strategy, dict(current["metadata"])
    grace = strategy.deletion_grace(current, options.grace_period_seconds)
    if is_deleting(current):
        pending = meta.get("deletionGracePeriodSeconds") or 0
        if pending:
            wanted = options.grace_period_seconds
            if wanted is None or grace is None or grace >= pending:
                return None
            asked = parse_time(meta["deletionTimestamp"]) - timedelta(seconds=pending)
            meta["deletionTimestamp"] = timestamp(asked + timedelta(seconds=grace))
            meta["deletionGracePeriodSeconds"] = grace
    else:
        now = registry.context.clock.now()
        meta["deletionTimestamp"] = timestamp(now + timedelta(seconds=grace or 0))
        meta["deletionGracePeriodSeconds"] = grace or 0
        if meta.get("generation"):
            meta["generation"] += 1
    _set_propagation_finalizers(meta, options, strategy)
    marked = {**current, "metadata": meta}
    if not is_deleting(current):
        strategy.begin_deletion(marked)
    return marked


def _set_propagation_finalizers(meta: Obj, options: DeleteOptions, strategy: Strategy) -> None:
    """The garbage collector acts on these two, and takes them off when it is done."""
    before = meta.get("finalizers") or []
    propagation = options.propagation
    if propagation is None and strategy.orphans_by_default and FOREGROUND not in before:
        propagation = "Orphan"
    asked = {"Orphan": ORPHAN, "Foreground": FOREGROUND}.get(propagation or "")
    finalizers = [item for item in before if item not in (ORPHAN, FOREGROUND)]
    if propagation is None:
        return
    if asked:
        finalizers.append(asked)
    if finalizers:
        meta["finalizers"] = finalizers
    else:
        meta.pop("finalizers", None)


def _is_held(registry: Registry, marked: Obj) -> bool:
    meta = marked["metadata"]
    waits = meta.get("finalizers") or meta.get("deletionGracePeriodSeconds")
    return bool(waits) or not registry.strategy.may_be_removed(marked)


async def _store_mark(registry: Registry, request: Request, marked: Obj, current: Obj) -> Obj:
    if marked == current:
        return current
    if request.dry_run:
        return marked
    key = registry.kind.storage_key(request.namespace, request.name)
    stored = await registry.context.writer.update(
        registry.kind, key, registry.view.inward(marked), current, request
    )
    return registry.view.outward(stored)


async def _remove(registry: Registry, request: Request, marked: Obj, current: Obj) -> Obj:
    """An object that nothing ever held shows no deletionTimestamp in its last state, but pods do."""
    graceful = registry.strategy.deletion_grace(current, None) is not None
    last = marked if graceful or is_deleting(current) else current
    return await registry.remove(request, last, current)


async def delete_collection(registry: Registry, request: Request, found: Obj) -> Response:
    """Delete what a list found, one by one; answers with what was there."""
    deleted = []
    for obj in found["items"]:
        meta = obj["metadata"]
        one = replace(
            request, verb=Verb.DELETE, name=meta["name"], namespace=meta.get("namespace", request.namespace)
        )
        try:
            deleted.append((await delete(registry, one)).object)
        except NotFound:
            continue  # somebody else was faster
    return Response({**found, "items": deleted})
