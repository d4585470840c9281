"""Exec and attach in a simulated container: the same small shell, with streams."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

from tuik8s.cri.protocol import ExecResult
from tuik8s.cri.simulated.container import broken
from tuik8s.cri.simulated.process import Output, not_found, turn_of
from tuik8s.cri.simulated.shell import argument_vector
from tuik8s.cri.simulated.shells import INTERRUPTED
from tuik8s.cri.simulated.terminal import Input, Terminal, on_terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.cri.simulated.container import SimulatedContainer
    from tuik8s.cri.simulated.process import Pause

OUTPUT_LIMIT = 16 * 1024
WAITING_LIMIT = 256
"""Pieces of output that wait to be fetched before the process waits."""
KILLED = 137


class SimulatedExec:
    """One command, which begins when its output is first asked for."""

    def __init__(
        self, container: SimulatedContainer, command: Sequence[str], *, tty: bool, stdin: bool
    ) -> None:
        self._container, self._command = container, tuple(command)
        self._input = Input(ended=not stdin, changed=self._input_changed)
        self._terminal = Terminal(self._input, self._echo) if tty else None
        self._process = container.process(not_found, self._input, terminal=tty)
        self._output: asyncio.Queue[tuple[int, bytes] | None] = asyncio.Queue(WAITING_LIMIT)
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._woken, self._reading, self._closing = asyncio.Event(), False, False

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        running = asyncio.create_task(self._run(), name="simulated exec")
        try:
            while (piece := await self._output.get()) is not None:
                yield (1, on_terminal(piece[1])) if self._terminal else piece
            await running
        finally:
            running.cancel()
            self._finish(KILLED)

    async def send(self, data: bytes) -> None:
        (self._terminal or self._input).feed(data)
        await self._input.room()

    async def close_stdin(self) -> None:
        self._input.end()

    async def resize(self, width: int, height: int) -> None:
        if self._terminal is not None:
            self._terminal.size = (width, height)

    async def exit_code(self) -> int:
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        self._closing = True
        self._woken.set()
        self._finish(KILLED)

    async def _run(self) -> None:
        try:
            status = await self._steps()
        except Exception as error:
            # Who waits for the end must get one, whatever the command met.
            status, said = broken(self._command, error)
            await self._output.put(said)
        self._finish(status)
        await self._output.put(None)

    async def _steps(self) -> int:
        status = KILLED
        for step in turn_of(self._process.run(argument_vector(self._command))):
            if isinstance(step, int):
                status = step
            elif isinstance(step, Output):
                await self._output.put(step)
            elif not await self._rest(step):
                break
            elif self._input.interrupted and not self._process.interactive:
                status = INTERRUPTED
                break
        return status

    async def _rest(self, step: Pause) -> bool:
        """Let time pass, or wait for input; False when the session or its container ended meanwhile.

        Who reads has just looked: what waits now is not enough for it, and only something new can be.
        """
        if self._input.interrupted and not self._process.interactive:
            # It came while output was being fetched, and wakes nobody any more.
            return not self._closing
        self._woken.clear()
        self._reading = step.reading
        if self._closing:
            return False
        waiting = {asyncio.ensure_future(self._woken.wait()), asyncio.ensure_future(self._container.wait())}
        try:
            timeout = step.seconds if step.seconds < math.inf else None
            await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._reading = False
            for future in waiting:
                future.cancel()
        return self._container.running and not self._closing

    def _input_changed(self) -> None:
        if self._reading or self._input.interrupted:
            self._woken.set()

    def _echo(self, data: bytes) -> None:
        if not self._output.full():
            self._output.put_nowait((1, data))

    def _finish(self, status: int) -> None:
        if not self._ended.done():
            self._ended.set_result(status)


class SimulatedAttach:
    """A container's own streams from now on. Who fetches its output too slowly misses some of it."""

    def __init__(self, container: SimulatedContainer, *, stdin: bool) -> None:
        self._container = container
        self._input = container.input if stdin else None
        self._output: asyncio.Queue[tuple[int, bytes]] = asyncio.Queue(WAITING_LIMIT)
        container.attached.append(self._written)

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        while True:
            stream, data = await self._output.get()
            if not stream:
                return
            yield (1, on_terminal(data)) if self._container.config.tty else (stream, data)

    async def send(self, data: bytes) -> None:
        if self._input is not None:
            (self._container.terminal or self._input).feed(data)
            await self._input.room()

    async def close_stdin(self) -> None:
        if self._input is not None and self._container.config.stdin_once:
            self._input.end()

    async def resize(self, width: int, height: int) -> None:
        if self._container.terminal is not None:
            self._container.terminal.size = (width, height)

    async def exit_code(self) -> int:
        return 0

    async def close(self) -> None:
        if self._written in self._container.attached:
            self._container.attached.remove(self._written)
            await self.close_stdin()
            self._written(0, b"")

    def _written(self, stream: int, data: bytes) -> None:
        if self._output.full():
            self._output.get_nowait()
        self._output.put_nowait((stream, data))


async def run_to_end(container: SimulatedContainer, command: Sequence[str], timeout: float) -> ExecResult:
    """Raises TimeoutError."""
    session = SimulatedExec(container, command, tty=False, stdin=False)
    output = bytearray()
    async with asyncio.timeout(timeout if timeout > 0 else None):
        async for _, data in session.output():
            output += data[: OUTPUT_LIMIT - len(output)]
        return ExecResult(await session.exit_code(), bytes(output))
