"""Whose turn it is: round robin over endpoints, with session affinity by client address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.proxy.service_table import Endpoint

CLIENTS_KEPT = 10_000


class Balancer:
    """Chooses for one service port. With a timeout above 0 a client keeps its endpoint until it has not
    come for that many seconds, or the endpoint is gone."""

    def __init__(self) -> None:
        self.endpoints: tuple[Endpoint, ...] = ()
        self._timeout = 0
        self._turn = 0
        self._clients: dict[str, tuple[Endpoint, float]] = {}

    def update(self, endpoints: tuple[Endpoint, ...], affinity_timeout: int) -> None:
        self.endpoints, self._timeout = endpoints, affinity_timeout
        if not affinity_timeout:
            self._clients.clear()

    def order(self, client: str) -> list[Endpoint]:
        """All endpoints, the one whose turn it is first; empty when there is none."""
        if not self.endpoints:
            return []
        start = self._turn % len(self.endpoints)
        self._turn = start + 1
        ordered = [*self.endpoints[start:], *self.endpoints[:start]]
        kept = self._kept(client)
        if kept is not None:
            ordered.remove(kept)
            ordered.insert(0, kept)
            self._turn = start  # nobody's turn was used up
        return ordered

    def settled(self, client: str, endpoint: Endpoint) -> None:
        """The client is being served by this endpoint."""
        if not self._timeout:
            return
        now = asyncio.get_running_loop().time()
        self._clients.pop(client, None)
        self._clients[client] = (endpoint, now + self._timeout)
        if len(self._clients) > CLIENTS_KEPT:
            del self._clients[next(iter(self._clients))]

    def _kept(self, client: str) -> Endpoint | None:
        endpoint, until = self._clients.get(client, (None, 0.0))
        if endpoint is None:
            return None
        if until <= asyncio.get_running_loop().time() or endpoint not in self.endpoints:
            del self._clients[client]
            return None
        return endpoint
