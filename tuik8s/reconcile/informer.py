"""A read-only cache of one kind, kept by list and watch (client-go's reflector and shared informer)."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.api.errors import ApiError, Expired, ServiceUnavailable
from tuik8s.api.objects import Key, Obj, key_of, revision_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tuik8s.api.kinds import Kind
    from tuik8s.client import Client

log = logging.getLogger(__name__)

Handler = "Callable[[Obj | None, Obj | None], None]"
FIRST_RETRY, LAST_RETRY = 0.8, 30.0  # seconds, as client-go's reflector backs off
SHORT_WATCH = 1.0  # seconds; one that ends sooner and brought nothing is taken for a failure


class InformerStatistics(NamedTuple):
    kind: str
    objects: int
    revision: int
    lists: int
    events: int


class Informer:
    """Everything of one kind (or what `selection` selects), and calls for each change.

    Handlers get `(old, new)`: old is None for an addition, new is None for a deletion. They run in the
    watch's turn and must only note what to do. Objects are shared: never change them.
    """

    def __init__(self, client: Client, kind: Kind, **selection: Any) -> None:
        self.kind = kind
        self.synced = asyncio.Event()
        self.revision = 0
        self._client = client
        self._selection = selection
        self._cache: dict[Key, Obj] = {}
        self._handlers: list[Callable[[Obj | None, Obj | None], None]] = []
        self._indexers: dict[str, Callable[[Obj], Iterable[str]]] = {}
        self._indexes: dict[str, dict[str, dict[Key, Obj]]] = {}
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._lists = self._events = 0
        self.add_index("namespace", lambda obj: (obj["metadata"].get("namespace", ""),))

    def get(self, key: Key) -> Obj | None:
        return self._cache.get(key)

    def find(self, namespace: str, name: str) -> Obj | None:
        return self._cache.get(Key(namespace, name))

    def list(self, namespace: str | None = None) -> list[Obj]:
        if namespace is None:
            return list(self._cache.values())
        return list(self.by_index("namespace", namespace))

    def by_index(self, index: str, value: str) -> Iterable[Obj]:
        """Objects for which the indexer of that name yields `value`."""
        return tuple(self._indexes[index].get(value, {}).values())

    def has(self, index: str, value: str) -> bool:
        """Whether `by_index` would answer anything, without copying it."""
        return bool(self._indexes[index].get(value))

    def add_index(self, name: str, indexer: Callable[[Obj], Iterable[str]]) -> None:
        """Keep an index; adding one that exists under this name changes nothing."""
        if name in self._indexers:
            return
        self._indexers[name] = indexer
        index: dict[str, dict[Key, Obj]] = defaultdict(dict)
        self._indexes[name] = index
        for key, obj in self._cache.items():
            for value in indexer(obj):
                index[value][key] = obj

    def subscribe(self, handler: Callable[[Obj | None, Obj | None], None]) -> None:
        self._handlers.append(handler)
        for obj in list(self._cache.values()):
            handler(None, obj)

    async def reached(self, revision: int) -> None:
        """Wait until the cache has seen the write that got this revision."""
        if self.revision >= revision:
            return
        seen: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((revision, seen))
        await seen

    async def run(self) -> None:
        """List, then watch for ever; list again only when the history is gone."""
        delay = FIRST_RETRY
        listed = self.synced.is_set()
        while True:
            try:
                if not listed:
                    await self._relist()
                    listed = True
                await self._follow()
                delay = FIRST_RETRY
            except Expired:
                log.info("%s: history is gone at revision %d, listing again", self.kind, self.revision)
                listed = False
            except (ApiError, OSError) as error:
                log.warning("%s: %s; trying again in %.1f s", self.kind, error, delay)
                await asyncio.sleep(delay * random.uniform(1, 1.5))
                delay = min(delay * 2, LAST_RETRY)

    def statistics(self) -> InformerStatistics:
        return InformerStatistics(str(self.kind), len(self._cache), self.revision, self._lists, self._events)

    async def _relist(self) -> None:
        answer = await self._client.list(self.kind, **self._selection)
        self._lists += 1
        api_version, kind = self.kind.api_version, self.kind.kind
        fresh = {
            key_of(obj): obj if "kind" in obj else {"apiVersion": api_version, "kind": kind, **obj}
            for obj in answer["items"]
        }
        for key in self._cache.keys() - fresh.keys():
            self._apply(key, None)
        for key, obj in fresh.items():
            known = self._cache.get(key)
            if known is None or revision_of(known) != revision_of(obj):
                self._apply(key, obj)
        self._advance(revision_of(answer))
        self.synced.set()

    async def _follow(self) -> None:
        watch = self._client.watch(
            self.kind, resource_version=str(self.revision), allow_bookmarks=True, **self._selection
        )
        loop = asyncio.get_running_loop()
        began, before = loop.time(), self.revision
        async for event in watch:
            if event.type != "BOOKMARK":
                self._events += 1
                self._apply(
                    key_of(event.object), None if event.type == "DELETED" else event.object, event.object
                )
            self._advance(revision_of(event.object))
        if self.revision == before and loop.time() - began < SHORT_WATCH:
            raise ServiceUnavailable("the watch closed before any event came")

    def _apply(self, key: Key, new: Obj | None, last: Obj | None = None) -> None:
        old = self._cache.pop(key, None) if new is None else self._cache.get(key)
        if new is not None:
            self._cache[key] = new
        if old is None and new is None:
            return
        self._reindex(key, old, new)
        # A deletion hands over the final state, whose revision is the deletion's own.
        gone = (last or old) if new is None else old
        for handler in self._handlers:
            try:
                handler(gone, new)
            except Exception:
                # One component's mistake about one object must not blind all the others.
                log.exception("%s: %s: a handler failed", self.kind, key)

    def _reindex(self, key: Key, old: Obj | None, new: Obj | None) -> None:
        for name, indexer in self._indexers.items():
            index = self._indexes[name]
            for value in indexer(old) if old is not None else ():
                index[value].pop(key, None)
                if not index[value]:
                    del index[value]
            for value in indexer(new) if new is not None else ():
                index[value][key] = new  # type: ignore[assignment]

    def _advance(self, revision: int) -> None:
        self.revision = max(self.revision, revision)
        if not self._waiting:
            return
        for wanted, seen in self._waiting:
            if wanted <= self.revision and not seen.done():
                seen.set_result(None)
        self._waiting = [(wanted, seen) for wanted, seen in self._waiting if not seen.done()]


class Informers:
    """The shared informers of one program: one per kind, started once, under one identity."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._informers: dict[Kind, Informer] = {}

    def of(self, kind: Kind) -> Informer:
        if kind not in self._informers:
            self._informers[kind] = Informer(self._client, kind)
        return self._informers[kind]

    def __iter__(self) -> Any:
        return iter(self._informers.values())

    def get(self, kind: Kind) -> Informer | None:
        return self._informers.get(kind)

    async def run(self) -> None:
        """Keep every informer asked for so far; ask for all before."""
        async with asyncio.TaskGroup() as tasks:
            for informer in self._informers.values():
                tasks.create_task(informer.run(), name=f"informer {informer.kind}")

    async def synced(self) -> None:
        for informer in list(self._informers.values()):
            await informer.synced.wait()
