"""A bounded log: the last lines of one container, and whoever follows it."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Literal

from tuik8s.cri.protocol import LogLine

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from tuik8s.cri.protocol import LogQuery

KEPT_LINES = 2000
LINE_LIMIT = 16 * 1024


class RingLog:
    """Keeps 2,000 lines of at most 16 KiB. A follower that falls behind further misses the oldest."""

    __slots__ = ("_added", "_closed", "_lines", "_partial", "_waiters")

    def __init__(self) -> None:
        self._lines: deque[LogLine] = deque(maxlen=KEPT_LINES)
        self._partial: dict[int, bytes] = {}
        self._added = 0
        self._closed = False
        self._waiters: list[asyncio.Future[None]] = []

    def write(self, time: datetime, stream: int, data: bytes) -> None:
        """Take output as it comes; a line is one when its newline is there."""
        data = self._partial.pop(stream, b"") + data
        *complete, rest = data.split(b"\n")
        for text in complete:
            self._add(time, stream, text)
        if len(rest) > LINE_LIMIT:
            self._add(time, stream, rest)
        elif rest:
            self._partial[stream] = rest

    def close(self, time: datetime) -> None:
        """No more comes: an unfinished line is one now, followers end."""
        for stream, text in self._partial.items():
            self._add(time, stream, text)
        self._partial = {}
        self._closed = True
        self._wake()

    async def read(self, query: LogQuery) -> AsyncIterator[LogLine]:
        lines = [line for line in self._lines if query.since is None or line.time >= query.since]
        position = self._added
        if query.tail_lines is not None:
            lines = lines[len(lines) - min(query.tail_lines, len(lines)) :]
        for line in lines:
            yield line
        while query.follow:
            fresh = min(self._added - position, len(self._lines))
            for line in list(self._lines)[len(self._lines) - fresh :]:
                yield line
            position += max(fresh, 0) if self._added - position == fresh else self._added - position
            if position < self._added:
                continue
            if self._closed:
                return
            await self._more()

    async def _more(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def _add(self, time: datetime, stream: int, text: bytes) -> None:
        name: Literal["stdout", "stderr"] = "stderr" if stream == 2 else "stdout"
        for start in range(0, max(len(text), 1), LINE_LIMIT):
            self._lines.append(LogLine(time, name, text[start : start + LINE_LIMIT]))
            self._added += 1
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
