"""What probes send and read, against real sockets."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.kubelet import grpc_server
from tuik8s.kubelet import http
from tuik8s.kubelet.probes.grpc import check_health

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@asynccontextmanager
async def server(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server on loopback that serves once."""
    served = asyncio.Event()

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            served.set()

    listener = await asyncio.start_server(once, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await served.wait()
        await asyncio.sleep(0)
        listener.close()
        await listener.wait_closed()


async def get(answer: bytes, request: http.Get | None = None) -> tuple[http.Answer, bytes]:
    """The answer as it was read, and the request as it arrived."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with server(serve) as (reader, writer):
        found = await http.send(request or http.Get("/healthz", "10.0.0.1:80"), reader, writer)
    return found, heads[0]


async def test_the_request() -> None:
    headers = [("X-Token", "abc"), ("user-agent", "mine"), ("Accept", "")]
    _, head = await get(
        b"HTTP/1.1 204 No Content\r\n\r\n", http.Get("/a?b=c", "10.0.0.1:80", headers=headers)
    )
    lines = head.decode().split("\r\n")
    assert lines[0] == "GET /a?b=c HTTP/1.1"
    assert set(lines[1:-2]) == {
        "Host: 10.0.0.1:80", "X-Token: abc", "user-agent: mine", "Connection: close"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
        (b"HTTP/1.0 404 Not Found\r\n\r\nuntil the end", 404, "until the end"),
        (CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", 200, "abcde"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 503, ""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbroken off", 200, "broken off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 200, ""),
    ],
)  # fmt: skip
async def test_answers(answer: bytes, status: int, body: str) -> None:
    found, _ = await get(answer)
    assert found == http.Answer(status, body)


async def test_a_long_body_is_cut() -> None:
    found, _ = await get(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 50_000)
    assert len(found.body) == http.BODY_LIMIT


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200", b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 abc x\r\n\r\n"]
)
async def test_what_is_not_http(answer: bytes) -> None:
    with pytest.raises(http.MalformedAnswer):
        await get(answer)


async def check(states: dict[str, int], service: str) -> tuple[str, bytes]:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await grpc_server.serve(reader, writer, states, seen)

    async with server(serve) as (reader, writer):
        answer = await check_health(reader, writer, "10.0.0.1:50051", service)
    return answer, seen[0]


@pytest.mark.parametrize(
    ("state", "text"), [(0, "UNKNOWN"), (1, "SERVING"), (2, "NOT_SERVING"), (3, "SERVICE_UNKNOWN")]
)
async def test_grpc_health(state: int, text: str) -> None:
    answer, headers = await check({"": state}, "")
    assert answer == text
    assert b"/grpc.health.v1.Health/Check" in headers


async def test_grpc_health_of_a_named_service() -> None:
    assert (await check({"orders": 1}, "orders"))[0] == "SERVING"


async def test_grpc_without_the_health_service() -> None:
    assert (await check({}, "orders"))[0] == ""


async def test_grpc_on_something_else() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        async with server(serve) as (reader, writer):
            await check_health(reader, writer, "x", "")
