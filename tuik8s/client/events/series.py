"""Write events.k8s.io/v1 Events about objects, as series where they repeat (k8s.io/client-go/tools/events).

The second event that is like one of the last six minutes in everything but its note begins a series on that
one. Further ones are only counted here; the server is told every half hour, and when none has come for six
minutes.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from tuik8s.api import kinds
from tuik8s.api.clock import Clock, micro_timestamp
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Obj, reference_to
from tuik8s.client.events.queue import MESSAGE_LIMIT, EventQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from tuik8s.client.client import Client

log = logging.getLogger(__name__)

FINISH_AFTER = timedelta(minutes=6)
REFRESH_EVERY = timedelta(minutes=30)
_TRUNCATED = " ..."


@dataclass
class _Series:
    """The event that was written, and how often one like it has been seen."""

    event: Obj
    count: int
    last: datetime

    def current(self) -> Obj:
        """The event with its series, if it is one."""
        if self.count < 2:
            return self.event
        return {
            **self.event,
            "series": {"count": self.count, "lastObservedTime": micro_timestamp(self.last)},
        }


class SeriesRecorder(EventQueue):
    """Queue events now, write them in `run`; recording never waits and never raises."""

    def __init__(self, client: Client, controller: str, *, clock: Clock, host: str) -> None:
        super().__init__(clock)
        self._client = client
        self._reporter = {
            "reportingController": controller,
            "reportingInstance": f"{controller}-{host}"[:128],
        }
        self._series: dict[tuple[object, ...], _Series] = {}

    def event(
        self,
        about: Obj,
        kind: Literal["Normal", "Warning"],
        reason: str,
        note: str,
        *,
        action: str,
        related: Obj | None = None,
    ) -> None:
        """`about` is what it happened to, `action` what the component did or tried, `related` for whom."""
        now = self._clock.now()
        regarding = reference_to(about)
        event: Obj = {
            "apiVersion": kinds.EVENTS_EVENT.api_version,
            "kind": "Event",
            "metadata": {
                "name": self._name(regarding, now),
                "namespace": regarding.get("namespace") or "default",
            },
            **self._reporter,
            "eventTime": micro_timestamp(now),
            "action": action,
            "reason": reason,
            "regarding": regarding,
            "note": note
            if len(note) <= MESSAGE_LIMIT
            else note[: MESSAGE_LIMIT - len(_TRUNCATED)] + _TRUNCATED,
            "type": kind,
        }
        if related is not None:
            event["related"] = reference_to(related)
        self._observe(event, now)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().run())
            tasks.create_task(self._every(FINISH_AFTER, self._finish))
            tasks.create_task(self._every(REFRESH_EVERY, self._refresh))

    def _observe(self, event: Obj, now: datetime) -> None:
        identity = _identity(event)
        series = self._series.get(identity)
        if series is None:
            series = self._series[identity] = _Series(event, 1, now)
        else:
            series.count += 1
            series.last = now
        if series.count <= 2:
            self._put(series.current())

    async def _write(self, event: Obj) -> None:
        if "series" in event:
            meta = event["metadata"]
            try:
                await self._client.patch(
                    kinds.EVENTS_EVENT, meta["namespace"], meta["name"], {"series": event["series"]}
                )
            except NotFound:
                log.debug("event %s has expired, writing it anew", meta["name"])
            else:
                return
        await self._client.create(kinds.EVENTS_EVENT, event)

    async def _every(self, interval: timedelta, what: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(interval.total_seconds())
            await what()

    async def _finish(self) -> None:
        """Write what a series came to, and forget what has not been seen for a while."""
        oldest = self._clock.now() - FINISH_AFTER
        for identity, series in list(self._series.items()):
            if series.last < oldest:
                del self._series[identity]
                if series.count > 2:
                    await self._attempt(series.current())

    async def _refresh(self) -> None:
        """Tell the server of long series, lest their events expire."""
        for series in [series for series in self._series.values() if series.count > 1]:
            await self._attempt(series.current())


def _identity(event: Obj) -> tuple[object, ...]:
    """What makes two events isomorphic: all but the note and the time."""
    references = (event["regarding"], event.get("related") or {})
    return (event["type"], event["action"], event["reason"],
            *(tuple(sorted(reference.items())) for reference in references))  # fmt: skip
