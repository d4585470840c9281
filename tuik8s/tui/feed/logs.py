"""Follows the logs of any number of containers into one buffer, across restarts of the containers."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.clock import parse_time
from tuik8s.api.errors import ApiError, NotFound
from tuik8s.client import LogOptions
from tuik8s.tui.feed.pace import Pace
from tuik8s.tui.messages import LogChanged
from tuik8s.tui.rows.log_buffer import LogBuffer, split_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.message import Message

    from tuik8s.client import Client
    from tuik8s.tui.rows.log_sources import LogSource

log = logging.getLogger(__name__)

FIRST_RETRY, LONGEST_RETRY = 1.0, 15.0
ENDED = "ended"
"""The state of a source whose stream was closed by the server."""
TAIL = 500
"""Lines of the past to begin with."""


class LogWindow(NamedTuple):
    """Which part of the logs: the previous run, since when, how many lines of the past."""

    previous: bool = False
    since: datetime | None = None
    tail: int | None = TAIL


class LogFeed:
    """Fills `buffer`; `follow` changes what with. Announces changes with `LogChanged(name)`, paced."""

    def __init__(self, client: Client, name: str, post: Callable[[Message], object], *, limit: int) -> None:
        self.name = name
        self.buffer = LogBuffer(limit)
        self.sources: tuple[LogSource, ...] = ()
        self.window = LogWindow()
        self.states: dict[LogSource, str] = {}
        """Why a source has nothing (more) to say; absent while it streams."""
        self._client = client
        self._pace = Pace(lambda: post(LogChanged(name)))
        self._tasks: list[asyncio.Task[None]] = []

    def follow(self, sources: Sequence[LogSource], window: LogWindow | None = None) -> None:
        """Show these instead; the same ones again change nothing unless the window does."""
        window = window or self.window
        if tuple(sources) == self.sources and window == self.window:
            return
        self.stop()
        self.sources, self.window = tuple(sources), window
        self.states.clear()
        self.buffer.clear()
        self._pace.touch()
        for source in sources:
            task = asyncio.create_task(self._run(source), name=f"log of {source.namespace}/{source.pod}")
            self._tasks.append(task)

    def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        self.sources = ()

    async def close(self) -> None:
        tasks = list(self._tasks)
        self.stop()
        self._pace.stop()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, source: LogSource, last: str = "") -> None:
        delay = FIRST_RETRY
        while True:
            before = last
            try:
                last = await self._stream(source, last)
                self._say(source, ENDED)
            except NotFound as error:
                self._say(source, error.message)
                return
            except ApiError as error:
                self._say(source, error.message)
            except Exception as error:  # a broken log stream must not end the others
                log.exception("log of %s/%s", source.namespace, source.pod)
                self._say(source, str(error) or type(error).__name__)
            if self.window.previous:
                return
            delay = FIRST_RETRY if last != before else min(delay * 2, LONGEST_RETRY)
            await asyncio.sleep(delay)

    async def _stream(self, source: LogSource, last: str) -> str:
        """One connection; returns the time of the last line. Lines no newer than `last` are known already."""
        options, known = self._options(source, last), last
        count = 0
        async for raw in self._client.logs(source.namespace, source.pod, options):
            time, text = split_time(raw.decode(errors="replace").rstrip("\r\n"))
            if known and time and time <= known:
                continue
            self.states.pop(source, None)
            self.buffer.append(source.label, time, text)
            last = time or last
            self._pace.touch()
            count += 1
            if count % 200 == 0:
                await asyncio.sleep(0)
        return last

    def _options(self, source: LogSource, last: str) -> LogOptions:
        window = self.window
        since = parse_time(last) if last else window.since
        return LogOptions(
            container=source.container, follow=not window.previous, previous=window.previous, timestamps=True,
            since=since, tail_lines=None if last else window.tail,
        )  # fmt: skip

    def _say(self, source: LogSource, text: str) -> None:
        if self.states.get(source) != text:
            self.states[source] = text
            self._pace.touch()
