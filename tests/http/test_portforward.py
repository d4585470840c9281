"""Connections to pods, in the three ways clients ask for them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.http.conftest import PODS, Served, pod
from tests.http.test_spdy import Opener
from tests.support.fake_kubelets import FakeKubelets
from tuik8s.apiserver.http.streams import spdy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REFUSED = b"connect: connection refused"


@pytest.fixture
async def kubelets() -> AsyncIterator[FakeKubelets]:
    found = FakeKubelets()
    yield found
    found.close()


@pytest.fixture(autouse=True)
async def running(served: Served) -> None:
    await served.json("POST", PODS, json=pod("a", nodeName="n"), status=201)


class Frames:
    """What a server sends: the data of each stream, which have ended, which pings came back."""

    def __init__(self) -> None:
        self._buffer = b""
        self.data: dict[int, bytes] = {}
        self.ended: set[int] = set()
        self.pings: list[int] = []

    def feed(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 8:
            size = int.from_bytes(self._buffer[5:8], "big")
            if len(self._buffer) < 8 + size:
                return
            frame, self._buffer = self._buffer[: 8 + size], self._buffer[8 + size :]
            if not frame[0] & 0x80:
                stream = int.from_bytes(frame[:4], "big")
                self.data[stream] = self.data.get(stream, b"") + frame[8:]
                if frame[4] & spdy.FIN:
                    self.ended.add(stream)
            elif frame[3] == spdy.PING:
                self.pings.append(int.from_bytes(frame[8:12], "big"))


def _pair(opener: Opener, first: int, port: int, request: str) -> bytes:
    headers = {"port": str(port), "requestid": request}
    opened = opener.open(first, streamtype="error", **headers) + spdy.data_frame(first, b"", fin=True)
    return opened + opener.open(first + 2, streamtype="data", **headers)


async def test_spdy_in_web_socket_messages_of_any_size(served: Served) -> None:
    sent = _pair(Opener(), 1, 80, "0") + spdy.ping(9) + spdy.data_frame(3, b"hello\nbye\n")
    url, frames = f"{served.url}{PODS}/a/portforward", Frames()
    async with served.session.ws_connect(url, protocols=["SPDY/3.1+portforward.k8s.io"]) as socket:
        assert socket.protocol == "SPDY/3.1+portforward.k8s.io"
        for place in range(0, len(sent), 3):
            await socket.send_bytes(sent[place : place + 3])
        await socket.send_bytes(b"")
        while frames.ended != {1, 3}:
            frames.feed(await socket.receive_bytes())
    assert (frames.data, frames.pings) == ({1: b"", 3: b"HELLO\n"}, [9])


UPGRADE = (
    f"POST {PODS}/a/portforward HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
    "X-Stream-Protocol-Version: portforward.k8s.io\r\nContent-Length: 0\r\n\r\n"
)


async def test_many_connections_over_one_upgrade(served: Served) -> None:
    opener, frames = Opener(), Frames()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, ssl=served.context)
    writer.write(UPGRADE.encode())
    async with asyncio.timeout(5):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"X-Stream-Protocol-Version: portforward.k8s.io\r\n" in head
        writer.write(_pair(opener, 1, 80, "0") + _pair(opener, 5, 80, "1") + _pair(opener, 9, 81, "2"))
        writer.write(spdy.data_frame(7, b"second\n") + spdy.data_frame(3, b"first\n", fin=True))
        while not {1, 3, 9, 11} <= frames.ended or 7 not in frames.data:
            frames.feed(await reader.read(4096))
        assert 7 not in frames.ended
        writer.write(spdy.control(spdy.RST_STREAM, (7).to_bytes(4, "big") + bytes(4)) + spdy.ping(3))
        while not frames.pings:
            frames.feed(await reader.read(4096))
    writer.close()
    await writer.wait_closed()
    assert (frames.data[3], frames.data[7], frames.data[11]) == (b"FIRST\n", b"SECOND\n", b"")
    assert frames.data[9].startswith(b"error forwarding port 81 to pod a, uid ")
    assert REFUSED in frames.data[9]


@pytest.mark.parametrize("protocols", [(), ("v5.channel.k8s.io", "v4.channel.k8s.io")])
async def test_channels_of_the_python_clients(served: Served, protocols: tuple[str, ...]) -> None:
    url = f"{served.url}{PODS}/a/portforward?ports=80&ports=81"
    async with served.session.ws_connect(url, protocols=protocols) as socket:
        first = [await socket.receive_bytes() for _ in range(4)]
        assert first == [b"\0\x50\0", b"\1\x50\0", b"\2\x51\0", b"\3\x51\0"]
        problem = await socket.receive_bytes()
        assert problem[0] == 3
        assert REFUSED in problem
        await socket.send_bytes(b"\0hello\n")
        assert await socket.receive_bytes() == b"\0HELLO\n"
        await socket.send_bytes(b"\0bye\n")
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


@pytest.mark.parametrize("query", ["", "?ports=x", "?ports=80,0", "?ports=65536"])
async def test_ports_that_are_none(served: Served, query: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await served.session.ws_connect(f"{served.url}{PODS}/a/portforward{query}")
    assert refused.value.status == 400


async def test_a_pod_without_a_node_cannot_be_reached(served: Served) -> None:
    await served.json("POST", PODS, json=pod("b"), status=201)
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "SPDY/3.1",
        "X-Stream-Protocol-Version": "portforward.k8s.io",
    }
    refused = await served.json("POST", f"{PODS}/b/portforward", headers=headers, status=400)
    assert refused["message"] == "pod b does not have a host assigned"
