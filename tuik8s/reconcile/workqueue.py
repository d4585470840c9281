"""Keys to work on: each at most once, each by one worker at a time (k8s.io/client-go/util/workqueue)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

K = TypeVar("K", bound=Hashable)


class QueueStatistics(NamedTuple):
    ready: int
    delayed: int
    active: int
    added: int
    retried: int


@dataclass(frozen=True, slots=True)
class Claim(Generic[K]):
    """One key in work; `cause` is the store revision that made it due, 0 when unknown."""

    key: K
    cause: int


class WorkQueue(Generic[K]):
    """Three sets: ready (in order), dirty (must be worked on), active (being worked on).

    Adding a key that waits changes nothing but its cause; adding one that is being worked on brings it back
    when that work is done. Of several delays for one key the earliest wins. Retries back off per key from
    `base_delay`, doubling to `max_delay` seconds, until `forget`. A queue outlives its workers: a key whose
    worker was stopped, and those that waited for a delay at `close`, are due again for the next worker.
    """

    def __init__(self, *, base_delay: float = 0.005, max_delay: float = 1000.0) -> None:
        self._base, self._max = base_delay, max_delay
        self._ready: deque[K] = deque()
        self._dirty: dict[K, int] = {}
        self._active: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._wakeup = asyncio.Event()
        self._added = self._retried = 0

    def add(self, key: K, cause: int = 0) -> None:
        if key in self._dirty:
            self._dirty[key] = max(cause, self._dirty[key])
            return
        self._added += 1
        self._dirty[key] = cause
        if key not in self._active:
            self._ready.append(key)
            self._wakeup.set()

    def add_after(self, key: K, delay: float, cause: int = 0) -> None:
        if delay <= 0:
            self.add(key, cause)
            return
        loop = asyncio.get_running_loop()
        when, timer = loop.time() + delay, self._timers.get(key)
        if timer is not None:
            if timer.when() <= when:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(when, self._due, key, cause)

    def retry(self, key: K, cause: int = 0) -> None:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        self._retried += 1
        self.add_after(key, min(self._base * 2 ** min(failures - 1, 40), self._max), cause)

    def forget(self, key: K) -> None:
        self._failures.pop(key, None)

    def failures(self, key: K) -> int:
        return self._failures.get(key, 0)

    @asynccontextmanager
    async def claim(self) -> AsyncIterator[Claim[K]]:
        """Wait for a key and hold it; leaving the block is done with it."""
        while not self._ready:
            self._wakeup.clear()
            await self._wakeup.wait()
        key = self._ready.popleft()
        cause = self._dirty.pop(key)
        self._active.add(key)
        try:
            yield Claim(key, cause)
        except BaseException:
            self._dirty[key] = max(cause, self._dirty.get(key, 0))
            raise
        finally:
            self._active.discard(key)
            if key in self._dirty:
                self._ready.append(key)
                self._wakeup.set()

    def close(self) -> None:
        """Stop all timers; their keys are due at once for whoever works on the queue next."""
        timers, self._timers = self._timers, {}
        for key, timer in timers.items():
            timer.cancel()
            self.add(key)

    def statistics(self) -> QueueStatistics:
        return QueueStatistics(
            len(self._ready), len(self._timers), len(self._active), self._added, self._retried
        )

    def _due(self, key: K, cause: int) -> None:
        del self._timers[key]
        self.add(key, cause)
