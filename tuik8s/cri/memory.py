"""Connected byte streams inside the process: a transport whose other end is another protocol."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

HIGH_WATER = 64 * 1024


class MemoryTransport(asyncio.Transport):
    """One end of a connection; what is written here is the other end's `data_received` in a later loop turn.

    A reader that pauses makes the writer pause once 64 KiB wait for it.
    """

    def __init__(self, protocol: asyncio.BaseProtocol, local: tuple[str, int], peer: tuple[str, int]) -> None:
        super().__init__({"sockname": local, "peername": peer})
        self._loop = asyncio.get_running_loop()
        self._protocol = protocol
        self._other: MemoryTransport | None = None
        self._waiting = bytearray()
        """Bytes for our own protocol, not yet delivered."""
        self._ended = False
        self._eof_received = False
        self._eof_sent = False
        self._closing = False
        self._scheduled = False
        self._reading = True
        self._writer_paused = False

    def join(self, other: MemoryTransport) -> None:
        self._other = other

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return self._reading and not self._closing

    def pause_reading(self) -> None:
        self._reading = False

    def resume_reading(self) -> None:
        self._reading = True
        self._schedule()

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        other = self._other
        if self._closing or self._eof_sent or other is None or other._closing:
            return
        other._waiting += data
        other._schedule()
        if len(other._waiting) > HIGH_WATER and not self._writer_paused:
            self._writer_paused = True
            self._protocol.pause_writing()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview[Any]]) -> None:
        self.write(b"".join(list_of_data))

    def get_write_buffer_size(self) -> int:
        return len(self._other._waiting) if self._other is not None else 0

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        if self._eof_sent or self._other is None:
            return
        self._eof_sent = True
        self._other._eof_received = True
        self._other._schedule()

    def close(self) -> None:
        """What was written is still delivered; the other end then sees the end of the stream."""
        if self._closing:
            return
        self.write_eof()
        self._closing = True
        self._loop.call_soon(self._lose, None)

    def abort(self) -> None:
        """Break the connection: the other end sees a reset."""
        other = self._other
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._lose, None)
        if other is not None and not other._closing:
            other._closing = True
            self._loop.call_soon(other._lose, ConnectionResetError("Connection reset by peer"))

    def _schedule(self) -> None:
        if not self._scheduled and self._reading and not self._closing:
            self._scheduled = True
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        self._scheduled = False
        if self._closing or not self._reading:
            return
        protocol = self._protocol
        assert isinstance(protocol, asyncio.Protocol)
        if self._waiting:
            data = bytes(self._waiting)
            self._waiting.clear()
            protocol.data_received(data)
            if self._other is not None:
                self._other._drained()
        if self._eof_received and not self._ended and not self._waiting:
            self._ended = True
            if not protocol.eof_received():
                self.close()

    def _drained(self) -> None:
        if self._writer_paused:
            self._writer_paused = False
            self._protocol.resume_writing()

    def _lose(self, error: Exception | None) -> None:
        self._drained()
        if self._other is not None:
            self._other._drained()
        self._protocol.connection_lost(error)


def connect(
    server: asyncio.Protocol, *, local: tuple[str, int], peer: tuple[str, int]
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client's streams to `server`, which is at `peer`."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    client = asyncio.StreamReaderProtocol(reader, loop=loop)
    near, far = MemoryTransport(client, local, peer), MemoryTransport(server, peer, local)
    near.join(far)
    far.join(near)
    client.connection_made(near)
    server.connection_made(far)
    return reader, asyncio.StreamWriter(near, client, reader, loop)
