"""The transport of a client whose event loop is not the cluster's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.objects import copy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.api.request import Request, Response, User, WatchEvent
    from tuik8s.client import ExecStream, LogOptions, Transport
    from tuik8s.testing.loop_thread import LoopThread


class BridgeTransport:
    """Carries requests to `transport` in `thread`, whatever loop asks. Objects are copies: a test may change
    them."""

    def __init__(self, thread: LoopThread, transport: Transport) -> None:
        self._thread = thread
        self._transport = transport

    async def send(self, request: Request) -> Response:
        response = await self._thread.arun(self._transport.send(request))
        return response._replace(object=copy(response.object))

    async def watch(self, request: Request) -> AsyncIterator[WatchEvent]:
        async for event in self._thread.iterate(lambda: self._transport.watch(request)):
            yield event._replace(object=copy(event.object))

    async def logs(self, user: User, namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        async for line in self._thread.iterate(lambda: self._transport.logs(user, namespace, pod, options)):
            yield line

    async def exec(
        self, user: User, namespace: str, pod: str, container: str, command: Sequence[str], *,
        tty: bool, stdin: bool,
    ) -> ExecStream:  # fmt: skip
        stream = await self._thread.arun(
            self._transport.exec(user, namespace, pod, container, command, tty=tty, stdin=stdin)
        )
        return _BridgedExec(self._thread, stream)


class _BridgedExec:
    def __init__(self, thread: LoopThread, stream: ExecStream) -> None:
        self._thread = thread
        self._stream = stream

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        async for chunk in self._thread.iterate(self._stream.output):
            yield chunk

    async def send(self, data: bytes) -> None:
        await self._thread.arun(self._stream.send(data))

    async def close_stdin(self) -> None:
        await self._thread.arun(self._stream.close_stdin())

    async def resize(self, width: int, height: int) -> None:
        await self._thread.arun(self._stream.resize(width, height))

    async def exit_code(self) -> int:
        return await self._thread.arun(self._stream.exit_code())

    async def close(self) -> None:
        await self._thread.arun(self._stream.close())
