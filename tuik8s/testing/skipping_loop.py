"""An event loop in which time can be skipped, and a wall clock that follows it.

Skipping is honest: time never jumps over a timer. The loop goes from each timer to the next, and does all
that follows from one before it goes to the next, so that a heartbeat of ten seconds beats thirty times in
five skipped minutes. What takes real time, takes it: while a job runs in a thread, or `busy` says that
something else is on its way, nothing is skipped.
"""

from __future__ import annotations

import asyncio
import selectors
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class SkippingLoop(asyncio.SelectorEventLoop):
    """As every other loop until `skip` is called; its `time` goes on by real seconds and by skipped ones."""

    def __init__(self, busy: Callable[[], bool] = bool) -> None:
        self._skipped = 0.0
        self._ends: list[float] = []
        """Of the skips under way: one that is given up does not end the others."""
        self._jobs = 0
        self._settling: list[asyncio.Future[None]] = []
        self.busy = busy
        super().__init__(_Selector(self._idle))

    def time(self) -> float:
        return super().time() + self._skipped

    async def skip(self, seconds: float) -> None:
        """Have `seconds` pass as fast as they can. Returns when all that follows from it has been done,
        short of what waits for a later timer."""
        end = self.time() + seconds
        self._ends.append(end)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._ends.remove(end)
        await self.settled()

    async def settled(self) -> None:
        """Until nothing is left to do before the next timer, but for what others send meanwhile."""
        waiter = self.create_future()
        self._settling.append(waiter)
        await waiter

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._jobs += 1
        future.add_done_callback(self._job_done)
        return future

    def _job_done(self, _: object) -> None:
        self._jobs -= 1

    def _idle(self, timeout: float | None) -> bool:
        """Nothing can be done for `timeout` seconds. True when that has been changed."""
        if self._jobs or self.busy():
            return False
        for waiter in self._settling:
            if not waiter.done():
                waiter.set_result(None)
        settled, self._settling = bool(self._settling), []
        ahead = max(self._ends, default=0.0) - self.time()
        if ahead > 0 and not settled:
            self._skipped += ahead if timeout is None else min(timeout, ahead)
        return settled or ahead > 0


class _Selector(selectors.DefaultSelector):
    """Asks `idle` before it waits, and does not wait if that says true."""

    def __init__(self, idle: Callable[[float | None], bool]) -> None:
        super().__init__()
        self._idle = idle

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(timeout)
        events = super().select(0)
        if events or self._idle(timeout):
            return events
        return super().select(timeout)


class LoopClock:
    """A wall clock: right when it is made, and from then on as fast as the loop's time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._zero = datetime.now(UTC) - timedelta(seconds=loop.time())

    def now(self) -> datetime:
        return self._zero + timedelta(seconds=self._loop.time())
