"""Contract: files in and out with `tar`, as `kubectl cp` does it."""

from __future__ import annotations

import asyncio
import io
import tarfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
