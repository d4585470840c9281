"""pods/portforward: SPDY streams, bare or inside WebSocket messages, and the older WebSocket channels
(kubelet's pkg/cri/streaming/portforward)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuik8s.api.errors import BadRequest
from tuik8s.apiserver.http.access import protocols_of
from tuik8s.apiserver.http.streams import spdy, upgrades
from tuik8s.apiserver.http.streams.carriers import UpgradedConnection, WebSocketTunnel
from tuik8s.apiserver.http.streams.channels import WebSocketChannels
from tuik8s.apiserver.http.streams.spdy_session import SpdySession

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from tuik8s.api.request import User
    from tuik8s.apiserver.http.options import Query
    from tuik8s.apiserver.http.paths import ResourcePath
    from tuik8s.apiserver.http.streams.carriers import Carrier
    from tuik8s.apiserver.ports import Dial
    from tuik8s.apiserver.server import ApiServer

    Send = Callable[[bytes], Awaitable[None]]

PROTOCOL = "portforward.k8s.io"
TUNNEL = "SPDY/3.1+portforward.k8s.io"
CHANNELS = ("v4.channel.k8s.io", "v4.base64.channel.k8s.io", "")
CHUNK = 32 * 1024
INPUT_LIMIT = 64
"""Messages that wait for the pod before the client is no longer listened to."""
REQUEST_LIMIT = 1024
"""Connections of one client at a time."""


async def serve_portforward(
    request: web.BaseRequest, api: ApiServer, path: ResourcePath, query: Query, user: User
) -> web.StreamResponse:
    """Refusals come before the upgrade; what one connection runs into comes on its own error stream."""
    if upgrades.is_spdy(request):
        response = upgrades.accept_spdy(request, PROTOCOL)
        dial = await api.port_forward(user, path.namespace, path.name)
        await _serve_spdy(UpgradedConnection(request, response), dial)
        return response
    if TUNNEL in protocols_of(request):
        socket = upgrades.accept_web_socket(request, [TUNNEL])
        dial = await api.port_forward(user, path.namespace, path.name)
        await _serve_spdy(WebSocketTunnel(request, socket), dial)
        return socket
    socket = upgrades.accept_web_socket(request, CHANNELS)
    ports = _ports(query)
    dial = await api.port_forward(user, path.namespace, path.name)
    await socket.prepare(request)
    await _serve_channels(WebSocketChannels(socket), ports, dial)
    return socket


@dataclass(slots=True)
class _Forwarded:
    """One connection to a port of the pod, and what the client has sent for it: None is its end."""

    input: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(INPUT_LIMIT))
    task: asyncio.Task[None] | None = None

    async def feed(self, data: bytes | None) -> None:
        """Waits for room, unless nobody takes anything any more."""
        if self.task is None:
            await self.input.put(data)
            return
        putting = asyncio.ensure_future(self.input.put(data))
        await asyncio.wait([putting, self.task], return_when=asyncio.FIRST_COMPLETED)
        putting.cancel()

    async def run(self, dial: Dial, port: int, send: Send) -> str:
        """Copy in both directions until the pod is done; what went wrong, else nothing."""
        try:
            reader, writer = await dial(port)
        except OSError as error:
            return str(error)
        sending = asyncio.create_task(self._upload(writer))
        try:
            with suppress(ConnectionError):
                while data := await reader.read(CHUNK):
                    await send(data)
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            writer.close()
        return ""

    async def _upload(self, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while (data := await self.input.get()) is not None:
                writer.write(data)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()


# SPDY: a pair of streams for each connection ----------------------------------------------------------


@dataclass(slots=True)
class _Pair(_Forwarded):
    port: int = 0
    error: int = 0
    data: int = 0


class _SpdyForwarder:
    def __init__(self, session: SpdySession, dial: Dial) -> None:
        self._session, self._dial = session, dial
        self._pairs: dict[str, _Pair] = {}
        self._by_stream: dict[int, _Pair] = {}

    async def run(self) -> None:
        try:
            async for event in self._session.events():
                if isinstance(event, spdy.Opened):
                    await self._opened(event)
                    continue
                pair = self._by_stream.get(event.stream)
                if pair is None or event.stream == pair.error:
                    continue
                if isinstance(event, spdy.Reset):
                    if pair.task is not None:
                        pair.task.cancel()
                    continue
                if event.data:
                    await pair.feed(event.data)
                if event.fin:
                    await pair.feed(None)
        finally:
            tasks = [pair.task for pair in self._pairs.values() if pair.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _opened(self, event: spdy.Opened) -> None:
        kind, port = event.headers.get("streamtype", ""), event.headers.get("port", "")
        valid = port.isascii() and port.isdigit() and 0 < int(port) < 65536
        if kind not in ("error", "data") or not valid or len(self._pairs) >= REQUEST_LIMIT:
            await self._session.end(event.stream)
            return
        # Clients before 1.3 number no requests: the error stream comes right before the data stream.
        known = event.headers.get("requestid") or str(event.stream - 2 * (kind == "data"))
        pair = self._pairs.setdefault(known, _Pair(port=int(port)))
        setattr(pair, kind, event.stream)
        self._by_stream[event.stream] = pair
        if pair.error and pair.data and pair.task is None:
            pair.task = asyncio.create_task(self._forward(known, pair))

    async def _forward(self, request_id: str, pair: _Pair) -> None:
        async def send(data: bytes) -> None:
            await self._session.send(pair.data, data)

        try:
            problem = await pair.run(self._dial, pair.port, send)
            if problem:
                await self._session.send(pair.error, problem.encode())
            await self._session.end(pair.data)
            await self._session.end(pair.error)
        except ConnectionError:
            return
        finally:
            del self._pairs[request_id]
            for stream in (pair.error, pair.data):
                self._by_stream.pop(stream, None)


async def _serve_spdy(carrier: Carrier, dial: Dial) -> None:
    await carrier.open()
    with suppress(ConnectionError):
        await _SpdyForwarder(SpdySession(carrier), dial).run()
        await carrier.close()


# Channels: 2i carries data of the i-th port, 2i+1 its errors; the first message on each is the port -----


def _ports(query: Query) -> list[int]:
    texts = [text for value in query.get("ports", []) for text in value.split(",")]
    if not texts:
        raise BadRequest('query parameter "ports" is required')
    ports = []
    for text in texts:
        if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
            raise BadRequest(f"unable to parse {text!r} as a port")
        ports.append(int(text))
    if len(ports) > 127:
        raise BadRequest("more ports than there are channels")
    return ports


async def _serve_channels(channels: WebSocketChannels, ports: list[int], dial: Dial) -> None:
    connections = [_Forwarded() for _ in ports]
    receiving = asyncio.create_task(_distribute(channels, connections))
    try:
        for channel in range(2 * len(ports)):
            await channels.send(channel, ports[channel // 2].to_bytes(2, "little"))
        for index, connection in enumerate(connections):
            work = _forward_channel(channels, index, connection, ports[index], dial)
            connection.task = asyncio.create_task(work)
        everything = asyncio.create_task(_ended(connections))
        await asyncio.wait([receiving, everything], return_when=asyncio.FIRST_COMPLETED)
        everything.cancel()
        if not receiving.done():
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
            await channels.close()
    except ConnectionError:
        return
    finally:
        tasks = [receiving, *(one.task for one in connections if one.task is not None)]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ended(connections: list[_Forwarded]) -> None:
    await asyncio.wait([one.task for one in connections if one.task is not None])


async def _distribute(channels: WebSocketChannels, connections: list[_Forwarded]) -> None:
    async for channel, data in channels.received():
        index, is_error = divmod(channel, 2)
        if not is_error and index < len(connections):
            await connections[index].feed(data)


async def _forward_channel(
    channels: WebSocketChannels, index: int, connection: _Forwarded, port: int, dial: Dial
) -> None:
    async def send(data: bytes) -> None:
        await channels.send(2 * index, data)

    with suppress(ConnectionError):
        problem = await connection.run(dial, port, send)
        if problem:
            await channels.send(2 * index + 1, problem.encode())
