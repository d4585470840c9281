"""One cluster of the kubeconfig, opened: its transport, version and kinds."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from tuik8s.client.remote.discovery import discover, server_version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.kinds import KindRegistry
    from tuik8s.client.remote.request_log import SentRequest
    from tuik8s.client.remote.transport import HttpsTransport


@dataclass(frozen=True, slots=True)
class RemoteServer:
    """What is known of a server from outside."""

    context: str
    endpoint: str
    version: str
    transport: HttpsTransport
    contexts: tuple[str, ...] = ()
    """The names of all in the kubeconfig."""

    @classmethod
    async def open(
        cls, context: str, transport: HttpsTransport, contexts: tuple[str, ...] = ()
    ) -> RemoteServer:
        """Raises `ApiError`, `Unreachable` above all, when it does not answer."""
        version = await server_version(transport)
        return cls(context, transport.connection.endpoint.url, version, transport, contexts)

    @property
    def milliseconds(self) -> float:
        return self.transport.log.milliseconds

    @property
    def answered(self) -> int:
        return self.transport.log.answered

    def requests(self) -> Sequence[SentRequest]:
        return self.transport.log.latest()

    async def ping(self) -> None:
        """Ask for next to nothing, and note how long that takes. Raises `ApiError`."""
        began = perf_counter()
        await server_version(self.transport)
        self.transport.log.milliseconds = (perf_counter() - began) * 1000

    async def kinds(self) -> KindRegistry:
        return await discover(self.transport)
