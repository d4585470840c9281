"""Whose turn it is: pods to schedule now, later, and when something changes (kube-scheduler's queue)."""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tuik8s.scheduler.pod_info import PodInfo

INITIAL_BACKOFF, MAX_BACKOFF = 1.0, 10.0
UNSCHEDULABLE_LIMIT, FLUSH_INTERVAL = 300.0, 30.0


class Place(Enum):
    """Where a pod of the queue is. GATED: its scheduling gates are closed."""

    ACTIVE = auto()
    BACKOFF = auto()
    UNSCHEDULABLE = auto()
    GATED = auto()
    IN_FLIGHT = auto()


@dataclass(slots=True, eq=False)
class QueuedPod:
    info: PodInfo
    since: float
    """When it came to the queue, in loop time: the order among equals."""
    cause: int = 0
    """Revision of what made it due."""
    place: Place = Place.IN_FLIGHT
    attempts: int = 0
    failed_at: float = 0.0
    rejectors: frozenset[str] = frozenset()
    """The plugins that stood in the way; empty when anything may help."""
    ticket: int = field(default=0)
    """Of its entry in a heap; an entry with another ticket is void."""


class QueueStatistics(NamedTuple):
    active: int
    backoff: int
    unschedulable: int
    gated: int
    in_flight: int


class SchedulingQueue:
    """Active pods leave by priority, then by age. A pod that failed waits until an event that may help, but
    at least its back-off (1 s, doubling to 10 s) and at most about five minutes.

    Not safe to use outside the event loop's thread; `pop` is for one consumer.
    """

    def __init__(self) -> None:
        self._pods: dict[str, QueuedPod] = {}
        # Events come for every pod that is bound, so they must not look at all that wait for their turn.
        self._unschedulable: dict[str, QueuedPod] = {}
        self._active: list[tuple[int, float, int, QueuedPod]] = []
        self._backoff: list[tuple[float, int, QueuedPod]] = []
        self._tickets = count(1)
        self._wakeup = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def get(self, uid: str) -> QueuedPod | None:
        return self._pods.get(uid)

    def add(self, info: PodInfo, cause: int = 0) -> None:
        """A pod that came, or changed in a way that may matter."""
        known = self._pods.get(info.uid)
        if known is None:
            known = self._pods[info.uid] = QueuedPod(info, asyncio.get_running_loop().time(), cause)
        known.info, known.cause = info, cause or known.cause
        if info.spec.get("schedulingGates"):
            self._put(known, Place.GATED)
        elif known.place is Place.UNSCHEDULABLE:
            self._wake(known)
        elif known.place is not Place.BACKOFF:
            self._activate(known)

    def refresh(self, info: PodInfo) -> None:
        """A pod changed in a way that does not matter for scheduling."""
        known = self._pods.get(info.uid)
        if known is not None:
            known.info = info

    def remove(self, uid: str) -> None:
        known = self._pods.pop(uid, None)
        if known is not None:
            known.ticket = 0
            self._unschedulable.pop(uid, None)

    async def pop(self) -> QueuedPod:
        """The next pod, which is then in flight until `remove`, `park` or `retry`."""
        while (queued := self.pop_nowait()) is None:
            self._wakeup.clear()
            await self._wakeup.wait()
        return queued

    def pop_nowait(self) -> QueuedPod | None:
        while self._active:
            _, _, ticket, queued = heapq.heappop(self._active)
            if queued.ticket == ticket:
                self._put(queued, Place.IN_FLIGHT)
                queued.attempts += 1
                return queued
        return None

    def park(self, queued: QueuedPod, rejectors: Iterable[str]) -> None:
        """No node suits now: wait for a change."""
        queued.rejectors = frozenset(rejectors)
        queued.failed_at = asyncio.get_running_loop().time()
        if queued.info.uid in self._pods:
            self._put(queued, Place.UNSCHEDULABLE)

    def retry(self, queued: QueuedPod) -> None:
        """Something went wrong that has nothing to do with the pod: try again after the back-off."""
        queued.rejectors = frozenset()
        queued.failed_at = asyncio.get_running_loop().time()
        if queued.info.uid in self._pods:
            self._wake(queued)

    def recover(self) -> list[QueuedPod]:
        """Bring back what was in flight when the scheduler stopped."""
        lost = [queued for queued in self._pods.values() if queued.place is Place.IN_FLIGHT]
        for queued in lost:
            self._activate(queued)
        return lost

    def move(self, may_help: Callable[[QueuedPod], bool], cause: int = 0) -> None:
        """An event: bring back those it may help."""
        for queued in list(self._unschedulable.values()):
            if not queued.rejectors or may_help(queued):
                queued.cause = cause or queued.cause
                self._wake(queued)

    def flush(self) -> None:
        """Bring back what has waited for five minutes, should an event have been missed."""
        limit = asyncio.get_running_loop().time() - UNSCHEDULABLE_LIMIT
        for queued in list(self._unschedulable.values()):
            if queued.failed_at < limit:
                self._wake(queued)

    async def run(self) -> None:
        """Flush every 30 seconds."""
        try:
            while True:
                await asyncio.sleep(FLUSH_INTERVAL)
                self.flush()
        finally:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def statistics(self) -> QueueStatistics:
        places = [queued.place for queued in self._pods.values()]
        return QueueStatistics(
            *(
                places.count(place)
                for place in (Place.ACTIVE, Place.BACKOFF, Place.UNSCHEDULABLE, Place.GATED, Place.IN_FLIGHT)
            )
        )

    def _wake(self, queued: QueuedPod) -> None:
        due = queued.failed_at + min(INITIAL_BACKOFF * 2 ** min(queued.attempts - 1, 10), MAX_BACKOFF)
        if due <= asyncio.get_running_loop().time():
            self._activate(queued)
            return
        self._put(queued, Place.BACKOFF)
        heapq.heappush(self._backoff, (due, queued.ticket, queued))
        self._set_timer()

    def _activate(self, queued: QueuedPod) -> None:
        self._put(queued, Place.ACTIVE)
        heapq.heappush(self._active, (-queued.info.priority, queued.since, queued.ticket, queued))
        self._wakeup.set()

    def _put(self, queued: QueuedPod, place: Place) -> None:
        queued.place, queued.ticket = place, next(self._tickets)
        if place is Place.UNSCHEDULABLE:
            self._unschedulable[queued.info.uid] = queued
        else:
            self._unschedulable.pop(queued.info.uid, None)

    def _set_timer(self) -> None:
        due = self._backoff[0][0]
        if self._timer is not None:
            if self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(due, self._backoff_over)

    def _backoff_over(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._backoff and self._backoff[0][0] <= now:
            _, ticket, queued = heapq.heappop(self._backoff)
            if queued.ticket == ticket:
                self._activate(queued)
        if self._backoff:
            self._set_timer()
