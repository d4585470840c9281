"""What strangers send. Never a traceback, never a stalled loop, never somebody else's objects."""

from __future__ import annotations

import asyncio
import gzip
import logging
from typing import TYPE_CHECKING

import pytest

from tests.http.conftest import CONFIG_MAPS, Served, config_map
from tuik8s.apiserver.http import Listener, bodies, fairness, listener, server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.apiserver.certificates import Pki

POST = f"POST {CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/default/../kube-system/configmaps",
        "/api/v1/namespaces/%2e%2e/configmaps",
        "/api/v1/namespaces/default/configmaps/a%2Fb",
        "/api/v1/namespaces/default%2Fconfigmaps/x",
        "/api/v1/namespaces//configmaps",
        "//api/v1/configmaps",
        "/api/v1/namespaces/default/configmaps/%00",
        "/api/v1/./configmaps",
    ],
)
async def test_tricky_paths_lead_nowhere(served: Served, path: str) -> None:
    await served.json("POST", CONFIG_MAPS, json=config_map("x"), status=201)
    answer = await served.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "request_text",
    [
        "GARBAGE\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: x\r\nX: " + "a" * 300_000 + "\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: x\r\n" + "X: y\r\n" * 20_000 + "\r\n",
        "GET /" + "a" * 200_000 + " HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /version HTTP/1.1\r\nConnection: close\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        f"{POST}Content-Length: -5\r\n\r\nhello",
        f"{POST}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        f"{POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "CONNECT kubernetes:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /api/v1/pods?limit=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /api/v1/pods?limit=" + "9" * 30 + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /api/v1/pods?continue=nonsense HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "GET /api/v1/pods?resourceVersion=-1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
async def test_what_is_no_request_is_a_bad_one(served: Served, request_text: str) -> None:
    answer = await served.raw(request_text.encode())
    assert answer.split(b" ")[1] == b"400"
    assert b"Traceback" not in answer
    assert await served.json("GET", "/version")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"[" * 50_000, "application/json"),
        (b'{"metadata":' * 20_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[]", "application/json"),
        (b'"text"', "application/json"),
        (b"null", "application/json"),
        (b'{"metadata": "text"}', "application/json"),
        (b'{"metadata": {"name": 5}}', "application/json"),
        (b"{{{{", "application/yaml"),
        (b"a: &a [x]\nb: [*a, *a]", "application/yaml"),
        (b"- " * 20_000, "application/yaml"),
        (b"!!python/object:os.system x", "application/yaml"),
        (b"no envelope", "application/vnd.kubernetes.protobuf"),
    ],
)
async def test_broken_bodies_are_bad_requests(served: Served, body: bytes, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    refused = await served.json("POST", CONFIG_MAPS, data=body, headers=headers, status=400)
    assert refused["reason"] == "BadRequest"


async def test_large_bodies_are_not_read_to_the_end(served: Served) -> None:
    size = bodies.BODY_LIMIT + 1
    announced = (
        f"POST {CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {size}\r\n\r\n"
    )
    assert (await served.raw(announced.encode())).startswith(b"HTTP/1.1 413 ")

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(size // 65536 + 1):
            yield b" " * 65536

    refused = await served.json("POST", CONFIG_MAPS, data=chunks(), status=413)
    assert refused["message"] == f"Request entity too large: limit is {bodies.BODY_LIMIT}"


async def test_compressed_bodies_are_not_unpacked(served: Served) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    refused = await served.json("POST", CONFIG_MAPS, data=bomb, headers=headers, status=400)
    assert refused["reason"] == "BadRequest"


async def test_broken_chunks_are_a_bad_request(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    head = f"POST {CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await served.raw(f"{head}ZZ\r\nxx\r\n0\r\n\r\n".encode())
    assert answer.split(b" ")[1] == b"400"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_client_that_goes_in_the_middle_of_a_body_is_no_fault_of_ours(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", served.port, ssl=served.context)
    writer.write(f"POST {CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{{".encode())
    await writer.drain()
    await served.json("GET", "/version")
    writer.transport.abort()
    await served.json("GET", "/version")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_slow_bodies_time_out(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.05)
    slow = f"POST {CONFIG_MAPS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\n{{"
    assert (await served.raw(slow.encode())).startswith(b"HTTP/1.1 504 ")


async def test_too_many_requests_at_once_are_told_to_come_back(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fairness, "QUEUED", 0)
    served.server.reading.seats = 0
    async with served.request("GET", CONFIG_MAPS) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    async with served.request("GET", "/livez") as answer:
        assert answer.status == 200


async def test_our_own_faults_are_logged_and_not_shown(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("secret detail")

    monkeypatch.setattr(server, "resource_path", broken)
    with caplog.at_level(logging.ERROR):
        answer = await served.json("GET", CONFIG_MAPS, status=500)
    assert answer["message"] == "Internal error occurred: KeyError"
    assert "secret detail" in caplog.text


async def test_a_client_that_never_shakes_hands_is_dropped(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else notices, and the connection does not stay."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"\x16\x03\x01\x00\x05hello")
    received = await asyncio.wait_for(reader.read(), listener.HANDSHAKE_SECONDS)
    assert b"HTTP" not in received
    writer.close()
    assert await served.json("GET", "/version")


async def test_bodies_are_asked_for(served: Served) -> None:
    body = b'{"metadata":{"name":"asked"}}'
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, ssl=served.context)
    head = f"{POST}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode())
    assert await asyncio.wait_for(reader.readline(), 5) == b"HTTP/1.1 100 Continue\r\n"
    await reader.readline()
    writer.write(body)
    assert await asyncio.wait_for(reader.readline(), 5) == b"HTTP/1.1 201 Created\r\n"
    writer.close()


async def test_headers_that_never_end_are_not_waited_for(
    pki: Pki, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "KEEP_ALIVE_SECONDS", 0.2)
    second = Listener(served.server, "127.0.0.1", 0)
    second.open()
    second.secure(pki)
    serving = asyncio.create_task(second.run())
    port = int(second.endpoint.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=served.context)
    writer.write(b"GET /version HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_an_answer_that_takes_too_long_is_given_up(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_request: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(served.plane.api, "send", never)
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.05)
    refused = await served.json("GET", CONFIG_MAPS, status=504)
    assert refused["reason"] == "Timeout"
    assert served.server.reading.taken == 0
