"""A shell's terminal: raw while it lasts, as before whatever happens, and never in the loop's way."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
import termios
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.tui.actions.terminal import Attachment, lend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


class Process:
    """An echo in a container: `end` when it is told so."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent = b""
        self.sizes: list[tuple[int, int]] = []
        self.closed = False
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()
        self._error = error

    def say(self, data: bytes) -> None:
        self._chunks.put_nowait(data)

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        while data := await self._chunks.get():
            yield 1, data
        if self._error is not None:
            raise self._error

    async def send(self, data: bytes) -> None:
        self.sent += data

    async def close_stdin(self) -> None:
        self.closed = True

    async def resize(self, width: int, height: int) -> None:
        self.sizes.append((width, height))

    async def exit_code(self) -> int:
        return 7

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The person's side and ours."""
    person, ours = os.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    yield person, ours
    os.close(person)
    with contextlib.suppress(OSError):
        os.close(ours)


def raw(descriptor: int) -> bool:
    return not termios.tcgetattr(descriptor)[3] & (termios.ICANON | termios.ECHO | termios.ISIG)


async def until(condition: Any) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the terminal has no event for it
            await asyncio.sleep(0.005)


async def test_keys_go_in_and_output_comes_out(terminal: tuple[int, int]) -> None:
    person, ours = terminal
    before = termios.tcgetattr(ours)
    process = Process()
    running = asyncio.create_task(Attachment(process, ours, ours).run("hello"))
    await until(lambda: raw(ours))
    os.write(person, b"ls\r\x03")
    await until(lambda: process.sent == b"ls\r\x03")
    process.say(b"bin etc\r\n")
    await asyncio.sleep(0.05)
    assert os.read(person, 100).endswith(b"bin etc\r\n")
    process.say(b"")
    assert await running == 7
    assert termios.tcgetattr(ours) == before
    assert process.sizes == [(100, 30)]


async def test_the_window_size_follows(terminal: tuple[int, int]) -> None:
    _, ours = terminal
    process = Process()
    running = asyncio.create_task(Attachment(process, ours, ours).run("hello"))
    await until(lambda: process.sizes == [(100, 30)])
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    signal.raise_signal(signal.SIGWINCH)
    await until(lambda: process.sizes[-1] == (80, 24))
    process.say(b"")
    await running


async def test_the_terminal_is_as_before_after_an_error(terminal: tuple[int, int]) -> None:
    _, ours = terminal
    before = termios.tcgetattr(ours)
    process = Process(error=ConnectionResetError("lost"))
    process.say(b"")
    with pytest.raises(ConnectionResetError):
        await Attachment(process, ours, ours).run("hello")
    assert termios.tcgetattr(ours) == before


async def test_the_terminal_is_as_before_after_a_cancellation(terminal: tuple[int, int]) -> None:
    _, ours = terminal
    before = termios.tcgetattr(ours)
    running = asyncio.create_task(Attachment(Process(), ours, ours).run("hello"))
    await until(lambda: raw(ours))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert termios.tcgetattr(ours) == before


async def test_a_terminal_that_hangs_up_ends_the_input(terminal: tuple[int, int]) -> None:
    person, ours = terminal
    process = Process()
    running = asyncio.create_task(Attachment(process, ours, ours).run("hello"))
    await until(lambda: raw(ours))
    os.write(person, b"x")
    await until(lambda: process.sent)
    elsewhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(elsewhere, person)
    os.close(elsewhere)
    await until(lambda: process.closed)
    process.say(b"")
    assert await running == 7


class Screen:
    """As much of an app as lending needs."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.return_code: int | None = None

    @contextlib.contextmanager
    def batch_update(self) -> Iterator[None]:
        self.steps.append("still")
        yield
        self.steps.append("drawing")

    @contextlib.contextmanager
    def suspend(self) -> Iterator[None]:
        """As Textual's: an error in the block skips the resumption."""
        self.steps.append("suspended")
        yield
        self.steps.append("resumed")

    def exit(self) -> None:
        self.return_code = 0


async def test_the_screen_comes_back_after_an_error() -> None:
    app: Any = Screen()

    async def work() -> None:
        raise OSError("no shell")

    with pytest.raises(OSError, match="no shell"):
        await lend(app, work)
    assert app.steps == ["still", "suspended", "resumed", "drawing"]


async def test_an_app_that_is_ending_does_not_take_the_screen_again() -> None:
    app: Any = Screen()
    lent = asyncio.create_task(lend(app, asyncio.Event().wait))
    await asyncio.sleep(0)
    app.exit()
    lent.cancel()
    with pytest.raises(asyncio.CancelledError):
        await lent
    assert "resumed" not in app.steps


async def test_interrupts_are_the_borrowers_alone() -> None:
    app: Any = Screen()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, app.exit)

    async def work() -> str:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(0.05)
        return "done"

    assert await lend(app, work) == "done"
    codes = [app.return_code]
    signal.raise_signal(signal.SIGINT)
    await asyncio.sleep(0.05)
    assert [*codes, app.return_code] == [None, 0]
    loop.remove_signal_handler(signal.SIGINT)
