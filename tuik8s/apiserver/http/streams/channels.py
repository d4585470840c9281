"""The channels of a process, whatever carries them.

0 stdin, 1 stdout, 2 stderr, 3 the final Status, 4 the size of the terminal.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from aiohttp import WSMsgType, web

from tuik8s.apiserver.http.streams import spdy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
NAMES = {"stdin": STDIN, "stdout": STDOUT, "stderr": STDERR, "error": ERROR, "resize": RESIZE}
OPEN_SECONDS = 30.0
"""How long a SPDY client may take to open its streams."""
INPUT_LIMIT = 64
"""Messages that wait for the process before the client is no longer listened to."""


class Channels(Protocol):
    def received(self) -> AsyncIterator[tuple[int, bytes | None]]:
        """What the client sends, until it is gone; None for the end of a channel."""

    async def send(self, channel: int, data: bytes) -> None: ...

    async def close(self) -> None: ...


class WebSocketChannels:
    """v5 and v4 of channel.k8s.io: one byte that names the channel, then data. In v5 alone 255 ends the
    channel that the next byte names."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def received(self) -> AsyncIterator[tuple[int, bytes | None]]:
        async for message in self._socket:
            if message.type is WSMsgType.TEXT:  # old Python clients send text where bytes are meant
                data = message.data.encode()
            elif message.type is WSMsgType.BINARY:
                data = message.data
            else:
                return
            if data and data[0] == CLOSE:
                if data[1:]:
                    yield data[1], None
            elif data:
                yield data[0], data[1:]

    async def send(self, channel: int, data: bytes) -> None:
        await self._socket.send_bytes(bytes([channel]) + data)

    async def close(self) -> None:
        await self._socket.close()


class SpdyChannels:
    """v4 over SPDY/3.1: a stream for each channel, named by its header `streamtype`."""

    def __init__(self, request: web.BaseRequest, response: web.StreamResponse) -> None:
        self._request = request
        self._response = response
        self._framer = spdy.Framer()
        self._streams: dict[int, int] = {}
        self._events: asyncio.Queue[spdy.Event | None] = asyncio.Queue()
        self._input: list[tuple[int, bytes | None]] = []
        self._paused = False

    async def open(self, expected: Collection[int]) -> None:
        """Answer the upgrade, then wait for the streams; TimeoutError and ConnectionError when they do not
        come."""
        self._request.protocol.set_parser(self)  # type: ignore[arg-type]
        await self._response.prepare(self._request)
        async with asyncio.timeout(OPEN_SECONDS):
            while not set(expected) <= set(self._streams.values()):
                event = await self._next()
                if event is None:
                    raise ConnectionResetError("the client opened no streams")
                await self._take(event)

    # What aiohttp asks of a parser.

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        try:
            for event in self._framer.feed(data):
                self._events.put_nowait(event)
        except spdy.ProtocolError:
            self._events.put_nowait(None)
            return True, b""
        transport = self._request.transport
        if self._events.qsize() > INPUT_LIMIT and transport is not None and not self._paused:
            self._paused = True
            transport.pause_reading()
        return False, b""

    def feed_eof(self) -> None:
        self._events.put_nowait(None)

    # Channels

    async def received(self) -> AsyncIterator[tuple[int, bytes | None]]:
        while True:
            while self._input:
                yield self._input.pop(0)
            event = await self._next()
            if event is None:
                return
            await self._take(event)

    async def send(self, channel: int, data: bytes) -> None:
        for stream, name in self._streams.items():
            if name == channel:
                await self._response.write(spdy.data_frame(stream, data))

    async def close(self) -> None:
        for stream in self._streams:
            await self._response.write(spdy.data_frame(stream, b"", fin=True))

    async def _next(self) -> spdy.Event | None:
        event = await self._events.get()
        transport = self._request.transport
        if self._paused and self._events.empty() and transport is not None:
            self._paused = False
            transport.resume_reading()
        return event

    async def _take(self, event: spdy.Event) -> None:
        if isinstance(event, spdy.Opened):
            channel = NAMES.get(event.headers.get("streamtype", ""))
            if channel is not None and len(self._streams) < len(NAMES):
                self._streams[event.stream] = channel
                await self._response.write(self._framer.reply(event.stream))
        elif isinstance(event, spdy.Ping):
            await self._response.write(spdy.ping(event.id))
        elif isinstance(event, spdy.Data) and event.stream in self._streams:
            channel = self._streams[event.stream]
            if event.data:
                self._input.append((channel, event.data))
            if event.fin:
                self._input.append((channel, None))
        elif isinstance(event, spdy.Reset) and event.stream in self._streams:
            self._input.append((self._streams.pop(event.stream), None))
