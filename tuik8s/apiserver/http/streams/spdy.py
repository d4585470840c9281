"""The part of SPDY/3.1 that Kubernetes' streaming uses: streams of one client, without flow control.

Frames in, frames out; no input or output. Headers of a connection are one zlib stream in each direction, with
the dictionary of the SPDY/3 draft.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SYN_STREAM, SYN_REPLY, RST_STREAM, PING, HEADERS = 1, 2, 3, 6, 8
FIN = 1
FRAME_LIMIT = 1 << 20
"""Bytes; clients send far less."""
HEADER_LIMIT = 16 * 1024
VERSION = 0x8003

_WORDS = [
    "options",
    "head",
    "post",
    "put",
    "delete",
    "trace",
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "age",
    "allow",
    "authorization",
    "cache-control",
    "connection",
    "content-base",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expect",
    "expires",
    "from",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "location",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
    "referer",
    "retry-after",
    "server",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "warning",
    "www-authenticate",
    "method",
    "get",
    "status",
]
_MORE = ("200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin")
_REST = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized"
    "403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,"
    "text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = (
    b"".join(len(word).to_bytes(4, "big") + word.encode() for word in (*_WORDS, *_MORE)) + _REST.encode()
)


class ProtocolError(ValueError):
    """The peer does not speak SPDY/3.1."""


class Opened(NamedTuple):
    stream: int
    headers: dict[str, str]
    fin: bool


class Data(NamedTuple):
    stream: int
    data: bytes
    fin: bool


class Ping(NamedTuple):
    id: int


class Reset(NamedTuple):
    stream: int


Event = Opened | Data | Ping | Reset


class Framer:
    """Both directions of one connection."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> Iterator[Event]:
        """What has arrived completely. Raises ProtocolError."""
        self._buffer += data
        while len(self._buffer) >= 8:
            length = int.from_bytes(self._buffer[5:8], "big")
            if length > FRAME_LIMIT:
                raise ProtocolError(f"a frame of {length} bytes")
            if len(self._buffer) < 8 + length:
                return
            head, payload = bytes(self._buffer[:8]), bytes(self._buffer[8 : 8 + length])
            del self._buffer[: 8 + length]
            event = self._control(head, payload) if head[0] & 0x80 else self._data(head, payload)
            if event is not None:
                yield event

    def reply(self, stream: int) -> bytes:
        """Accept a stream, with no headers."""
        block = self._deflate.compress(bytes(4)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return control(SYN_REPLY, stream.to_bytes(4, "big") + block)

    @staticmethod
    def _data(head: bytes, payload: bytes) -> Event:
        return Data(int.from_bytes(head[:4], "big"), payload, bool(head[4] & FIN))

    def _control(self, head: bytes, payload: bytes) -> Event | None:
        if int.from_bytes(head[:2], "big") != VERSION:
            raise ProtocolError("another version of SPDY")
        kind = int.from_bytes(head[2:4], "big")
        number = int.from_bytes(payload[:4], "big") & 0x7FFFFFFF
        if kind == SYN_STREAM:
            return Opened(number, self._headers(payload[10:]), bool(head[4] & FIN))
        if kind == HEADERS:
            self._headers(payload[4:])  # the next ones are compressed with what these were
        if kind == PING:
            return Ping(int.from_bytes(payload[:4], "big"))
        if kind == RST_STREAM:
            return Reset(number)
        return None  # what is left is of no consequence here

    def _headers(self, block: bytes) -> dict[str, str]:
        try:
            data = self._inflate.decompress(block, HEADER_LIMIT)
        except zlib.error as error:
            raise ProtocolError(f"headers that cannot be read: {error}") from None
        if self._inflate.unconsumed_tail:
            raise ProtocolError(f"headers of more than {HEADER_LIMIT} bytes")
        texts, place = [], 4
        for _ in range(2 * int.from_bytes(data[:4], "big")):
            size = int.from_bytes(data[place : place + 4], "big")
            if place + 4 + size > len(data):
                raise ProtocolError("headers that end too early")
            texts.append(data[place + 4 : place + 4 + size].decode("latin-1"))
            place += 4 + size
        return {name.lower(): value for name, value in zip(texts[::2], texts[1::2], strict=True)}


def control(kind: int, payload: bytes, flags: int = 0) -> bytes:
    head = VERSION.to_bytes(2, "big") + kind.to_bytes(2, "big") + bytes([flags])
    return head + len(payload).to_bytes(3, "big") + payload


def data_frame(stream: int, data: bytes, *, fin: bool = False) -> bytes:
    return stream.to_bytes(4, "big") + bytes([FIN if fin else 0]) + len(data).to_bytes(3, "big") + data


def ping(number: int) -> bytes:
    return control(PING, number.to_bytes(4, "big"))
