"""Exec in a simulated container: the same small shell, with output as a stream."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from tuik8s.cri.protocol import ExecResult
from tuik8s.cri.simulated.builtins import not_found, script_of
from tuik8s.cri.simulated.process import Output, turn_of
from tuik8s.cri.simulated.shell import argument_vector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.cri.simulated.container import SimulatedContainer

OUTPUT_LIMIT = 16 * 1024
PROMPT = b"/ # "
_SHELLS = ("sh", "ash", "bash")


class SimulatedExec:
    """One command. An interactive shell reads lines from stdin and runs each in the small shell."""

    def __init__(
        self, container: SimulatedContainer, command: Sequence[str], *, tty: bool, stdin: bool
    ) -> None:
        self._container = container
        self._command = tuple(command)
        self._tty = tty
        self._process = container.process(not_found, stdin=stdin)
        self._input: asyncio.Queue[bytes] = asyncio.Queue()
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._stdin = stdin
        self._closing = asyncio.Event()
        self._started = False
        self.size = (80, 24)

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        try:
            interactive = (
                self._command[0].rsplit("/", 1)[-1] in _SHELLS and script_of([*self._command]) is None
            )
            steps = self._converse() if interactive and self._stdin else self._run(self._command)
            async for stream, data in steps:
                yield (1, data.replace(b"\n", b"\r\n")) if self._tty else (stream, data)
        finally:
            if not self._ended.done():
                self._ended.set_result(137)

    async def send(self, data: bytes) -> None:
        await self._input.put(data)

    async def close_stdin(self) -> None:
        await self._input.put(b"")

    async def resize(self, width: int, height: int) -> None:
        self.size = (width, height)

    async def exit_code(self) -> int:
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        self._closing.set()
        if not self._ended.done():
            self._ended.set_result(137)

    async def _run(self, command: tuple[str, ...]) -> AsyncIterator[tuple[int, bytes]]:
        status = 0
        async for step in self._steps(command):
            if isinstance(step, Output):
                yield step
            else:
                status = step
        self._finish(status)

    async def _steps(self, command: tuple[str, ...]) -> AsyncIterator[Output | int]:
        for step in turn_of(self._process.run(argument_vector(command))):
            if isinstance(step, (Output, int)):
                yield step
            elif not await self._rest(step.seconds):
                yield 137
                return

    async def _rest(self, seconds: float) -> bool:
        """Let time pass; False when the session or its container ended meanwhile."""
        waiting = {
            asyncio.ensure_future(self._closing.wait()),
            asyncio.ensure_future(self._container.wait()),
        }
        try:
            timeout = seconds if seconds < math.inf else None
            done, _ = await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for future in waiting:
                future.cancel()
        return not done

    async def _converse(self) -> AsyncIterator[tuple[int, bytes]]:
        """Read a line, run it, until `exit` or the end of input."""
        buffer, status = b"", 0
        if self._tty:
            yield 1, PROMPT
        while not self._closing.is_set() and self._container.running:
            data = await self._input.get()
            if not data or data == b"\x04":
                break
            if self._tty:
                data = data.replace(b"\r", b"\n")
                yield 1, data
            buffer += data
            while b"\n" in buffer:
                line, _, buffer = buffer.partition(b"\n")
                words = line.decode(errors="replace").split()
                if words[:1] == ["exit"]:
                    self._finish(int(words[1]) & 255 if words[1:] and words[1].isdigit() else status)
                    return
                async for step in self._steps(("sh", "-c", line.decode(errors="replace"))):
                    if isinstance(step, Output):
                        yield step
                    else:
                        status = step
                if self._tty:
                    yield 1, PROMPT
        self._finish(status)

    def _finish(self, status: int) -> None:
        if not self._ended.done():
            self._ended.set_result(status)


async def run_to_end(container: SimulatedContainer, command: Sequence[str], timeout: float) -> ExecResult:
    """Raises TimeoutError."""
    session = SimulatedExec(container, command, tty=False, stdin=False)
    output = bytearray()
    async with asyncio.timeout(timeout if timeout > 0 else None):
        async for _, data in session.output():
            output += data[: OUTPUT_LIMIT - len(output)]
        return ExecResult(await session.exit_code(), bytes(output))
