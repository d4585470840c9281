"""Watches: the store's records as ADDED, MODIFIED and DELETED events of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.errors import Expired
from tuik8s.api.request import WatchEvent
from tuik8s.storage.errors import Compacted

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.api.request import Request
    from tuik8s.apiserver.registry import Registry
    from tuik8s.storage import Record, Store


async def watch(store: Store, registry: Registry, request: Request) -> AsyncIterator[WatchEvent]:
    prefix = registry.prefix(request.namespace)
    since = int(request.selection.resource_version or 0)
    if not since:
        found = store.list(prefix)
        since = found.revision
        for obj in found.items:
            yield WatchEvent("ADDED", obj)
    try:
        records = store.watch(prefix, since)
        try:
            async for record in records:
                yield _event(record)
        finally:
            records.close()
    except Compacted:
        raise Expired(f"too old resource version: {since} ({store.compacted_revision})") from None


def _event(record: Record) -> WatchEvent:
    if record.operation == "create":
        return WatchEvent("ADDED", record.value)
    if record.operation == "update":
        return WatchEvent("MODIFIED", record.value)
    return WatchEvent("DELETED", record.value)
