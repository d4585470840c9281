"""A SPDY/3.1 connection with a client: streams are accepted, pings answered, frames sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.apiserver.http.streams import spdy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.apiserver.http.streams.carriers import Carrier

CHUNK = 32 * 1024


class SpdySession:
    """Over an open carrier. There is no flow control but the carrier's own: whoever takes no events makes
    the client wait."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._framer = spdy.Framer()

    async def events(self) -> AsyncIterator[spdy.Opened | spdy.Data | spdy.Reset]:
        """What the client does with its streams, until it is gone or speaks no SPDY."""
        while data := await self._carrier.receive():
            try:
                for event in self._framer.feed(data):
                    if isinstance(event, spdy.Ping):
                        await self._carrier.send(spdy.ping(event.id))
                        continue
                    if isinstance(event, spdy.Opened):
                        await self._carrier.send(self._framer.reply(event.stream))
                    yield event
            except spdy.ProtocolError:
                return

    async def send(self, stream: int, data: bytes) -> None:
        for start in range(0, len(data), CHUNK):
            await self._carrier.send(spdy.data_frame(stream, data[start : start + CHUNK]))

    async def end(self, stream: int) -> None:
        """No more data of ours on this stream."""
        await self._carrier.send(spdy.data_frame(stream, b"", fin=True))

    async def close(self) -> None:
        await self._carrier.close()
