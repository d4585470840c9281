"""Logs and processes, over a kubelet that only pretends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.http.conftest import PODS, Served, eventually, pod
from tests.support.fake_kubelets import FakeKubelets

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def kubelets() -> AsyncIterator[FakeKubelets]:
    found = FakeKubelets()
    yield found
    found.close()


@pytest.fixture(autouse=True)
async def running(served: Served) -> None:
    await served.json("POST", PODS, json=pod("a", nodeName="n"), status=201)


async def test_logs_are_text(served: Served, kubelets: FakeKubelets) -> None:
    query = "container=main&tailLines=5&limitBytes=100&timestamps=false&sinceTime=2026-01-01T00:00:00Z"
    async with served.request("GET", f"{PODS}/a/log?{query}") as answer:
        assert (answer.content_type, await answer.text()) == ("text/plain", "one\n")
    options = kubelets.log_options
    assert options is not None
    assert (options.tail_lines, options.limit_bytes, options.timestamps) == (5, 100, False)
    assert options.since is not None
    assert options.since.isoformat() == "2026-01-01T00:00:00+00:00"


async def test_followed_logs_come_line_by_line(served: Served, kubelets: FakeKubelets) -> None:
    async with served.request("GET", f"{PODS}/a/log?follow=true") as answer:
        assert await answer.content.readline() == b"one\n"
        kubelets.more.set()
        assert await answer.content.readline() == b"two\n"
        assert await answer.content.readline() == b""


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("previous=1", 400, "previous terminated container"),
        ("container=x", 400, "container x is not valid for pod a"),
        ("tailLines=-1", 422, "must be greater than or equal to 0"),
        ("sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z", 422, "at most one of"),
        ("sinceTime=yesterday", 400, "must be an RFC 3339 time"),
    ],
)
async def test_logs_that_cannot_be_had(served: Served, query: str, status: int, words: str) -> None:
    refused = await served.json("GET", f"{PODS}/a/log?{query}", status=status)
    assert words in refused["message"]


def _exec(served: Served, query: str, *protocols: str) -> Any:
    return served.session.ws_connect(f"{served.url}{PODS}/a/exec?{query}", protocols=protocols)


async def _messages(socket: aiohttp.ClientWebSocketResponse) -> tuple[list[tuple[int, bytes]], Any]:
    """What came on each channel until the end, and the final status."""
    found, status = [], None
    async for message in socket:
        if message.data[0] == 3:
            status = json.loads(message.data[1:])
        else:
            found.append((message.data[0], message.data[1:]))
    return found, status


async def _closed(kubelets: FakeKubelets) -> None:
    await eventually(lambda: kubelets.processes[0].closed)


async def test_a_command_s_output_and_success(served: Served, kubelets: FakeKubelets) -> None:
    query = "command=ls&command=-l&stdout=true&stderr=true"
    async with _exec(served, query, "v5.channel.k8s.io") as socket:
        assert socket.protocol == "v5.channel.k8s.io"
        found, status = await _messages(socket)
        assert socket.close_code == 1000
    assert found == [(1, b"ls -l")]
    assert status == {"metadata": {}, "status": "Success"}
    await _closed(kubelets)


async def test_the_exit_code_is_told(served: Served) -> None:
    async with _exec(served, "command=fail&stdout=1", "v4.channel.k8s.io") as socket:
        assert socket.protocol == "v4.channel.k8s.io"
        _, status = await _messages(socket)
    assert status["reason"] == "NonZeroExitCode"
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_stdin_in_bytes_and_text_until_it_is_closed(served: Served) -> None:
    async with _exec(served, "command=cat&stdin=1&stdout=1&stderr=1", "v5.channel.k8s.io") as socket:
        await socket.send_bytes(b"\x00one")
        await socket.send_str("\x00two")
        await socket.send_bytes(b"")
        await socket.send_bytes(b"\xff\x00")
        found, status = await _messages(socket)
    assert found == [(1, b"cat"), (1, b"one"), (2, b"ONE"), (1, b"two"), (2, b"TWO")]
    assert status["status"] == "Success"


async def test_nothing_is_sent_on_channels_nobody_asked_for(served: Served, kubelets: FakeKubelets) -> None:
    query = "command=sh&stdin=1&stdout=1&stderr=1&tty=1"
    async with _exec(served, query, "v5.channel.k8s.io") as socket:
        await socket.send_bytes(b'\x04{"Width":120,"Height":40}\n')
        await socket.send_bytes(b"\x04nonsense")
        await socket.send_bytes(b"\x00x")
        await socket.send_bytes(b"\xff\x00")
        found, _ = await _messages(socket)
    assert {channel for channel, _ in found} == {1}
    assert kubelets.processes[0].size == (120, 40)


async def test_a_client_that_goes_ends_the_process(served: Served, kubelets: FakeKubelets) -> None:
    async with _exec(served, "command=cat&stdin=1&stdout=1", "v5.channel.k8s.io") as socket:
        await socket.receive()
    await _closed(kubelets)


@pytest.mark.parametrize("query", ["stdout=1", "command=ls"])
async def test_half_a_question_is_refused(served: Served, query: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await _exec(served, query, "v5.channel.k8s.io")
    assert refused.value.status == 400


async def test_other_upgrades_are_refused_in_words(served: Served) -> None:
    path = f"{PODS}/a/exec?command=ls&stdout=1"
    assert (await served.json("POST", path, status=400))["message"] == "Upgrade request required"
    headers = {"Connection": "Upgrade", "Upgrade": "SPDY/3.1", "X-Stream-Protocol-Version": "v1.old"}
    answer = await served.json("POST", path, headers=headers, status=400)
    assert "server accepts [v4.channel.k8s.io]" in answer["message"]
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await _exec(served, "command=ls&stdout=1", "v9.channel.k8s.io")


async def test_attach_joins_the_container_s_own_streams(served: Served, kubelets: FakeKubelets) -> None:
    url = f"{served.url}{PODS}/a/attach?container=main&stdin=1&stdout=1"
    async with served.session.ws_connect(url, protocols=["v5.channel.k8s.io"]) as socket:
        await socket.send_bytes(b"\0hello")
        await socket.send_bytes(b"\xff\0")
        found, status = await _messages(socket)
    assert found == [(1, b"attached to main"), (1, b"hello")]
    assert status == {"metadata": {}, "status": "Success"}
    await _closed(kubelets)


@pytest.mark.parametrize("protocol", ["v4.base64.channel.k8s.io", "base64.channel.k8s.io"])
async def test_base64_channels(served: Served, protocol: str) -> None:
    async with _exec(served, "command=fail&command=x&stdin=1&stdout=1", protocol) as socket:
        assert socket.protocol == protocol
        await socket.send_str("0aGVsbG8=")
        received = [await socket.receive_str() for _ in range(2)]
        await socket.send_str("0aGVsbG8")  # no base64: the client makes no sense, and is let go
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    assert received == ["1ZmFpbCB4", "1aGVsbG8="]


async def test_the_first_protocol_tells_failures_as_text(served: Served) -> None:
    async with _exec(served, "command=fail&stdout=1") as socket:
        messages = [message.data async for message in socket]
    assert messages == [b"\1fail", b"\3command terminated with non-zero exit code: exit status 3"]


async def test_connecting_is_by_get_and_post_alone(served: Served) -> None:
    await served.json("DELETE", f"{PODS}/a/attach?stdout=1", status=405)
