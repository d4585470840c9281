"""Lend the terminal to somebody else, and get it back whatever happens.

Textual's `suspend` is made for calls that block. Here the loop goes on, since the cluster lives in it, and so
three things need care: nothing may be drawn meanwhile (a suspended driver takes thirty writes and then blocks
the loop for ever), an error must not skip the resumption, and Ctrl-C belongs to the borrower.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import sys
import termios
import tty
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from textual.app import App

    from tuik8s.client import ExecStream

log = logging.getLogger(__name__)

Result = TypeVar("Result")

CHUNK = 65536
REMEMBERED = 400
"""Bytes of the last output that are kept, to say why a session ended."""


async def lend(app: App[Any], work: Callable[[], Awaitable[Result]]) -> Result:
    """Run `work` with the terminal as it was before the app, then take it back.

    Raises SuspendNotSupported where there is no terminal to lend, and whatever `work` raises.
    """
    caught: BaseException | None = None
    with app.batch_update(), _interrupts_spared(app), app.suspend():
        try:
            return await work()
        except asyncio.CancelledError as error:
            if app.return_code is not None:
                raise  # the app is ending: it must not take the screen again
            caught = error
        except Exception as error:
            caught = error
    raise caught


@contextlib.contextmanager
def _interrupts_spared(app: App[Any]) -> Iterator[None]:
    """Ctrl-C in a program on our terminal reaches us as well; it is meant for the program alone."""
    loop = asyncio.get_running_loop()
    handled = loop.remove_signal_handler(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        if handled:
            loop.add_signal_handler(signal.SIGINT, app.exit)


async def run_program(command: list[str]) -> int:
    """A program on our terminal; returns its exit code. Raises FileNotFoundError and the like."""
    process = await asyncio.create_subprocess_exec(*command)
    try:
        return await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise


class Attachment:
    """Joins the terminal and a process in a container; the terminal is raw as long as `run` runs."""

    def __init__(self, stream: ExecStream, stdin: int, stdout: int) -> None:
        self._stream = stream
        self._stdin = stdin
        self._stdout = stdout
        self._keys: asyncio.Queue[bytes] = asyncio.Queue()
        self._resized = asyncio.Event()
        self.last_output = b""

    @classmethod
    def of_this_terminal(cls, stream: ExecStream) -> Attachment:
        if sys.__stdin__ is None or sys.__stdout__ is None:
            raise OSError("there is no terminal")
        return cls(stream, sys.__stdin__.fileno(), sys.__stdout__.fileno())

    async def run(self, greeting: str) -> int:
        """Until the process ends; returns its exit code."""
        tasks = []
        await asyncio.to_thread(_write, self._stdout, f"{greeting}\n".encode())
        with self._raw():
            try:
                tasks = [asyncio.create_task(self._type()), asyncio.create_task(self._follow_size())]
                async for _, data in self._stream.output():
                    self.last_output = (self.last_output + data)[-REMEMBERED:]
                    await asyncio.to_thread(_write, self._stdout, data)
                return await self._stream.exit_code()
            finally:
                for task in tasks:
                    task.cancel()
                for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                    if isinstance(outcome, Exception):
                        log.info("the shell's input ended: %s", outcome)

    @contextlib.contextmanager
    def _raw(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        before = termios.tcgetattr(self._stdin)
        tty.setraw(self._stdin, termios.TCSANOW)
        loop.add_reader(self._stdin, self._read)
        loop.add_signal_handler(signal.SIGWINCH, self._resized.set)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGWINCH)
            loop.remove_reader(self._stdin)
            with contextlib.suppress(termios.error):  # a terminal that has hung up has no modes
                termios.tcsetattr(self._stdin, termios.TCSANOW, before)

    def _read(self) -> None:
        try:
            data = os.read(self._stdin, CHUNK)
        except OSError:
            data = b""  # the terminal is gone
        self._keys.put_nowait(data)
        if not data:
            asyncio.get_running_loop().remove_reader(self._stdin)

    async def _type(self) -> None:
        while data := await self._keys.get():
            await self._stream.send(data)
        await self._stream.close_stdin()

    async def _follow_size(self) -> None:
        while True:
            size = shutil.get_terminal_size()
            with contextlib.suppress(OSError):
                size = os.get_terminal_size(self._stdout)
            await self._stream.resize(size.columns, size.lines)
            await self._resized.wait()
            self._resized.clear()


def _write(descriptor: int, data: bytes) -> None:
    """In a thread: a terminal that is stopped with Ctrl-S must not stop the cluster."""
    while data:
        data = data[os.write(descriptor, data) :]
