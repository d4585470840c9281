"""The least of an HTTP/2 server that a gRPC health probe needs, on in-memory streams."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from tuik8s.kubelet.probes import grpc

if TYPE_CHECKING:
    import asyncio


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


async def serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, states: dict[str, int], seen: list[bytes]
) -> None:
    """Answer one check: `states` by service; a service that is not there gets trailers only."""
    assert await reader.readexactly(len(grpc.PREFACE)) == grpc.PREFACE
    writer.write(frame(grpc.SETTINGS, 0, 0))
    request = b""
    while True:
        head = await reader.readexactly(9)
        payload = await reader.readexactly(int.from_bytes(head[:3], "big"))
        if head[3] == grpc.HEADERS:
            seen.append(payload)
        if head[3] == grpc.DATA:
            request += payload
            if head[4] & grpc.END_STREAM:
                break
    service = request[7:].decode()
    writer.write(frame(grpc.PING, 0, 0, b"12345678"))
    if service in states:
        message = bytes((0x08, states[service])) if states[service] else b""
        writer.write(frame(grpc.HEADERS, grpc.END_HEADERS, 1, b"\x88"))
        writer.write(frame(grpc.DATA, 0, 1, struct.pack(">BI", 0, len(message)) + message))
    writer.write(frame(grpc.HEADERS, grpc.END_HEADERS | grpc.END_STREAM, 1, b"\x88"))
    await writer.drain()
    await reader.read()
    writer.close()
