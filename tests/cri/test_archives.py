"""Contract: files in and out with `tar`, as `kubectl cp` does it."""

from __future__ import annotations

import asyncio
import io
import tarfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.cri import Mount
from tuik8s.cri.simulated.archives import _Received
from tuik8s.cri.simulated.builtins import BUILTINS
from tuik8s.cri.simulated.files import Files
from tuik8s.cri.simulated.process import Output, Pause, Process, not_found, turn_of
from tuik8s.cri.simulated.shell import argument_vector
from tuik8s.cri.simulated.terminal import Input

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cri.lab import Lab


def packed(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/"))
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


async def run(
    lab: Lab, container: str, *command: str, given: bytes = b"", end: bool = True
) -> tuple[int, bytes, bytes]:
    """Exit code, stdout and stderr."""
    session = await lab.runtime.exec(container, command, tty=False, stdin=bool(given))
    output = {1: b"", 2: b""}

    async def collect() -> None:
        async for stream, data in session.output():
            output[stream] += data

    async with asyncio.timeout(20):
        collecting = asyncio.create_task(collect())
        for place in range(0, len(given), 1000):
            await session.send(given[place : place + 1000])
        if end and given:
            await session.close_stdin()
        await collecting
        code = await session.exit_code()
    await session.close()
    return code, output[1], output[2]


async def test_files_in_and_out(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    content = bytes(range(256)) * 20
    archive = packed(one=b"first\n", sub__two=content)
    assert await run(lab, container, "busybox", "tar", "-xmf", "-", "-C", "/tmp", given=archive) == (
        0,
        b"",
        b"",
    )
    code, output, _ = await run(lab, container, "busybox", "tar", "cf", "-", "/tmp/sub", "/tmp/one")
    assert code == 0
    with tarfile.open(fileobj=io.BytesIO(output)) as found:
        names = {entry.name: found.extractfile(entry) for entry in found if entry.isfile()}
    assert {name: file.read() for name, file in names.items() if file} == {
        "tmp/one": b"first\n", "tmp/sub/two": content,
    }  # fmt: skip


async def test_an_archive_ends_before_its_input_does(simulated_lab: Lab) -> None:
    """As for GNU's tar; clients before v5.channel.k8s.io cannot end the input."""
    _, container = await simulated_lab.run("sleep", "600")
    given = packed(one=b"first\n")
    assert (await run(simulated_lab, container, "tar", "xf", "-", given=given, end=False))[0] == 0
    assert (await run(simulated_lab, container, "cat", "/one"))[1] == b"first\n"


async def test_what_is_not_there(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    code, _, problem = await run(lab, container, "busybox", "tar", "cf", "-", "/tmp/nothing")
    assert code != 0
    assert b"No such file or directory" in problem
    assert (await run(lab, container, "busybox", "tar", "-xmf", "-", "-C", "/no/where", given=packed(a=b"")))[
        0
    ] != 0


async def test_too_large_for_a_simulated_container_is_an_error(simulated_lab: Lab) -> None:
    _, container = await simulated_lab.run("sleep", "600")
    archive = packed(big=bytes(2 * 1024 * 1024))
    code, _, problem = await run(
        simulated_lab, container, "busybox", "tar", "xf", "-", "-C", "/tmp", given=archive
    )
    assert (code, problem) == (1, b"tar: big: No space left on device\n")


async def test_an_archive_stays_in_its_directory(simulated_lab: Lab) -> None:
    _, container = await simulated_lab.run("sleep", "600")
    archive = packed(**{"..__etc__passwd": b"x", "fine": b"y"})
    code, _, problem = await run(
        simulated_lab, container, "busybox", "tar", "xf", "-", "-C", "/tmp", given=archive
    )
    assert code == 1
    assert b"outside of the directory" in problem
    assert (await run(simulated_lab, container, "cat", "/tmp/fine"))[:2] == (0, b"y")


async def test_noise_is_no_archive(simulated_lab: Lab) -> None:
    _, container = await simulated_lab.run("sleep", "600")
    code, _, problem = await run(simulated_lab, container, "busybox", "tar", "xf", "-", given=b"noise" * 300)
    assert (code, problem) == (1, b"tar: invalid tar magic\n")


def header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = size, kind
    return entry.tobuf(tarfile.GNU_FORMAT)


def extended(**records: str) -> bytes:
    entry = tarfile.TarInfo("x")
    entry.pax_headers = records
    return entry.tobuf(tarfile.PAX_FORMAT)


def with_octal_size(size: bytes) -> bytes:
    block = bytearray(header("x", 0))
    block[124:136] = size.ljust(12, b"\0")
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.usefixtures("unfrozen")
@pytest.mark.parametrize(
    "archive",
    [
        header("x", -512),
        header("x", -(2**80)),
        with_octal_size(b"-1000"),
        # What a directory holds is skipped by some readers, and read by others.
        header("d", 512, tarfile.DIRTYPE) + header("x", -512),
        header("d", 512, tarfile.DIRTYPE) + header("x", 2**80),
        extended(size="-512"),
        extended(size="-1536"),
        extended(comment="1" * 10_000),
        header("x", 0, tarfile.GNUTYPE_SPARSE)[:482] + b"\1" + bytes(29),
    ],
    ids=["back", "far back", "octal", "hidden", "far ahead", "extended", "extended back", "long", "sparse"],
)
async def test_a_crafted_archive_is_refused_at_once(simulated_lab: Lab, archive: bytes) -> None:
    _, container = await simulated_lab.run("sleep", "600")
    code, _, problem = await run(simulated_lab, container, "tar", "xf", "-", given=archive + bytes(1024))
    assert (code, problem.splitlines()[-1]) == (1, b"tar: invalid tar magic")


def test_each_header_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count, read = 0, tarfile.nti  # type: ignore[attr-defined]

    def counted(field: bytes) -> Any:
        nonlocal count
        count += 1
        return read(field)

    archive, received = packed(**{str(number): b"x" for number in range(50)}), _Received()
    monkeypatch.setattr(tarfile, "nti", counted)
    for place in range(0, len(archive), 100):
        assert received.is_complete() is (place >= 50 * 1024 + 1024)
        received.data += archive[place : place + 100]
    assert count == 50


async def test_an_archive_that_grows_too_large_is_not_made(simulated_lab: Lab, tmp_path: Path) -> None:
    for number in range(17):
        with (tmp_path / str(number)).open("wb") as file:
            file.truncate(1024 * 1024)
    mounts = (Mount(host_path=str(tmp_path), container_path="/data"),)
    _, container = await simulated_lab.run("sleep", "600", mounts=mounts)
    assert await run(simulated_lab, container, "tar", "cf", "-", "/data") == (
        1, b"", b"tar: archive too large for a simulated container\n",
    )  # fmt: skip


def test_others_get_their_turn_between_members() -> None:
    def steps(files: Files, given: bytes, *command: str) -> list[Output | Pause | int]:
        source = Input()
        source.feed(given)
        source.end()
        process = Process(
            env={}, files=files, now=lambda: datetime(2026, 1, 2, tzinfo=UTC), builtins=BUILTINS,
            unknown=not_found, input=source,
        )  # fmt: skip
        return list(turn_of(process.run(argument_vector(command))))

    there, here = Files(()), Files(())
    for number in range(100):
        there.provide(f"/data/{number}", b"x")
    made = steps(there, b"", "tar", "cf", "-", "/data")
    placed = steps(here, b"".join(step.data for step in made if isinstance(step, Output)), "tar", "xf", "-")
    assert [found.count(Pause(0)) for found in (made, placed)] == [6, 6]
    assert (made[-1], placed[-1], here.list("/data")) == (0, 0, there.list("/data"))


async def test_names_that_are_no_text_go_out_as_they_came(simulated_lab: Lab) -> None:
    _, container = await simulated_lab.run("sleep", "600")
    archive = packed(**{"caf\udce9": b"x"})
    assert await run(simulated_lab, container, "tar", "tf", "-", given=archive) == (0, b"caf\xe9\n", b"")
