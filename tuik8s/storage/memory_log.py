"""The engine of tests and ephemeral clusters: nothing outlives the process."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from tuik8s.storage.log import Change, Loaded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.storage.records import Entry

COMPACT_CHUNK = 2_000  # keys between two turns of the loop
_revision = attrgetter("revision")


class MemoryLog:
    """Values are kept encoded: about a fifth of the memory that the objects take."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._by_key: dict[str, list[Entry]] = {}
        self._revision = self._compacted = self._size = 0

    async def load(self) -> Loaded:
        return Loaded(0, 0, [])

    async def append(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._entries[entry.revision] = entry
            self._by_key.setdefault(entry.key, []).append(entry)
            self._size += len(entry.value)
        self._revision = entries[-1].revision

    async def changes(self, prefix: str, since: int, until: int) -> list[Change]:
        # Above the compacted revision there are no gaps.
        entries = (self._entries.get(revision) for revision in range(since + 1, until + 1))
        return [self._change(entry) for entry in entries if entry and entry.key.startswith(prefix)]

    async def history(self, key: str) -> list[Change]:
        return [self._change(entry) for entry in self._by_key.get(key, ())]

    async def change(self, revision: int) -> Change | None:
        entry = self._entries.get(revision)
        return self._change(entry) if entry else None

    async def at(self, key: str, revision: int) -> Entry | None:
        return _newest(self._by_key.get(key, []), revision)

    async def range_at(self, prefix: str, after: str, revision: int, limit: int) -> tuple[list[Entry], int]:
        keys = sorted(key for key in self._by_key if key.startswith(prefix) and key > after)
        newest = (_newest(self._by_key[key], revision) for key in keys)
        live = [entry for entry in newest if entry and entry.operation != "delete"]
        page = live[:limit] if limit else live
        return page, len(live) - len(page)

    async def last_before(self, time: int) -> int:
        # Above the compacted revision there are no gaps, and times rise.
        revisions = range(self._compacted + 1, self._revision + 1)
        return self._compacted + bisect_left(revisions, time, key=lambda r: self._entries[r].time)

    async def compact(self, revision: int) -> None:
        self._compacted = revision
        for number, key in enumerate(list(self._by_key), 1):
            self._compact_key(key, revision)
            if number % COMPACT_CHUNK == 0:
                await asyncio.sleep(0)

    def size(self) -> int:
        return self._size

    def size_on_disk(self) -> int:
        return self._size

    async def close(self) -> None:
        self._entries.clear()
        self._by_key.clear()

    def _compact_key(self, key: str, revision: int) -> None:
        entries = self._by_key[key]
        newer = bisect_right(entries, revision, key=_revision)
        if newer == 0:
            return
        kept = newer - 1 if entries[newer - 1].operation != "delete" else newer
        for entry in entries[:kept]:
            del self._entries[entry.revision]
            self._size -= len(entry.value)
        if kept == len(entries):
            del self._by_key[key]
        else:
            del entries[:kept]

    def _change(self, entry: Entry) -> Change:
        before = self._entries.get(entry.previous) if entry.operation != "create" else None
        return Change(entry, before.value if before else None)


def _newest(entries: list[Entry], revision: int) -> Entry | None:
    position = bisect_right(entries, revision, key=_revision)
    return entries[position - 1] if position else None
