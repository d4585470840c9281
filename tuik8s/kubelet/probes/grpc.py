"""The one gRPC call a probe makes: `grpc.health.v1.Health/Check`.

The few HTTP/2 frames this takes are written here, since it is one request on one connection: headers go out
as HPACK literals, and of the answer only the message is read. Whoever needs more of HTTP/2 needs a library.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
ACK, END_STREAM, END_HEADERS, PADDED = 1, 1, 4, 8
FRAME_LIMIT = 1 << 14
STREAM = 1
STATES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")


async def check_health(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, authority: str, service: str
) -> str:
    """The state the server answers, or empty when it answers with an error. Takes over the connection.

    Raises OSError and IncompleteReadError for a connection that breaks.
    """
    try:
        writer.write(PREFACE + _frame(SETTINGS, 0, 0, b""))
        writer.write(_frame(HEADERS, END_HEADERS, STREAM, _headers(authority)))
        writer.write(_frame(DATA, END_STREAM, STREAM, _message(service)))
        await writer.drain()
        return _state(await _answer(reader, writer))
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The bytes of the answer's DATA frames."""
    body = b""
    while True:
        kind, flags, stream, payload = await _read_frame(reader)
        if kind == SETTINGS and not flags & ACK:
            writer.write(_frame(SETTINGS, ACK, 0, b""))
        elif kind == PING and not flags & ACK:
            writer.write(_frame(PING, ACK, 0, payload))
        elif kind == DATA and stream == STREAM:
            body += payload[1 : len(payload) - payload[0]] if flags & PADDED and payload else payload
        ended = kind in (DATA, HEADERS) and stream == STREAM and flags & END_STREAM
        if ended or kind == GOAWAY or (kind == RESET and stream == STREAM):
            return body


async def _read_frame(reader: asyncio.StreamReader) -> tuple[int, int, int, bytes]:
    head = await reader.readexactly(9)
    length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
    stream = int.from_bytes(head[5:], "big") & 0x7FFFFFFF
    if length > FRAME_LIMIT:
        raise ConnectionError(f"HTTP/2 frame of {length} bytes is larger than was agreed")
    return kind, flags, stream, await reader.readexactly(length)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _headers(authority: str) -> bytes:
    fields = (
        (":method", "POST"), (":scheme", "http"), (":path", "/grpc.health.v1.Health/Check"),
        (":authority", authority), ("content-type", "application/grpc"), ("te", "trailers"),
        ("user-agent", "kube-probe/1.37"),
    )  # fmt: skip
    return b"".join(b"\x00" + _text(name) + _text(value) for name, value in fields)


def _text(value: str) -> bytes:
    """An HPACK string without Huffman coding (RFC 7541, 5.2)."""
    data = value.encode()
    if len(data) < 127:
        return bytes((len(data),)) + data
    return b"\x7f" + _varint(len(data) - 127) + data


def _varint(number: int) -> bytes:
    out = bytearray()
    while number >= 128:
        out.append(number % 128 + 128)
        number //= 128
    out.append(number)
    return bytes(out)


def _message(service: str) -> bytes:
    """A length-prefixed HealthCheckRequest: field 1 is the service's name."""
    name = service.encode()
    body = b"\x0a" + _varint(len(name)) + name if name else b""
    return struct.pack(">BI", 0, len(body)) + body


def _state(body: bytes) -> str:
    """Of a length-prefixed HealthCheckResponse: field 1 is the state; UNKNOWN is not sent at all."""
    if len(body) < 5 or body[0] != 0:
        return ""
    message = body[5:]
    number = message[1] if len(message) >= 2 and message[0] == 0x08 else 0
    return STATES[number] if number < len(STATES) else str(number)
