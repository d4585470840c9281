"""What carries the bytes of a tunnel: an upgraded connection, or the messages of a WebSocket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from aiohttp import WSMsgType, web

if TYPE_CHECKING:
    from collections.abc import Callable

WAITING_LIMIT = 256 * 1024
"""Bytes that wait to be taken before the peer is no longer listened to."""


class Carrier(Protocol):
    """Bytes in both directions; the borders between what is sent mean nothing."""

    async def open(self) -> None:
        """Answer the upgrade."""

    async def receive(self) -> bytes:
        """What came since; empty once the peer is gone."""

    async def send(self, data: bytes) -> None:
        """Raises ConnectionError when the peer is gone."""

    async def close(self) -> None: ...


class ByteFeed:
    """What an HTTP connection of aiohttp receives once it speaks another protocol: hand it to `set_parser`
    of the connection's protocol. The connection's transport is paused while too much waits."""

    def __init__(self, transport: Callable[[], asyncio.BaseTransport | None]) -> None:
        self._transport = transport
        self._waiting = bytearray()
        self._arrived = asyncio.Event()
        self._ended = self._paused = False

    async def receive(self) -> bytes:
        """What came since; empty once the peer is gone."""
        while not self._waiting and not self._ended:
            self._arrived.clear()
            await self._arrived.wait()
        data = bytes(self._waiting)
        self._waiting.clear()
        self._pause(False)
        return data

    # What aiohttp asks of a parser.

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self._waiting += data
        self._arrived.set()
        if len(self._waiting) > WAITING_LIMIT:
            self._pause(True)
        return False, b""

    def feed_eof(self) -> None:
        self._ended = True
        self._arrived.set()

    def _pause(self, wanted: bool) -> None:
        transport = self._transport()
        if wanted is not self._paused and isinstance(transport, asyncio.ReadTransport):
            self._paused = wanted
            transport.pause_reading() if wanted else transport.resume_reading()


class UpgradedConnection:
    """A server's connection after its 101; `response` says so."""

    def __init__(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        self._request, self._response = request, response
        self._feed = ByteFeed(lambda: request.transport)

    async def open(self) -> None:
        self._request.protocol.set_parser(self._feed)  # type: ignore[arg-type]
        await self._response.prepare(self._request)

    async def receive(self) -> bytes:
        return await self._feed.receive()

    async def send(self, data: bytes) -> None:
        await self._response.write(data)

    async def close(self) -> None:
        """The server closes the connection when the request has been answered."""


class WebSocketTunnel:
    """Binary messages, one after the other, as one stream of bytes."""

    def __init__(self, request: web.BaseRequest, socket: web.WebSocketResponse) -> None:
        self._request, self._socket = request, socket

    async def open(self) -> None:
        await self._socket.prepare(self._request)

    async def receive(self) -> bytes:
        async for message in self._socket:
            if message.type is not WSMsgType.BINARY:
                return b""
            if message.data:
                return bytes(message.data)
        return b""

    async def send(self, data: bytes) -> None:
        await self._socket.send_bytes(data)

    async def close(self) -> None:
        await self._socket.close()
