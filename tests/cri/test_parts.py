"""Small parts: image references, the pause program, the ring log, memory streams, the engine's formats."""

from __future__ import annotations

import asyncio
import platform
import signal
import struct
import tarfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from tuik8s.cri import InvalidImageName, LogQuery
from tuik8s.cri.docker.logs import demultiplex
from tuik8s.cri.docker.pause import pause_archive, pause_program
from tuik8s.cri.docker.statuses import parse_time
from tuik8s.cri.memory import connect
from tuik8s.cri.references import parse_reference
from tuik8s.cri.simulated.behaviour import HttpAnswer
from tuik8s.cri.simulated.logs import KEPT_LINES, RingLog
from tuik8s.cri.simulated.serving import ServingProtocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "familiar", "normalized"),
    [
        ("nginx", "nginx:latest", "docker.io/library/nginx:latest"),
        ("nginx:1.7.9", "nginx:1.7.9", "docker.io/library/nginx:1.7.9"),
        ("org/app", "org/app:latest", "docker.io/org/app:latest"),
        ("docker.io/library/nginx", "nginx:latest", "docker.io/library/nginx:latest"),
        ("localhost/app:1", "localhost/app:1", "localhost/app:1"),
        ("host:5000/a/b:v1", "host:5000/a/b:v1", "host:5000/a/b:v1"),
        (f"app@{DIGEST}", f"app@{DIGEST}", f"docker.io/library/app@{DIGEST}"),
        (f"r.io/app:1@{DIGEST}", f"r.io/app@{DIGEST}", f"r.io/app@{DIGEST}"),
    ],
)
def test_references(text: str, familiar: str, normalized: str) -> None:
    reference = parse_reference(text)
    assert (reference.familiar, reference.normalized) == (familiar, normalized)


@pytest.mark.parametrize("text", ["", "Nginx", "a//b", "-a", "a:", "a b", "a@sha256:12", "0" * 64])
def test_bad_references(text: str) -> None:
    with pytest.raises(InvalidImageName, match="couldn't parse image name"):
        parse_reference(text)


@pytest.mark.parametrize(("architecture", "machine"), [("amd64", 62), ("arm64", 183)])
def test_the_pause_program_is_a_static_executable(architecture: str, machine: int) -> None:
    program = pause_program(architecture)
    assert program[:7] == b"\x7fELF\x02\x01\x01"
    kind, found, _, entry = struct.unpack_from("<HHIQ", program, 16)
    assert (kind, found, entry) == (2, machine, 0x400000 + 120)
    segment = struct.unpack_from("<IIQQQQQQ", program, 64)
    assert segment == (1, 5, 0, 0x400000, 0x400000, len(program), len(program), 0x10000)
    assert program[-8:] == struct.pack("<Q", 1 << 1 | 1 << 14 | 1 << 16)
    with tarfile.open(fileobj=BytesIO(pause_archive(architecture))) as archive:
        assert [(entry.name, entry.mode, entry.size) for entry in archive] == [("pause", 0o755, len(program))]


def test_the_arm_code_is_what_an_assembler_makes() -> None:
    code = pause_program("arm64")[120:-8]
    words = struct.unpack(f"<{len(code) // 4}I", code)
    # mov x0,#0; adr x1,set; mov x2,#0; mov x3,#8; mov x8,#135; svc #0
    assert [f"{word:08x}" for word in words[:6]] == [
        "d2800000", "100003a1", "d2800002", "d2800103", "d28010e8", "d4000001",
    ]  # fmt: skip
    # cmp w0,#15; b.eq exit ... b.gt reap; b wait
    assert [f"{word:08x}" for word in words[12:14]] == ["71003c1f", "540001c0"]
    assert [f"{word:08x}" for word in words[25:27]] == ["54ffff2c", "17ffffec"]


def test_there_is_no_pause_program_for_other_machines() -> None:
    with pytest.raises(ValueError, match="riscv64"):
        pause_program("riscv64")


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no program for it")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_pause_program_ends_with_0_on_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "pause"
    path.write_bytes(pause_program(platform.machine()))
    path.chmod(0o755)
    process = await asyncio.create_subprocess_exec(path)
    status = tmp_path.joinpath("/proc", str(process.pid), "status")
    async with asyncio.timeout(10):
        while "State:\tS" not in status.read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        process.send_signal(signal.SIGCHLD)
        process.send_signal(number)
        assert await process.wait() == 0


async def test_the_ring_log_is_bounded_and_its_followers_see_what_is_left() -> None:
    log = RingLog()
    log.write(EPOCH, 1, b"half ")
    log.write(EPOCH, 2, b"error\n")
    log.write(EPOCH, 1, b"line\nrest")
    assert [(line.stream, line.text) async for line in log.read(LogQuery())] == [
        ("stderr", b"error"), ("stdout", b"half line"),
    ]  # fmt: skip
    follower = log.read(LogQuery(follow=True, tail_lines=1))
    assert (await anext(follower)).text == b"half line"
    for number in range(3 * KEPT_LINES):
        log.write(EPOCH + timedelta(seconds=number), 2, b"%d\n" % number)
    log.close(EPOCH)
    left = [line.text async for line in follower]
    assert len(left) == KEPT_LINES
    assert left[-2:] == [b"5999", b"rest"]


async def test_the_ring_log_is_bounded_in_bytes() -> None:
    log = RingLog()
    for _ in range(100):
        log.write(EPOCH, 1, b"x" * 100_000 + b"\n")
    assert sum([len(line.text) async for line in log.read(LogQuery())]) <= 1024 * 1024


async def test_memory_streams_hold_back_a_fast_writer() -> None:
    class Slow(asyncio.Protocol):
        received = 0

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport = transport
            transport.pause_reading()

        def data_received(self, data: bytes) -> None:
            self.received += len(data)

    slow = Slow()
    _, writer = connect(slow, local=("127.0.0.1", 1), peer=("10.0.0.1", 80))
    assert writer.get_extra_info("peername") == ("10.0.0.1", 80)
    writer.write(b"x" * 200_000)
    draining = asyncio.create_task(writer.drain())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (slow.received, draining.done()) == (0, False)
    slow.transport.resume_reading()
    await draining
    assert slow.received == 200_000
    writer.close()
    await writer.wait_closed()


async def test_an_aborted_connection_is_reset() -> None:
    protocol = ServingProtocol(lambda path: HttpAnswer(200, ""), closed=lambda protocol: None)
    reader, writer = connect(protocol, local=("127.0.0.1", 1), peer=("10.0.0.1", 80))
    assert protocol.transport is not None
    protocol.transport.abort()
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


async def test_frames_may_come_in_any_pieces() -> None:
    wire = b"\x01\0\0\0\0\0\0\x05hello" + b"\x02\0\0\0\0\0\0\x03err" + b"\x01\0\0\0\0\0\0\x00"

    async def pieces(size: int) -> AsyncIterator[bytes]:
        for start in range(0, len(wire), size):
            yield wire[start : start + size]

    for size in (1, 3, 8, 100):
        found = [frame async for frame in demultiplex(pieces(size))]
        assert found == [(1, b"hello"), (2, b"err"), (1, b"")]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-01T00:00:00Z", EPOCH),
        ("2026-01-01T00:00:00.000001999Z", EPOCH + timedelta(microseconds=1)),
        ("2026-01-01T00:00:00.5+00:00", EPOCH + timedelta(seconds=0.5)),
        ("0001-01-01T00:00:00Z", None),
        ("yesterday", None),
    ],
)
def test_the_engine_s_times(text: str, moment: datetime | None) -> None:
    assert parse_time(text) == moment
