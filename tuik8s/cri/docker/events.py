"""The engine's events of this cluster, for as long as the runtime lives."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Literal

from tuik8s.cri.docker import naming
from tuik8s.cri.protocol import ContainerEvent, RuntimeFault, RuntimeUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.cri.docker.statuses import Statuses
    from tuik8s.cri.docker.wire import Wire
    from tuik8s.cri.events import EventHub

log = logging.getLogger(__name__)

FIRST_BACKOFF, LONGEST_BACKOFF = 0.2, 5.0
_KINDS: dict[str, Literal["started", "died", "oom", "removed"]] = {
    "start": "started",
    "die": "died",
    "oom": "oom",
    "destroy": "removed",
}


class EventReader:
    """Reads until cancelled. After every new connection all known pods are announced: what happened meanwhile
    is found by looking."""

    def __init__(
        self, wire: Wire, statuses: Statuses, hub: EventHub, cluster: str, *, gone: Callable[[str], None]
    ) -> None:
        self._wire, self._statuses, self._hub, self._cluster = wire, statuses, hub, cluster
        self._gone = gone
        self.listening = asyncio.Event()

    async def run(self) -> None:
        backoff = FIRST_BACKOFF
        while True:
            try:
                async with await self._wire.request("GET", "/events", self._query()) as stream:
                    if self.listening.is_set():
                        await self._announce()
                    self.listening.set()
                    backoff = FIRST_BACKOFF
                    async for message in stream.lines():
                        await self._publish(message)
            except RuntimeUnavailable as error:
                log.warning("no events from the Docker engine: %s", error)
            except (RuntimeFault, ValueError, KeyError) as error:
                log.warning("the Docker engine's events cannot be read: %s", error)
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, LONGEST_BACKOFF)

    def _query(self) -> dict[str, Any]:
        filters = {
            "type": ["container"],
            "event": list(_KINDS),
            "label": [f"{naming.CLUSTER}={self._cluster}", naming.POD_UID],
        }
        return {"filters": filters}

    async def _publish(self, message: dict[str, Any]) -> None:
        attributes = message["Actor"]["Attributes"]
        kind = _KINDS.get(message["Action"])
        if kind is None:
            return
        if kind == "removed":
            self._gone(message["Actor"]["ID"])
        elif kind == "died":
            # The engine tells of the death before its own list shows it; an inspection waits until it does.
            await self._statuses.one(message["Actor"]["ID"])
        self._hub.publish(ContainerEvent(attributes[naming.NODE], attributes[naming.POD_UID], kind))

    async def _announce(self) -> None:
        for sandbox in await self._statuses.sandboxes():
            self._hub.publish(ContainerEvent(sandbox.node, sandbox.uid))
