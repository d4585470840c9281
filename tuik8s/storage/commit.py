"""Group commit: writes that arrive together, or while a commit runs, share the next one."""

from __future__ import annotations

import asyncio
import logging
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.storage.errors import StoreClosed, WriteFailed
from tuik8s.storage.index import Item
from tuik8s.storage.records import Entry, Record, Retention, to_microseconds

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.clock import Clock
    from tuik8s.storage.hub import Hub
    from tuik8s.storage.index import Index
    from tuik8s.storage.log import Log

log = logging.getLogger(__name__)

LARGEST_BATCH = 1_000  # entries of one commit
RETENTION_SECONDS = 300.0  # how often history is trimmed at most, as kube-apiserver asks etcd to compact


class Write(NamedTuple):
    """One staged write: what the log gets, and what watchers get."""

    entry: Entry
    record: Record


class Committer:
    """The only one that appends to the log and changes the index, always in revision order."""

    def __init__(
        self, log: Log, index: Index, hub: Hub, *, retention: Retention, clock: Clock, compacted: int
    ) -> None:
        self.compacted_revision = compacted
        self.closed = False
        self.commits = self.writes = self.failed_commits = self.largest_batch = 0
        self.failing = False
        self.last_commit_seconds = 0.0
        self._log = log
        self._index = index
        self._hub = hub
        self._retention = retention
        self._clock = clock
        self._staged: dict[str, tuple[int, Item | None]] = {}
        """Keys that are being written: the revision to come and the state to come (None: deleted)."""
        self._queue: list[tuple[Write, asyncio.Future[None]]] = []
        self._last_revision = hub.revision
        self._committing: asyncio.Task[None] | None = None
        self._trimming: asyncio.Task[None] | None = None
        self._trimmed_at: datetime | None = None

    def head(self, key: str) -> Item | None:
        """The state of a key that the next write of it builds on."""
        if self.closed:
            raise StoreClosed
        staged = self._staged.get(key)
        return staged[1] if staged is not None else self._index.get(key)

    def next_revision(self) -> int:
        return self._last_revision + 1

    async def submit(self, write: Write) -> None:
        """Stage and wait for the commit. A caller that is cancelled meanwhile does not take it back."""
        entry = write.entry
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last_revision = entry.revision
        self._staged[entry.key] = (entry.revision, _after(write))
        self._queue.append((write, done))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_all(), name="store commit")
        await done

    async def close(self) -> bool:
        """Refuse further writes and finish those accepted; False when it was closed before."""
        if self.closed:
            return False
        self.closed = True
        for task in (self._committing, self._trimming):
            if task is not None:
                await task
        return True

    async def compact(self, revision: int) -> None:
        """Readers are refused before anything is dropped; a compaction further on wins."""
        if revision > self.compacted_revision:
            self.compacted_revision = revision
            await self._log.compact(revision)

    async def _commit_all(self) -> None:
        try:
            while self._queue:
                batch, self._queue = self._queue[:LARGEST_BATCH], self._queue[LARGEST_BATCH:]
                started = perf_counter()
                try:
                    await self._log.append([write.entry for write, _ in batch])
                except Exception as error:
                    log.error("cannot write to the store: %s", error, exc_info=error)
                    self._fail(batch, error)
                else:
                    self._succeed(batch, perf_counter() - started)
        finally:
            self._committing = None
        if not self.closed:
            self._trim_if_due()

    def _succeed(self, batch: list[tuple[Write, asyncio.Future[None]]], seconds: float) -> None:
        for write, _ in batch:
            key, item = write.entry.key, _after(write)
            if item is None:
                self._index.remove(key)
            else:
                self._index.put(key, item)
            if self._staged[key][0] == write.entry.revision:
                del self._staged[key]
        self._hub.publish([write.record for write, _ in batch])
        self.commits += 1
        self.failing = False
        self.writes += len(batch)
        self.largest_batch = max(self.largest_batch, len(batch))
        self.last_commit_seconds = seconds
        for _, done in batch:
            if not done.done():
                done.set_result(None)

    def _fail(self, batch: list[tuple[Write, asyncio.Future[None]]], error: Exception) -> None:
        """What waits was checked against the batch that failed, so that it fails with it."""
        failed = batch + self._queue
        self._queue = []
        self._staged.clear()
        self._last_revision = self._hub.revision
        self.failed_commits += 1
        self.failing = True
        for write, done in failed:
            if not done.done():
                refusal = WriteFailed(f"{write.entry.key} was not written: {error}")
                refusal.__cause__ = error
                done.set_exception(refusal)

    def _trim_if_due(self) -> None:
        now = self._clock.now()
        if self._trimmed_at is None:
            self._trimmed_at = now
        over = self._last_revision - self.compacted_revision > self._retention.revisions * 1.1
        waited = (now - self._trimmed_at).total_seconds() >= RETENTION_SECONDS
        if (over or waited) and self._trimming is None:
            self._trimmed_at = now
            self._trimming = asyncio.create_task(self._trim(), name="store compaction")

    async def _trim(self) -> None:
        limits = self._retention
        try:
            oldest = to_microseconds(self._clock.now() - limits.age)
            aged = await self._log.last_before(oldest)
            target = max(aged, self._hub.revision - limits.revisions)
            if self._log.size() > limits.size:
                target = max(target, (self.compacted_revision + self._hub.revision) // 2)
            if not self.closed:
                await self.compact(target)
        except Exception as error:
            log.error("cannot compact the store: %s", error, exc_info=error)
        finally:
            self._trimming = None


def _after(write: Write) -> Item | None:
    entry = write.entry
    if entry.operation == "delete":
        return None
    return Item(write.record.value, entry.revision, entry.created)
