"""All feeds of one app: opened on demand, shared by panes, closed when nobody looks any more."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from tuik8s.tui.feed.tables import TableFeed
from tuik8s.tui.messages import FeedRestored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.message import Message

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.client import Client


HURRY_EVERY = 5.0
"""Seconds; feeds that take turns in failing must not drive one another."""


class FeedHub:
    """`post` receives the feeds' messages; `close` ends every task and waits for it. `special` makes the
    feeds of rows that the API does not serve."""

    def __init__(
        self, client: Client, post: Callable[[Message], object],
        special: Mapping[Kind, Callable[[], TableFeed]] | None = None,
    ) -> None:  # fmt: skip
        self._client = client
        self._special = special or {}
        self._post_on = post
        self._namespaces: frozenset[str] = frozenset()
        self._hurried = float("-inf")
        self._feeds: dict[Kind, TableFeed] = {}
        self._tasks: dict[Kind, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._users: Counter[Kind] = Counter()

    def open(self, kind: Kind) -> TableFeed:
        """The running feed of a kind; each `open` wants one `release`."""
        self._users[kind] += 1
        feed = self._feeds.get(kind)
        if feed is None:
            feed = self._feeds[kind] = self._make(kind)
            self._tasks[kind] = asyncio.create_task(feed.run(), name=f"feed of {kind}")
        return feed

    def _make(self, kind: Kind) -> TableFeed:
        special = self._special.get(kind)
        if special is not None:
            return special()
        return TableFeed(self._client, kind, self._post, lambda: self._namespaces)

    def release(self, kind: Kind) -> None:
        self._users[kind] -= 1
        if self._users[kind] <= 0:
            del self._users[kind]
            self._feeds.pop(kind)
            self._end(kind)

    def _end(self, kind: Kind) -> None:
        task = self._tasks.pop(kind)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        task.cancel()

    def _post(self, message: Message) -> None:
        """One feed that is live again means that the API answers: the others need not wait."""
        self._post_on(message)
        now = asyncio.get_running_loop().time()
        if isinstance(message, FeedRestored) and now - self._hurried > HURRY_EVERY:
            self._hurried = now
            for feed in self.lost:
                feed.hurry()

    def choose_namespaces(self, namespaces: frozenset[str]) -> None:
        """Those on the screen now; feeds that may not see everything look there."""
        self._namespaces = namespaces
        for feed in self._feeds.values():
            if feed.refused:
                feed.hurry()
            elif feed.narrowed_to and namespaces != {feed.narrowed_to}:
                self._restart(feed.kind)

    def _restart(self, kind: Kind) -> None:
        self._end(kind)
        feed = self._feeds[kind]
        feed.forget()
        self._tasks[kind] = asyncio.create_task(feed.run(), name=f"feed of {kind}")

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
        self._feeds.clear()
        for kind in list(self._tasks):
            self._end(kind)
        await asyncio.gather(*self._ending, return_exceptions=True)
