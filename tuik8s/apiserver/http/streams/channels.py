"""The channels of a process, whatever carries them.

0 stdin, 1 stdout, 2 stderr, 3 the final Status, 4 the size of the terminal.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import TYPE_CHECKING, Protocol

from aiohttp import WSMsgType, web

from tuik8s.apiserver.http.streams import spdy
from tuik8s.apiserver.http.streams.spdy_session import SpdySession

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from tuik8s.apiserver.http.streams.carriers import Carrier

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
NAMES = {"stdin": STDIN, "stdout": STDOUT, "stderr": STDERR, "error": ERROR, "resize": RESIZE}
OPEN_SECONDS = 30.0
"""How long a SPDY client may take to open its streams."""


class Channels(Protocol):
    def received(self) -> AsyncIterator[tuple[int, bytes | None]]:
        """What the client sends, until it is gone; None for the end of a channel."""

    async def send(self, channel: int, data: bytes) -> None: ...

    async def close(self) -> None: ...


class WebSocketChannels:
    """One byte that names the channel, then data. In v5.channel.k8s.io alone 255 ends the channel that the
    next byte names. The base64 protocols send text: a digit, then base64."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._base64 = "base64" in (socket.ws_protocol or "")

    async def received(self) -> AsyncIterator[tuple[int, bytes | None]]:
        async for message in self._socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            # Old Python clients send text where bytes are meant.
            data = message.data.encode() if message.type is WSMsgType.TEXT else message.data
            if not data:
                continue
            if self._base64:
                decoded = _decoded(data)
                if decoded is None:
                    return
                yield decoded
            elif data[0] != CLOSE:
                yield data[0], data[1:]
            elif data[1:]:
                yield data[1], None

    async def send(self, channel: int, data: bytes) -> None:
        if self._base64:
            await self._socket.send_str(f"{channel}{base64.b64encode(data).decode()}")
        else:
            await self._socket.send_bytes(bytes([channel]) + data)

    async def close(self) -> None:
        await self._socket.close()


class SpdyChannels:
    """v4 over SPDY/3.1: a stream for each channel, named by its header `streamtype`."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._session = SpdySession(carrier)
        self._events = self._session.events()
        self._streams: dict[int, int] = {}
        self._early: list[tuple[int, bytes | None]] = []

    async def open(self, expected: Collection[int]) -> None:
        """Answer the upgrade, then wait for the streams; TimeoutError and ConnectionError when they do not
        come."""
        await self._carrier.open()
        async with asyncio.timeout(OPEN_SECONDS):
            while not set(expected) <= set(self._streams.values()):
                event = await anext(self._events, None)
                if event is None:
                    raise ConnectionResetError("the client opened no streams")
                self._early += self._taken(event)

    async def received(self) -> AsyncIterator[tuple[int, bytes | None]]:
        for item in self._early:
            yield item
        async for event in self._events:
            for item in self._taken(event):
                yield item

    async def send(self, channel: int, data: bytes) -> None:
        for stream, name in self._streams.items():
            if name == channel:
                await self._session.send(stream, data)

    async def close(self) -> None:
        for stream in self._streams:
            await self._session.end(stream)
        await self._session.close()

    def _taken(self, event: spdy.Opened | spdy.Data | spdy.Reset) -> list[tuple[int, bytes | None]]:
        if isinstance(event, spdy.Opened):
            channel = NAMES.get(event.headers.get("streamtype", ""))
            if channel is not None and len(self._streams) < len(NAMES):
                self._streams[event.stream] = channel
            return []
        if event.stream not in self._streams:
            return []
        if isinstance(event, spdy.Reset):
            return [(self._streams.pop(event.stream), None)]
        channel = self._streams[event.stream]
        items: list[tuple[int, bytes | None]] = [(channel, event.data)] if event.data else []
        return [*items, (channel, None)] if event.fin else items


def _decoded(data: bytes) -> tuple[int, bytes] | None:
    """None for what is no digit and base64."""
    try:
        return int(data[:1]), base64.b64decode(data[1:], validate=True)
    except (ValueError, binascii.Error):
        return None
