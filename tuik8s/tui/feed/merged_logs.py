"""The logs of several containers as one: the past in order of time, then everything as it comes."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING

from tuik8s.api.errors import ApiError
from tuik8s.tui.feed.logs import LogFeed, LogWindow
from tuik8s.tui.rows.log_buffer import split_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.message import Message

    from tuik8s.client import Client, LogOptions
    from tuik8s.tui.rows.log_sources import LogSource

log = logging.getLogger(__name__)

BREATH = 500
"""Lines merged before the loop gets a turn."""


class MergedLogFeed(LogFeed):
    """`show` begins anew; `update` takes in containers that have come, and keeps the lines of those gone."""

    def __init__(self, client: Client, name: str, post: Callable[[Message], object], *, limit: int) -> None:
        super().__init__(client, name, post, limit=limit)
        self._running: dict[LogSource, asyncio.Task[None]] = {}

    def show(self, sources: Sequence[LogSource], window: LogWindow) -> None:
        self.stop()
        self.sources, self.window = tuple(sources), window
        self._running.clear()
        self.states.clear()
        self.buffer.clear()
        self._pace.touch()
        if len(sources) > 1:
            self._tasks.append(asyncio.create_task(self._begin(), name=f"{self.name}: the past"))
        else:
            self._follow_all({})

    def update(self, sources: Sequence[LogSource]) -> None:
        """The containers there are now. One that was gone and is back is followed again."""
        self.sources = tuple(sources)
        if not self.window.previous and self._running:
            self._follow_all({})

    def _follow_all(self, last: dict[LogSource, str]) -> None:
        for source in self.sources:
            task = self._running.get(source)
            if task is None or task.done():
                task = asyncio.create_task(
                    self._run(source, last.get(source, "")), name=f"log of {source.namespace}/{source.pod}"
                )
                self._running[source] = task
                self._tasks.append(task)

    async def _begin(self) -> None:
        """What all of them have said so far, in order; then follow each from where that ended."""
        sources = self.sources
        pasts = await asyncio.gather(*(self._past(source) for source in sources))
        last = {source: past[-1][0] for source, past in zip(sources, pasts, strict=True) if past}
        for count, (time, label, text) in enumerate(merge(*pasts, key=itemgetter(0)), 1):
            self.buffer.append(label, time, text)
            if count % BREATH == 0:
                await asyncio.sleep(0)
        self._pace.touch()
        if not self.window.previous:
            self._follow_all(last)

    async def _past(self, source: LogSource) -> list[tuple[str, str, str]]:
        lines: list[tuple[str, str, str]] = []
        try:
            async for raw in self._client.logs(source.namespace, source.pod, self._past_options(source)):
                time, text = split_time(raw.decode(errors="replace").rstrip("\r\n"))
                lines.append((time or (lines[-1][0] if lines else ""), source.label, text))
                if len(lines) % BREATH == 0:
                    await asyncio.sleep(0)
        except ApiError as error:
            self._say(source, error.message)
        except Exception as error:  # one broken stream must not keep the others from being shown
            log.exception("log of %s/%s", source.namespace, source.pod)
            self._say(source, str(error) or type(error).__name__)
        return lines

    def _past_options(self, source: LogSource) -> LogOptions:
        return replace(self._options(source, ""), follow=False)
