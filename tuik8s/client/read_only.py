"""A transport through which nothing can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.errors import Forbidden
from tuik8s.api.request import Verb

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.api.request import Request, Response, User, WatchEvent
    from tuik8s.client.transport import ExecStream, LogOptions, Transport

_READING = (Verb.GET, Verb.LIST, Verb.WATCH)


class ReadOnlyTransport:
    """Hands on what only looks, and refuses the rest before it reaches the server: writes and processes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def send(self, request: Request) -> Response:
        if request.verb not in _READING:
            raise Forbidden.on(request.kind.resource, request.name, f"{request.verb} {_WHY}")
        return await self._transport.send(request)

    def watch(self, request: Request) -> AsyncIterator[WatchEvent]:
        return self._transport.watch(request)

    def logs(self, user: User, namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        return self._transport.logs(user, namespace, pod, options)

    async def exec(
        self, user: User, namespace: str, pod: str, container: str, command: Sequence[str], *,
        tty: bool, stdin: bool,
    ) -> ExecStream:  # fmt: skip
        raise Forbidden.on("pods", pod, f"exec {_WHY}")


_WHY = "is not done, since --read-only was asked for"
