"""One list and watch of Tables, kept up for ever: relists when history is gone, backs off when the API is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from tuik8s.api.errors import (
    ApiError,
    Expired,
    Forbidden,
    MethodNotSupported,
    NotFound,
    ServiceUnavailable,
)
from tuik8s.tui.feed.pace import Pace
from tuik8s.tui.messages import FeedLost, FeedRestored, TableChanged
from tuik8s.tui.rows.model import TableModel, row_id

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
POLL = 10.0
"""Seconds between two lists of a kind that cannot be watched."""
SHORT_WATCH = 1.0
"""Seconds; a watch that ends sooner and brought nothing is taken for a failure."""
_REFUSALS = (Forbidden, NotFound, MethodNotSupported)
"""What says something about this kind, and nothing about the API as a whole."""


class TableFeed:
    """Keeps `model` equal to the server's table of `kind`; `run` ends only by cancellation.

    Announces changes with `TableChanged`, at most four times a second. While the API is lost the rows stay as
    they were last known, and `lost` says why. Where the server shows this kind to nobody or not to us, there
    are no rows, and `refused` says why.

    `namespaces` are those on the screen: who may not see the whole cluster sees the one that is chosen.
    """

    def __init__(
        self, client: Client, kind: Kind, post: Callable[[Message], object],
        namespaces: Callable[[], frozenset[str]] = frozenset,
    ) -> None:  # fmt: skip
        self.kind = kind
        self.model = TableModel(namespaced=kind.namespaced)
        self.synced = False
        self.lost = ""
        self.refused = ""
        self.narrowed_to = ""
        """The only namespace that is seen, when the whole cluster may not be."""
        self._namespaces = namespaces
        self._client = client
        self._post = post
        self._pace = Pace(lambda: post(TableChanged(kind)))
        self._revision = ""
        self._delay = FIRST_RETRY
        self._watchable = "watch" in kind.verbs
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """Wait no longer to try again: the API answers others, or another namespace is chosen."""
        self._hurry.set()

    def forget(self) -> None:
        """Before it is run anew: begin with a list."""
        self._revision, self._delay = "", FIRST_RETRY
        self._watchable = "watch" in self.kind.verbs

    async def run(self) -> None:
        while True:
            try:
                if not self._revision:
                    await self._list()
                await self._follow()
            except Expired:
                log.info("history of %s is gone, listing again", self.kind)
                self._revision = ""
            except Exception as error:  # whatever the API does, the interface goes on and tries again
                await self._back_off(error)

    async def _list(self) -> None:
        """Of the whole cluster; of the one namespace on the screen where more is forbidden."""
        try:
            await self._list_in("")
        except Forbidden:
            chosen = self._namespaces()
            if not self.kind.namespaced or len(chosen) != 1:
                raise
            await self._list_in(next(iter(chosen)))

    async def _list_in(self, namespace: str) -> None:
        rows: dict[str, Row] = {}
        token = ""
        while True:
            table = await self._client.list(
                self.kind, namespace, as_table=True, limit=PAGE, continue_token=token
            )
            if definitions := table.get("columnDefinitions"):
                self.model.set_columns(definitions)
            rows |= await self._read(table["rows"])
            token = table["metadata"].get("continue") or ""
            if not token:
                break
        self.model.swap(rows)
        self.narrowed_to = namespace
        self._revision = table["metadata"].get("resourceVersion") or ""
        self.synced = True
        self._answers()
        self._pace.touch()

    async def _read(self, items: list[Obj]) -> dict[str, Row]:
        """In pieces, also when the server does not page."""
        rows: dict[str, Row] = {}
        for start in range(0, len(items), PAGE):
            rows |= self.model.read(items[start : start + PAGE])
            await asyncio.sleep(0)
        return rows

    async def _follow(self) -> None:
        """Watch what can and may be watched; list the rest again after a while."""
        if self._revision and self._watchable:
            try:
                await self._watch()
            except (Forbidden, MethodNotSupported) as error:
                log.info("%s: %s", self.kind, error)
                self._watchable = False
            return
        await asyncio.sleep(POLL)
        self._revision = ""

    async def _watch(self) -> None:
        """Returns when the server ends the watch; what came so far needs no new list."""
        loop = asyncio.get_running_loop()
        began, before = loop.time(), self._revision
        events = self._client.watch(
            self.kind, self.narrowed_to, as_table=True, resource_version=self._revision, allow_bookmarks=True
        )
        async for event in events:
            self._delay = FIRST_RETRY
            self._answers()
            self._take(event)
        if loop.time() - began >= SHORT_WATCH:
            self._delay = FIRST_RETRY
        elif self._revision == before:
            raise ServiceUnavailable("the watch closed before any event came")

    def _take(self, event: WatchEvent) -> None:
        for item in event.object.get("rows") or ():
            meta = item["object"]["metadata"]
            self._revision = meta.get("resourceVersion") or self._revision
            if event.type == "DELETED":
                self.model.remove(row_id(item["object"]))
            elif event.type != "BOOKMARK":
                self.model.upsert(item)
        if event.type == "BOOKMARK":
            self._revision = event.object["metadata"].get("resourceVersion") or self._revision
            return
        self._pace.touch()

    def _answers(self) -> None:
        if self.lost or self.refused:
            self.lost = self.refused = ""
            self._post(FeedRestored(self.kind))

    async def _back_off(self, error: Exception) -> None:
        log.warning("feed of %s: %s", self.kind, error, exc_info=not str(error))
        self._revision = ""
        if isinstance(error, _REFUSALS):
            self._refuse(error)
        else:
            self.lost = str(error) or type(error).__name__
        self._post(FeedLost(self.kind, self.lost, self._delay))
        self._hurry.clear()
        await asyncio.sleep(FIRST_RETRY)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), self._delay - FIRST_RETRY)
        self._delay = min(self._delay * 2, LONGEST_RETRY)

    def _refuse(self, error: ApiError) -> None:
        """The API answers, but shows nothing of this kind: neither does the table."""
        self.lost, self.refused, self.narrowed_to = "", error.message, ""
        self.synced = True
        self.model.swap({})
        self._pace.touch()
