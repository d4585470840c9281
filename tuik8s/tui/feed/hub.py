"""All feeds of one app: opened on demand, shared by panes, closed when nobody looks any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from tuik8s.tui.feed.tables import TableFeed

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.client import Client


class FeedHub:
    """`post` receives the feeds' messages; `close` ends every task and waits for it."""

    def __init__(self, client: Client, post: Callable[[Message], object]) -> None:
        self._client = client
        self._post = post
        self._feeds: dict[Kind, TableFeed] = {}
        self._tasks: dict[Kind, asyncio.Task[None]] = {}
        self._users: Counter[Kind] = Counter()

    def open(self, kind: Kind) -> TableFeed:
        """The running feed of a kind; each `open` wants one `release`."""
        self._users[kind] += 1
        feed = self._feeds.get(kind)
        if feed is None:
            feed = self._feeds[kind] = TableFeed(self._client, kind, self._post)
            self._tasks[kind] = asyncio.create_task(feed.run(), name=f"feed of {kind}")
        return feed

    def release(self, kind: Kind) -> None:
        self._users[kind] -= 1
        if self._users[kind] <= 0:
            del self._users[kind]
            self._feeds.pop(kind)
            self._tasks.pop(kind).cancel()

    def feed(self, kind: Kind) -> TableFeed | None:
        return self._feeds.get(kind)

    def objects(self, kind: Kind) -> list[Obj]:
        """What is known of a kind: nothing when no feed of it is open."""
        feed = self._feeds.get(kind)
        return [row.object for row in feed.model.rows.values()] if feed else []

    @property
    def lost(self) -> list[TableFeed]:
        """The feeds that wait for the API."""
        return [feed for feed in self._feeds.values() if feed.lost]

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        self._tasks.clear()
        self._feeds.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
