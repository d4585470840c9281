"""What both recorders share: events are queued at once and written in the background, each with its cause."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from tuik8s.api.errors import ApiError
from tuik8s.client.causality import Cause, cause_of_this_task

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.clock import Clock
    from tuik8s.api.objects import Obj

log = logging.getLogger(__name__)

QUEUE_SIZE = 1000
MESSAGE_LIMIT = 1024


class EventQueue(ABC):
    """Recording never waits and never raises; `run` writes.

    While the server cannot be reached up to 1,000 events wait; `dropped` counts what did not fit or was
    refused.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._queue: asyncio.Queue[tuple[Obj, int]] = asyncio.Queue(QUEUE_SIZE)
        self._last_name = 0
        self.dropped = 0

    @abstractmethod
    async def _write(self, event: Obj) -> None:
        """Raises ApiError or OSError."""

    async def run(self) -> None:
        while True:
            event, cause = await self._queue.get()
            try:
                with Cause(cause):
                    await self._attempt(event)
            finally:
                self._queue.task_done()

    async def flush(self) -> None:
        """Wait until all that was recorded has been written or dropped."""
        await self._queue.join()

    async def _attempt(self, event: Obj) -> bool:
        """Whether it was written; what the server refuses is dropped."""
        try:
            await self._write(event)
        except (ApiError, OSError) as error:
            log.warning("event %s %s not written: %s", event["reason"], event["metadata"]["name"], error)
            self.dropped += 1
            return False
        return True

    def _put(self, event: Obj) -> None:
        try:
            self._queue.put_nowait((event, cause_of_this_task()))
        except asyncio.QueueFull:
            self.dropped += 1

    def _name(self, about: Obj, now: datetime) -> str:
        """client-go's: the object's, a dot, and the time in nanoseconds as hexadecimal.

        No two of ours are alike even if the clock stands still.
        """
        self._last_name = max(int(now.timestamp() * 1e9), self._last_name + 1)
        return f"{about.get('name', '')}.{self._last_name:x}"
