"""Events are forgotten an hour after they last happened (kube-apiserver's `--event-ttl`)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.clock import parse_time
from tuik8s.api.objects import revision_of
from tuik8s.storage.errors import KeyMissing, RevisionMismatch

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock
    from tuik8s.api.objects import Obj
    from tuik8s.storage import Store

DEFAULT_TTL = timedelta(hours=1)
LOOK_EVERY = 60.0
PAGE = 500
_TIMES = ("lastTimestamp", "eventTime", "firstTimestamp")


class EventExpiry:
    """Deletes expired events, a page at a time, so that no other request waits for long."""

    def __init__(self, store: Store, *, clock: Clock, ttl: timedelta = DEFAULT_TTL) -> None:
        self._store = store
        self._clock = clock
        self._ttl = ttl

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.expire()

    async def expire(self) -> int:
        """One look at all events; returns how many went."""
        expired, after = 0, ""
        oldest = self._clock.now() - self._ttl
        while True:
            page = self._store.list(kinds.EVENT.prefix, after=after, limit=PAGE)
            for event in page.items:
                meta = event["metadata"]
                after = kinds.EVENT.storage_key(meta["namespace"], meta["name"])
                if _last_seen(event) < oldest:
                    expired += await self._delete(after, event)
            if not page.remaining:
                return expired
            await asyncio.sleep(0)

    async def _delete(self, key: str, event: Obj) -> bool:
        try:
            await self._store.delete(key, expected=revision_of(event), author="kube-apiserver")
        except (KeyMissing, RevisionMismatch):
            return False  # it happened again, or went, while we looked
        return True


def _last_seen(event: Obj) -> datetime:
    series = (event.get("series") or {}).get("lastObservedTime")
    texts = [series, *(event.get(field) for field in _TIMES), event["metadata"].get("creationTimestamp")]
    return max((parse_time(text) for text in texts if text), default=datetime.min.replace(tzinfo=UTC))
