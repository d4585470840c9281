"""Which kinds are served, kept current while somebody looks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.tui.feed.tables import TableFeed
from tuik8s.tui.rows.resources import API_RESOURCE, COLUMNS, table_row

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from textual.message import Message

    from tuik8s.api.kinds import Kind
    from tuik8s.client import Client

EVERY = 10.0
"""Seconds between two looks: kinds have no watch."""


class KindsFeed(TableFeed):
    """`kinds` are those known now; `refresh` asks the server and never fails."""

    def __init__(
        self, client: Client, post: Callable[[Message], object], *, kinds: Callable[[], Iterable[Kind]],
        refresh: Callable[[], Awaitable[None]],
    ) -> None:  # fmt: skip
        super().__init__(client, API_RESOURCE, post)
        self._kinds = kinds
        self._refresh = refresh
        self.model.define(COLUMNS)
        self.synced = True

    async def run(self) -> None:
        self._take_kinds()
        while True:
            await self._refresh()
            self._take_kinds()
            await asyncio.sleep(EVERY)

    def _take_kinds(self) -> None:
        self.model.take([table_row(kind) for kind in self._kinds() if "list" in kind.verbs])
        self._pace.touch()
