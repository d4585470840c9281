"""Tells watchers what was committed, in revision order."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tuik8s.storage.errors import StoreError, WatcherTooSlow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tuik8s.storage.records import Record

RECENT = 1_000  # records kept to start watches from without asking the log
REPLAY_SPAN = 500  # revisions read from the log at a time
FAIRNESS = 64  # records handed to one reader before others get a turn
WOKEN_AT_ONCE = 50  # readers woken in one turn of the loop: what they do takes milliseconds


class Source(Protocol):
    """Where a watch gets what was committed before it began."""

    @property
    def compacted_revision(self) -> int: ...

    async def replay(self, prefix: str, since: int, until: int) -> list[Record]:
        """Records with `since < revision <= until`; raises Compacted."""


class Observer(NamedTuple):
    """A call for each committed record, made before its write is answered; it must not wait or fail."""

    prefix: str
    deliver: Callable[[Record], None]


class Hub:
    """Finds the watches of a record through a dict of prefixes: the cost does not grow with other watches."""

    def __init__(self, source: Source, *, buffer: int) -> None:
        self.revision = 0
        """Everything up to here has been told."""
        self._source = source
        self._buffer = buffer
        self._by_prefix: dict[str, set[Watch | Observer]] = {}
        self._lengths: Counter[int] = Counter()
        self._recent: deque[Record] = deque(maxlen=RECENT)
        self._sleepers: deque[Watch] = deque()
        """Who has something to read and is not woken yet."""

    def __len__(self) -> int:
        return sum(isinstance(reader, Watch) for readers in self._by_prefix.values() for reader in readers)

    def publish(self, records: Iterable[Record]) -> None:
        by_prefix = self._by_prefix
        lengths = tuple(self._lengths)
        for record in records:
            self.revision = record.revision
            self._recent.append(record)
            key = record.key
            for length in lengths:
                # A slice beyond the key's end is the whole key, which must not be looked up twice.
                if length <= len(key) and (watches := by_prefix.get(key[:length])):
                    for watch in tuple(watches):
                        watch.deliver(record)
        if self._sleepers:
            self._wake_some()

    def to_be_woken(self, watch: Watch) -> None:
        """When all records of the commit are delivered."""
        self._sleepers.append(watch)

    def _wake_some(self) -> None:
        """So many now, the others when these have had their turn: a thousand readers do not hold the loop."""
        sleepers = self._sleepers
        for _ in range(min(WOKEN_AT_ONCE, len(sleepers))):
            sleepers.popleft().wake()
        if sleepers:
            asyncio.get_running_loop().call_soon(self._wake_some)

    def watch(self, prefix: str, since: int) -> Watch:
        """Changes after `since`, which the caller has checked to be neither compacted nor in the future."""
        watch = Watch(self, self._source, prefix, since, limit=self._buffer)
        if self._recent and self._recent[0].revision <= since + 1:
            watch.prefill(r for r in self._recent if r.revision > since and r.key.startswith(prefix))
        else:
            watch.replay_until(self.revision)
        self._add(watch)
        return watch

    def observe(self, prefix: str, deliver: Callable[[Record], None]) -> None:
        """For ever: what observes lives as long as the store."""
        self._add(Observer(prefix, deliver))

    def _add(self, reader: Watch | Observer) -> None:
        self._by_prefix.setdefault(reader.prefix, set()).add(reader)
        self._lengths[len(reader.prefix)] += 1

    def remove(self, watch: Watch) -> None:
        watches = self._by_prefix.get(watch.prefix)
        if watches is None or watch not in watches:
            return
        watches.remove(watch)
        if not watches:
            del self._by_prefix[watch.prefix]
        self._lengths[len(watch.prefix)] -= 1
        if not self._lengths[len(watch.prefix)]:
            del self._lengths[len(watch.prefix)]

    def close(self) -> None:
        for watches in list(self._by_prefix.values()):
            for watch in tuple(watches):
                if isinstance(watch, Watch):
                    watch.close()


class Watch:
    """An endless stream of records for one reader, each exactly once, in revision order.

    Ends when closed (by either side). Raises Compacted when the history it starts from goes away, and
    WatcherTooSlow when more than `limit` records wait to be read; after either it is closed.
    """

    def __init__(self, hub: Hub, source: Source, prefix: str, since: int, *, limit: int) -> None:
        self.prefix = prefix
        self._hub = hub
        self._source = source
        self._limit = limit
        self._ready: deque[Record] = deque()
        self._replayed: deque[Record] = deque()
        self._replay = range(since, since)
        """Revisions still to be read from the log: after its start, up to its stop."""
        self._read = since
        self._in_a_row = 0
        self._waiting: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._closed = False
        self._asleep = False
        """Waiting, and nobody is about to wake it."""

    @property
    def progress(self) -> int:
        """Everything up to this revision has been read: fit for a bookmark."""
        if self._ready or self._replayed or self._replay:
            return self._read
        return max(self._read, self._hub.revision)

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Record:
        if self._in_a_row >= FAIRNESS:
            self._in_a_row = 0
            await asyncio.sleep(0)
        while True:
            if self._error is not None:
                raise self._error
            if self._closed:
                raise StopAsyncIteration
            if self._replayed:
                return self._take(self._replayed)
            if self._replay:
                await self._read_log()
            elif self._ready:
                return self._take(self._ready)
            else:
                await self._wait()

    def close(self) -> None:
        self._closed = True
        self._hub.remove(self)
        self._ready.clear()
        self._replayed.clear()
        self.wake()

    def prefill(self, records: Iterable[Record]) -> None:
        self._ready.extend(records)

    def replay_until(self, revision: int) -> None:
        self._replay = range(self._read, revision)

    def deliver(self, record: Record) -> None:
        if len(self._ready) >= self._limit:
            self._error = WatcherTooSlow(self._read, self._source.compacted_revision, self._limit)
            self.close()
            return
        self._ready.append(record)
        if self._asleep:
            self._asleep = False
            self._hub.to_be_woken(self)

    def _take(self, records: deque[Record]) -> Record:
        record = records.popleft()
        self._read = record.revision
        self._in_a_row += 1
        return record

    async def _read_log(self) -> None:
        since = self._replay.start
        until = min(since + REPLAY_SPAN, self._replay.stop)
        try:
            records = await self._source.replay(self.prefix, since, until)
        except StoreError as error:
            self._error = error
            self.close()
            return
        self._replay = range(until, self._replay.stop)
        self._replayed.extend(records)

    async def _wait(self) -> None:
        self._in_a_row = 0
        self._waiting = asyncio.get_running_loop().create_future()
        self._asleep = True
        try:
            await self._waiting
        finally:
            self._waiting = None
            self._asleep = False

    def wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
