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
KEPT_BYTES = 1024 * 1024
LINE_LIMIT = 256 * 1024


class RingLog:
    """Keeps 2,000 lines and 1 MiB; lines of more than 256 KiB are cut. A follower that falls behind
    further misses the oldest."""

    __slots__ = ("_added", "_closed", "_lines", "_partial", "_size", "_waiters")

    def __init__(self) -> None:
        self._lines: deque[LogLine] = deque()
        self._size = 0
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
            if position < self._added:
                fresh = min(self._added - position, len(self._lines))
                position = self._added
                for line in list(self._lines)[len(self._lines) - fresh :]:
                    yield line
            elif self._closed:
                return
            else:
                await self._more()

    async def _more(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def _add(self, time: datetime, stream: int, text: bytes) -> None:
        name: Literal["stdout", "stderr"] = "stderr" if stream == 2 else "stdout"
        for start in range(0, max(len(text), 1), LINE_LIMIT):
            line = LogLine(time, name, text[start : start + LINE_LIMIT])
            self._lines.append(line)
            self._size += len(line.text)
            self._added += 1
        while len(self._lines) > KEPT_LINES or self._size > KEPT_BYTES:
            self._size -= len(self._lines.popleft().text)
        self._wake()

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
