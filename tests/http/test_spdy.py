"""SPDY/3.1 as kubectl before 1.30 speaks it."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.http.conftest import PODS, Served, pod
from tests.support.fake_kubelets import FakeKubelets
from tuik8s.apiserver.http.streams import spdy

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAMS = {1: "error", 3: "stdin", 5: "stdout", 7: "stderr"}
UPGRADE = (
    "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nContent-Length: 0\r\n"
    "X-Stream-Protocol-Version: v5.channel.k8s.io\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n"
)


class Opener:
    """The client's half: its headers are one zlib stream."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=spdy.DICTIONARY)

    def open(self, stream: int, **headers: str) -> bytes:
        block = len(headers).to_bytes(4, "big")
        for pair in headers.items():
            for text in pair:
                block += len(text).to_bytes(4, "big") + text.encode()
        packed = self._deflate.compress(block) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return spdy.control(spdy.SYN_STREAM, stream.to_bytes(4, "big") + bytes(6) + packed)


@pytest.fixture
def kubelets() -> FakeKubelets:
    return FakeKubelets()


def test_the_dictionary_is_the_draft_s() -> None:
    assert (len(spdy.DICTIONARY), zlib.adler32(spdy.DICTIONARY)) == (1423, 0xE3C6A7C2)


@given(st.lists(st.integers(1, 200), max_size=20))
def test_borders_of_what_arrives_mean_nothing(sizes: list[int]) -> None:
    opener = Opener()
    sent = opener.open(1, streamtype="error") + opener.open(3, StreamType="stdin")
    sent += spdy.data_frame(3, b"hello") + spdy.ping(7) + spdy.data_frame(3, b"", fin=True)
    framer, events = spdy.Framer(), list[spdy.Event]()
    for size in (*sizes, len(sent)):
        events += framer.feed(sent[:size])
        sent = sent[size:]
    assert events == [
        spdy.Opened(1, {"streamtype": "error"}, False), spdy.Opened(3, {"streamtype": "stdin"}, False),
        spdy.Data(3, b"hello", False), spdy.Ping(7), spdy.Data(3, b"", True),
    ]  # fmt: skip


def _too_much() -> bytes:
    return Opener().open(1, streamtype="x" * (spdy.HEADER_LIMIT + 1))


@pytest.mark.parametrize("data", [b"\x80\x02" + bytes(6), b"\x80\x03\x00\x01\x00\xff\xff\xff", _too_much()])
def test_what_is_no_spdy_is_refused(data: bytes) -> None:
    with pytest.raises(spdy.ProtocolError):
        list(spdy.Framer().feed(data))


@given(st.binary(max_size=300))
def test_noise_raises_nothing_else(noise: bytes) -> None:
    framer = spdy.Framer()
    try:
        list(framer.feed(b"\x80\x03" + noise))
    except spdy.ProtocolError:
        return


def _frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(stream, data) of the data frames; stream 0 stands for a ping's echo."""
    while data:
        size = int.from_bytes(data[5:8], "big")
        payload = data[8 : 8 + size]
        if not data[0] & 0x80:
            yield int.from_bytes(data[:4], "big"), payload
        elif data[3] == spdy.PING:
            yield 0, payload
        data = data[8 + size :]


async def _session(served: Served, query: str, *frames: bytes) -> dict[int, bytes]:
    """Everything that comes back on each stream until the server closes."""
    await served.json("POST", PODS, json=pod("a", nodeName="n"), status=201)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, ssl=served.context)
    writer.write(UPGRADE.format(path=f"{PODS}/a/exec?{query}").encode())
    async with asyncio.timeout(5):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"X-Stream-Protocol-Version: v4.channel.k8s.io\r\n" in head
        for frame in frames:
            writer.write(frame)
        received = await reader.read()
    writer.close()
    await writer.wait_closed()
    found: dict[int, bytes] = {}
    for stream, data in _frames(received):
        found[stream] = found.get(stream, b"") + data
    return found


async def test_a_command_over_spdy(served: Served) -> None:
    opener = Opener()
    opened = [opener.open(stream, streamtype=name) for stream, name in STREAMS.items()]
    sent = [spdy.ping(9), spdy.data_frame(3, b"abc"), spdy.data_frame(3, b"", fin=True)]
    query = "command=fail&stdin=true&stdout=true&stderr=true"
    found: dict[int, Any] = await _session(served, query, *opened, *sent)
    assert found[5] == b"failabc"
    assert found[7] == b"ABC"
    assert found[0] == (9).to_bytes(4, "big")
    assert json.loads(found[1])["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_noise_after_the_upgrade_ends_the_connection(served: Served, kubelets: FakeKubelets) -> None:
    assert await _session(served, "command=ls&stdout=true", b"\x80\x09nonsense") == {}
    assert kubelets.processes[0].closed
    assert await served.json("GET", "/version")
