"""Contract: logs, exec, connections and mounts, on both runtimes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tuik8s.cri import LogQuery, Mount, PortMapping, RuntimeFault

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cri.lab import Lab


async def test_logs_keep_streams_apart_and_lines_whole(lab: Lab) -> None:
    _, container = await lab.run("sh", "-c", "echo one; sleep 1; echo two >&2; sleep 1; printf three")
    lines = [line async for line in lab.runtime.logs(container, LogQuery(follow=True))]
    assert [(line.stream, line.text) for line in lines] == [
        ("stdout", b"one"), ("stderr", b"two"), ("stdout", b"three"),
    ]  # fmt: skip
    assert all(line.time.tzinfo is not None for line in lines)
    assert lines[0].time < lines[1].time < lines[2].time
    await lab.ended(container)
    assert await lab.log_lines(container) == [b"one", b"two", b"three"]


async def test_logs_by_tail_and_since(lab: Lab) -> None:
    _, container = await lab.run("sh", "-c", "for i in 1 2 3 4 5; do echo line $i; sleep 1; done")
    lines = [line async for line in lab.runtime.logs(container, LogQuery(follow=True))]
    assert len(lines) == 5
    assert await lab.log_lines(container, tail_lines=2) == [b"line 4", b"line 5"]
    assert await lab.log_lines(container, tail_lines=0) == []
    assert await lab.log_lines(container, since=lines[3].time) == [b"line 4", b"line 5"]
    assert await lab.log_lines(container, tail_lines=9, follow=True) == [line.text for line in lines]


async def test_a_long_line_is_one_line(lab: Lab) -> None:
    text = "0123456789" * 2000
    _, container = await lab.run("sh", "-c", f"echo {text[:15000]}; echo {text}; echo end")
    await lab.ended(container)
    assert await lab.log_lines(container) == [text[:15000].encode(), text.encode(), b"end"]


async def test_logs_outlive_the_process_and_not_the_container(lab: Lab) -> None:
    _, container = await lab.run("echo", "still here")
    await lab.ended(container)
    assert await lab.log_lines(container) == [b"still here"]
    await lab.runtime.remove_container(container)
    with pytest.raises(RuntimeFault, match="No such container"):
        await lab.log_lines(container)


async def test_a_follower_can_leave(lab: Lab) -> None:
    _, container = await lab.run("sh", "-c", "echo first; sleep 600")
    logs = lab.runtime.logs(container, LogQuery(follow=True))
    assert (await anext(logs)).text == b"first"
    await logs.aclose()  # type: ignore[attr-defined]
    assert (await lab.status(container)).state == "running"


async def test_exec_gives_output_and_exit_code(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    result = await lab.runtime.exec_sync(container, ["sh", "-c", "echo out; echo err >&2; exit 3"], 20)
    assert result.exit_code == 3
    assert sorted(result.output.split()) == [b"err", b"out"]
    assert (await lab.runtime.exec_sync(container, ["true"], 20)).exit_code == 0
    assert (await lab.runtime.exec_sync(container, ["hostname"], 20)).output == b"web\n"


async def test_exec_sees_files_the_container_made(lab: Lab) -> None:
    _, container = await lab.run("sh", "-c", "touch /tmp/healthy; sleep 2; rm -f /tmp/healthy; sleep 600")

    async def probe() -> int:
        return (await lab.runtime.exec_sync(container, ["cat", "/tmp/healthy"], 20)).exit_code

    await lab.until(probe, lambda code: code == 0)
    await lab.until(probe, lambda code: code == 1)


async def test_exec_of_what_is_not_there(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    result = await lab.runtime.exec_sync(container, ["no-such-program"], 20)
    assert result.exit_code in (126, 127)
    assert b"not found" in result.output


async def test_exec_has_a_time_limit(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    with pytest.raises(TimeoutError):
        await lab.runtime.exec_sync(container, ["sleep", "60"], 1)


async def test_exec_output_is_cut(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    script = "for i in 1 2 3 4 5 6 7 8 9; do cat /tmp/big /tmp/big; done"
    await lab.runtime.exec_sync(container, ["sh", "-c", f"echo {'x' * 2000} > /tmp/big"], 20)
    assert len((await lab.runtime.exec_sync(container, ["sh", "-c", script], 20)).output) == 16 * 1024


async def test_exec_needs_a_running_container(lab: Lab) -> None:
    _, container = await lab.run("true")
    await lab.ended(container)
    with pytest.raises(RuntimeFault, match="is not running"):
        await lab.runtime.exec_sync(container, ["true"], 20)
    with pytest.raises(RuntimeFault, match="is not running"):
        await lab.runtime.exec(container, ["sh"], tty=False, stdin=True)


async def test_a_shell_takes_input(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    session = await lab.runtime.exec(container, ["sh"], tty=False, stdin=True)
    await session.send(b"echo hello\n")
    await session.send(b"echo oops >&2\nexit 5\n")
    async with asyncio.timeout(20):
        pieces = [piece async for piece in session.output()]
        assert await session.exit_code() == 5
    assert b"".join(data for stream, data in pieces if stream == 1) == b"hello\n"
    assert b"".join(data for stream, data in pieces if stream == 2) == b"oops\n"
    await session.close()


async def test_a_shell_ends_with_its_input(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    session = await lab.runtime.exec(container, ["sh"], tty=False, stdin=True)
    await session.send(b"echo last\n")
    await session.close_stdin()
    async with asyncio.timeout(20):
        assert [piece async for piece in session.output()] == [(1, b"last\n")]
        assert await session.exit_code() == 0
    await session.close()


@pytest.mark.usefixtures("unfrozen")
@pytest.mark.parametrize("whole", [True, False])
async def test_part_of_a_line_waits_for_its_rest_or_the_end(lab: Lab, whole: bool) -> None:
    """And meanwhile it keeps nobody else from running."""
    _, container = await lab.run("sleep", "600")
    session = await lab.runtime.exec(container, ["sh"], tty=False, stdin=True)
    output = session.output()
    async with asyncio.timeout(20):
        await session.send(b"echo begun\necho par")
        assert await anext(output) == (1, b"begun\n")
        first = asyncio.ensure_future(anext(output))
        await asyncio.sleep(0.3)
        assert not first.done()
        await session.send(b"tial\n" if whole else b"tial")
        if not whole:
            await session.close_stdin()
        assert await first == (1, b"partial\n")
        await session.close_stdin()
        assert [piece async for piece in output] == []
        assert await session.exit_code() == 0
    await session.close()


@pytest.mark.usefixtures("unfrozen")
async def test_part_of_a_line_may_wait_in_a_container(lab: Lab) -> None:
    _, container = await lab.run("sh", "-c", "read line; echo got $line", stdin=True)
    session = await lab.runtime.attach(container, stdin=True)
    await session.send(b"par")
    await asyncio.sleep(0.3)
    assert (await lab.status(container)).state == "running"
    await session.send(b"tial\n")
    async with asyncio.timeout(20):
        assert [piece async for piece in session.output()] == [(1, b"got partial\n")]
    await session.close()


async def test_a_terminal_echoes_and_has_a_size(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    session = await lab.runtime.exec(container, ["sh"], tty=True, stdin=True)
    await session.resize(100, 40)
    await session.send(b"echo from-$((40 + 2))x\n" if lab.kind == "docker" else b"echo from-42x\n")
    await session.send(b"exit 4\n")
    async with asyncio.timeout(20):
        output = b"".join([data async for _, data in session.output()])
        assert await session.exit_code() == 4
    assert b"from-42x\r\n" in output
    await session.close()


async def test_closing_a_session_ends_its_output(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    session = await lab.runtime.exec(container, ["sleep", "600"], tty=False, stdin=False)

    async def read() -> list[tuple[int, bytes]]:
        return [piece async for piece in session.output()]

    reading = asyncio.create_task(read())
    await asyncio.sleep(0.1)
    await session.close()
    async with asyncio.timeout(20):
        assert await reading == []


async def test_a_server_answers_through_dial(lab: Lab) -> None:
    pod = lab.pod("web-1", hostname="web-1", ports=(PortMapping(container_port=8080),))
    sandbox, _ = await lab.run(
        pod=pod, image="service_test:latest", ports=(PortMapping(container_port=8080),)
    )
    answer = await lab.fetch(sandbox, 8080, "/util")
    assert answer.startswith("HTTP/1.1 200 OK\r\n")
    assert "This is server" in answer
    assert "web-1" in answer
    assert pod.ip in answer
    assert "path: /util" in answer
    assert ("simulated" in answer) is (lab.kind == "simulated")


async def test_nothing_listens_where_nobody_does(lab: Lab) -> None:
    sandbox, container = await lab.run(image="service_test:latest", ports=(PortMapping(container_port=8080),))
    await lab.fetch(sandbox, 8080)
    with pytest.raises(ConnectionRefusedError):
        await lab.runtime.dial(sandbox, 8081)
    await lab.runtime.stop_container(container, 20)
    with pytest.raises(ConnectionRefusedError):
        await lab.runtime.dial(sandbox, 8080)


async def test_mounts_show_the_host_s_files(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "key").write_text("value\n")
    (tmp_path / "message").touch()
    mounts = (
        Mount(host_path=str(tmp_path / "config"), container_path="/etc/config", read_only=True),
        Mount(host_path=str(tmp_path / "message"), container_path="/dev/termination-log"),
    )
    _, container = await lab.run("sh", "-c", "echo why > /dev/termination-log; sleep 600", mounts=mounts)
    read = await lab.runtime.exec_sync(container, ["cat", "/etc/config/key"], 20)
    assert (read.exit_code, read.output) == (0, b"value\n")
    assert (await lab.runtime.exec_sync(container, ["ls", "/etc/config"], 20)).output == b"key\n"
    refused = await lab.runtime.exec_sync(container, ["sh", "-c", "echo x > /etc/config/key"], 20)
    assert refused.exit_code != 0
    assert b"Read-only file system" in refused.output
    (tmp_path / "config" / "key").write_text("changed\n")
    assert (await lab.runtime.exec_sync(container, ["cat", "/etc/config/key"], 20)).output == b"changed\n"
    assert (tmp_path / "message").read_text() == "why\n"


async def _until_seen(lab: Lab, container: str, text: bytes) -> None:
    await lab.until(lambda: lab.log_lines(container), lambda lines: text in lines)


async def test_attach_gives_a_container_its_input(lab: Lab) -> None:
    _, container = await lab.run("sh", "-c", "echo begun; cat", stdin=True, stdin_once=True)
    await _until_seen(lab, container, b"begun")
    session = await lab.runtime.attach(container, stdin=True)
    await session.send(b"hello\n")
    await session.close_stdin()
    async with asyncio.timeout(20):
        assert b"".join([data async for _, data in session.output()]) == b"hello\n"
        assert await session.exit_code() == 0
    await session.close()
    assert (await lab.ended(container)).exit_code == 0
    assert await lab.log_lines(container) == [b"begun", b"hello"]


async def test_input_that_is_not_once_outlives_its_session(lab: Lab) -> None:
    _, container = await lab.run("cat", stdin=True)
    for text in (b"one\n", b"two\n"):
        session = await lab.runtime.attach(container, stdin=True)
        await session.send(text)
        async with asyncio.timeout(20):
            assert await anext(session.output()) == (1, text)
        await session.close()
        await _until_seen(lab, container, text.rstrip())
    assert (await lab.status(container)).state == "running"


async def test_a_shell_as_a_container_on_a_terminal(lab: Lab) -> None:
    _, container = await lab.run("sh", stdin=True, stdin_once=True, tty=True)
    session = await lab.runtime.attach(container, stdin=True)
    await session.resize(100, 40)
    await session.send(b"echo from-42x\n")
    await session.send(b"exit 3\n")
    async with asyncio.timeout(20):
        output = b"".join([data async for _, data in session.output()])
    assert b"from-42x\r\n" in output
    await session.close()
    assert (await lab.ended(container)).exit_code == 3


async def test_several_watch_and_leaving_ends_nothing(lab: Lab) -> None:
    _, container = await lab.run("sh", "-c", "while true; do echo tick; sleep 1; done")
    sessions = [await lab.runtime.attach(container, stdin=False) for _ in range(2)]
    async with asyncio.timeout(20):
        for session in sessions:
            assert await anext(session.output()) == (1, b"tick\n")
            await session.close()
    assert (await lab.status(container)).state == "running"


async def test_nobody_joins_what_does_not_run(lab: Lab) -> None:
    _, container = await lab.run("true")
    await lab.ended(container)
    with pytest.raises(RuntimeFault, match="is not running"):
        await lab.runtime.attach(container, stdin=False)


async def test_an_interrupt_ends_the_command_and_not_the_shell(lab: Lab) -> None:
    _, container = await lab.run("sleep", "600")
    session = await lab.runtime.exec(container, ["sh"], tty=True, stdin=True)
    output = session.output()
    await session.send(b"echo begun; sleep 300\n")
    seen = b""
    async with asyncio.timeout(20):
        while b"begun\r\n" not in seen:
            seen += (await anext(output))[1]
        await asyncio.sleep(0.3)
        await session.send(b"\x03")
        await session.send(b"echo sti''ll\n")
        while b"still\r\n" not in seen:
            seen += (await anext(output))[1]
        await session.send(b"exit\n")
        async for _ in output:
            pass
    await session.close()


async def test_a_session_ends_with_its_container_though_input_stays_open(lab: Lab) -> None:
    _, container = await lab.run("sh", "-c", "read line; echo got $line", stdin=True)
    session = await lab.runtime.attach(container, stdin=True)
    await session.send(b"this\n")
    async with asyncio.timeout(20):
        assert [piece async for piece in session.output()] == [(1, b"got this\n")]
    await session.close()
