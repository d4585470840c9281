"""Logs and processes through both transports, over a kubelet that only pretends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from tests.http.conftest import PODS, Served, eventually, pod
from tests.remote.odd_server import odd_server
from tests.support.fake_kubelets import FakeKubelets
from tuik8s.api.errors import ApiError, BadRequest, NotFound
from tuik8s.api.request import LogOptions, User
from tuik8s.client import Client
from tuik8s.client.remote import Unreachable

if TYPE_CHECKING:
    from tuik8s.client.remote import HttpsTransport


@pytest.fixture
def kubelets() -> FakeKubelets:
    return FakeKubelets()


@pytest.fixture(autouse=True)
async def running(served: Served) -> None:
    await served.json("POST", PODS, json=pod("a", nodeName="n"), status=201)


async def test_logs_with_their_options(client: Client, kubelets: FakeKubelets) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    wanted = LogOptions(container="main", since=since, tail_lines=5, limit_bytes=100, timestamps=True)
    assert [line async for line in client.logs("default", "a", wanted)] == [b"one\n"]
    assert kubelets.log_options == wanted


async def test_followed_logs_come_as_they_are_written(client: Client, kubelets: FakeKubelets) -> None:
    lines = client.logs("default", "a", LogOptions(follow=True))
    assert await anext(lines) == b"one\n"
    kubelets.more.set()
    assert [line async for line in lines] == [b"two\n"]


async def test_logs_that_cannot_be_had(client: Client) -> None:
    for name, options, kind in (
        ("none", LogOptions(), NotFound),
        ("a", LogOptions(previous=True), BadRequest),
        ("a", LogOptions(container="x"), BadRequest),
    ):
        with pytest.raises(kind):
            await anext(client.logs("default", name, options))


async def test_a_process_with_input_and_a_terminal(client: Client, kubelets: FakeKubelets) -> None:
    stream = await client.exec("default", "a", "main", ["cat", "a b&c"], stdin=True)
    output = stream.output()
    assert await anext(output) == (1, b"cat a b&c")
    await stream.send(b"hello")
    assert [await anext(output), await anext(output)] == [(1, b"hello"), (2, b"HELLO")]
    await stream.resize(100, 40)
    await eventually(lambda: kubelets.processes[0].size == (100, 40))
    await stream.close_stdin()
    assert [chunk async for chunk in output] == []
    assert await stream.exit_code() == 0
    await stream.close()
    await eventually(lambda: kubelets.processes[0].closed)


async def test_an_exit_code(client: Client) -> None:
    stream = await client.exec("default", "a", "", ["fail"])
    assert [chunk async for chunk in stream.output()] == [(1, b"fail")]
    assert await stream.exit_code() == 3
    await stream.close()


async def test_processes_that_cannot_be_started(client: Client) -> None:
    with pytest.raises(NotFound, match='pods "none" not found'):
        await client.exec("default", "none", "", ["ls"])
    with pytest.raises(BadRequest, match="container x is not valid for pod a"):
        await client.exec("default", "a", "x", ["ls"])


async def test_leaving_ends_the_process(kubelets: FakeKubelets, remote: HttpsTransport) -> None:
    stream = await Client(remote, User("u")).exec("default", "a", "main", ["cat"], stdin=True)
    code = asyncio.ensure_future(stream.exit_code())
    await stream.close()
    await eventually(lambda: kubelets.processes[0].closed)
    with pytest.raises(Unreachable):
        await code
    with pytest.raises(ApiError):
        await stream.send(b"x")


async def test_a_stream_that_breaks_in_the_middle_ends_output_and_exit_code() -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=("v5.channel.k8s.io",))
        await socket.prepare(request)
        await socket.send_bytes(b"\x01one")
        assert request.transport is not None
        request.transport.write(b"\x83\x00")  # a frame of a kind that there is not
        await socket.receive()
        return socket

    async with odd_server(answer) as odd:
        stream = await odd.client.exec("default", "a", "main", ["ls"])
        async with asyncio.timeout(5):
            assert [chunk async for chunk in stream.output()] == [(1, b"one")]
            with pytest.raises(Unreachable, match=r"the stream to the container broke: .*opcode"):
                await stream.exit_code()
        await stream.close()
