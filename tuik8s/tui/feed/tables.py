"""One list and watch of Tables, kept up for ever: relists when history is gone, backs off when the API is."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from tuik8s.api.errors import Expired
from tuik8s.tui.feed.pace import Pace
from tuik8s.tui.messages import FeedLost, FeedRestored, TableChanged
from tuik8s.tui.rows.model import TableModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message import Message

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import WatchEvent
    from tuik8s.client import Client
    from tuik8s.tui.rows.model import Row

log = logging.getLogger(__name__)

PAGE = 500
FIRST_RETRY, LONGEST_RETRY = 0.5, 30.0


class TableFeed:
    """Keeps `model` equal to the server's table of `kind`; `run` ends only by cancellation.

    Announces changes with `TableChanged`, at most four times a second. While the API is lost the rows stay as
    they were last known, and `lost` says why.
    """

    def __init__(self, client: Client, kind: Kind, post: Callable[[Message], object]) -> None:
        self.kind = kind
        self.model = TableModel(namespaced=kind.namespaced)
        self.synced = False
        self.lost = ""
        self._client = client
        self._post = post
        self._pace = Pace(lambda: post(TableChanged(kind)))
        self._revision = ""
        self._delay = FIRST_RETRY

    async def run(self) -> None:
        while True:
            try:
                if not self._revision:
                    await self._list()
                await self._watch()
            except Expired:
                log.info("history of %s is gone, listing again", self.kind)
                self._revision = ""
            except Exception as error:  # whatever the API does, the interface goes on and tries again
                await self._back_off(error)

    async def _list(self) -> None:
        rows: dict[str, Row] = {}
        token = ""
        while True:
            table = await self._client.list(self.kind, as_table=True, limit=PAGE, continue_token=token)
            if definitions := table.get("columnDefinitions"):
                self.model.set_columns(definitions)
            rows |= await self._read(table["rows"])
            token = table["metadata"].get("continue") or ""
            if not token:
                break
        self.model.swap(rows)
        self._revision = table["metadata"]["resourceVersion"]
        self.synced = True
        self._healthy()
        self._pace.touch()

    async def _read(self, items: list[Obj]) -> dict[str, Row]:
        """In pieces, also when the server does not page."""
        rows: dict[str, Row] = {}
        for start in range(0, len(items), PAGE):
            rows |= self.model.read(items[start : start + PAGE])
            await asyncio.sleep(0)
        return rows

    async def _watch(self) -> None:
        """Returns when the server ends the watch; what came so far needs no new list."""
        events = self._client.watch(
            self.kind, as_table=True, resource_version=self._revision, allow_bookmarks=True
        )
        async for event in events:
            self._healthy()
            self._take(event)
        await asyncio.sleep(0)

    def _take(self, event: WatchEvent) -> None:
        for item in event.object.get("rows") or ():
            meta = item["object"]["metadata"]
            self._revision = meta.get("resourceVersion") or self._revision
            if event.type == "DELETED":
                self.model.remove(meta["uid"])
            elif event.type != "BOOKMARK":
                self.model.upsert(item)
        if event.type == "BOOKMARK":
            self._revision = event.object["metadata"].get("resourceVersion") or self._revision
            return
        self._pace.touch()

    def _healthy(self) -> None:
        self._delay = FIRST_RETRY
        if self.lost:
            self.lost = ""
            self._post(FeedRestored(self.kind))

    async def _back_off(self, error: Exception) -> None:
        log.warning("feed of %s: %s", self.kind, error, exc_info=not str(error))
        self._revision = ""
        self.lost = str(error) or type(error).__name__
        self._post(FeedLost(self.kind, self.lost, self._delay))
        await asyncio.sleep(self._delay)
        self._delay = min(self._delay * 2, LONGEST_RETRY)
