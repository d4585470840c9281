"""Watches: the store's records as events of one kind, seen through selectors."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.api.errors import Expired, forbidden
from tuik8s.api.request import WatchEvent
from tuik8s.apiserver.listing import Filter, fresh_enough, parse_revision, refuse
from tuik8s.storage.errors import Compacted

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request, Selection
    from tuik8s.apiserver.registry import Registry
    from tuik8s.storage import Record, Store
    from tuik8s.storage import Watch as StoreWatch

BOOKMARK_SECONDS = 60.0
INITIAL_EVENTS_END = "k8s.io/initial-events-end"


async def watch(store: Store, registry: Registry, request: Request) -> AsyncGenerator[WatchEvent, None]:
    """Ends after `timeout_seconds`; raises Expired when history does not reach back, or the reader is slow.

    Without a revision, or from "0", the current objects come first as ADDED.
    """
    selection = request.selection
    _check_options(selection)
    chosen = Filter.of(registry.kind, selection)
    prefix = registry.prefix(request.namespace)
    since = parse_revision(selection.resource_version)
    await fresh_enough(store, since)
    initial = not since or selection.send_initial_events
    found = store.list(prefix) if initial else None
    since = found.revision if found else since
    try:
        # Subscribe before the first object is handed out: what happens meanwhile is not lost.
        records = store.watch(prefix, since)
    except Compacted:
        raise _too_old(store, since) from None
    registry.opened(records)
    try:
        for obj in found.items if found else ():
            if chosen.matches(outward := registry.view.outward(obj)):
                yield WatchEvent("ADDED", outward)
        if selection.send_initial_events and selection.allow_bookmarks:
            yield _bookmark(registry, since, {INITIAL_EVENTS_END: "true"})
        async for event in _follow(records, registry, chosen, selection):
            yield event
    except Compacted:
        raise _too_old(store, since) from None
    finally:
        registry.closed(records)
        records.close()


async def _follow(
    records: StoreWatch, registry: Registry, chosen: Filter, selection: Selection
) -> AsyncIterator[WatchEvent]:
    loop = asyncio.get_running_loop()
    end = None if selection.timeout_seconds is None else loop.time() + selection.timeout_seconds
    next_bookmark = loop.time() + BOOKMARK_SECONDS if selection.allow_bookmarks else None
    while True:
        deadlines = [moment for moment in (end, next_bookmark) if moment is not None]
        try:
            async with asyncio.timeout_at(min(deadlines, default=None)):
                record = await anext(records, None)
        except TimeoutError:
            if next_bookmark is not None:
                yield _bookmark(registry, records.progress)
                next_bookmark = loop.time() + BOOKMARK_SECONDS
            if end is not None and loop.time() >= end:
                return
            continue
        if record is None:
            return
        event = _event(record, registry, chosen)
        if event is not None:
            yield event


def _event(record: Record, registry: Registry, chosen: Filter) -> WatchEvent | None:
    """An object that begins to match is ADDED, one that no longer does is DELETED."""
    outward = registry.view.outward
    value, previous = outward(record.value), record.previous
    if record.operation == "delete":
        # What nobody remembers from before the deletion looked like its last state.
        shown = value if previous is None else outward(previous)
        return WatchEvent("DELETED", value) if chosen.matches(shown) else None
    matches = chosen.matches(value)
    if record.operation == "create":
        return WatchEvent("ADDED", value) if matches else None
    matched = matches if previous is None else chosen.matches(outward(previous))
    if matches:
        return WatchEvent("MODIFIED" if matched else "ADDED", value)
    return WatchEvent("DELETED", _last_match(value, previous, outward)) if matched else None


def _last_match(value: Obj, previous: Obj | None, outward: Callable[[Obj], Obj]) -> Obj:
    """What matched, with the revision of the write after which it no longer does."""
    if previous is None:
        return value
    last = outward(previous)
    revision = value["metadata"]["resourceVersion"]
    return {**last, "metadata": {**last["metadata"], "resourceVersion": revision}}


def _bookmark(registry: Registry, revision: int, annotations: dict[str, str] | None = None) -> WatchEvent:
    meta: Obj = {"resourceVersion": str(revision), "creationTimestamp": None}
    if annotations:
        meta["annotations"] = annotations
    kind = registry.kind
    return WatchEvent("BOOKMARK", {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta})


def _too_old(store: Store, since: int) -> Expired:
    return Expired(f"too old resource version: {since} ({store.compacted_revision})")


def _check_options(selection: Selection) -> None:
    match = selection.resource_version_match
    errors: list[FieldError] = []
    if match and not selection.send_initial_events:
        why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        errors.append(forbidden("resourceVersionMatch", why))
    if selection.send_initial_events and match != "NotOlderThan":
        why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
        errors.append(forbidden("resourceVersionMatch", why))
    refuse(errors)
