"""Exec and attach: the streams of a process in a running container over an upgraded connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from docker import APIClient

from tuik8s.cri.docker.logs import demultiplex
from tuik8s.cri.protocol import ExecResult, RuntimeFault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.cri.docker.engine import Engine
    from tuik8s.cri.docker.wire import Stream, Wire

OUTPUT_LIMIT = 16 * 1024
EXIT_POLLS, EXIT_POLL_SECONDS = 50, 0.02


class _Upgraded:
    """The streams; closing ends them, and not the process."""

    def __init__(self, engine: Engine, identifier: str, stream: Stream, *, tty: bool) -> None:
        self._engine, self._id, self._stream, self._tty = engine, identifier, stream, tty

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        if self._tty:
            async for piece in self._stream.body():
                yield 1, piece
            return
        async for number, data in demultiplex(self._stream.body()):
            yield number, data

    async def send(self, data: bytes) -> None:
        self._stream.writer.write(data)
        await self._stream.writer.drain()

    async def close_stdin(self) -> None:
        if self._stream.writer.can_write_eof():
            self._stream.writer.write_eof()

    async def close(self) -> None:
        self._stream.writer.close()


class DockerExec(_Upgraded):
    """See `ExecSession`. The engine has no call that ends the process itself."""

    @classmethod
    async def start(
        cls, engine: Engine, wire: Wire, container_id: str, command: Sequence[str], *, tty: bool, stdin: bool
    ) -> DockerExec:
        created = await engine.call(
            APIClient.exec_create, container_id, list(command), stdin=stdin, tty=tty, stdout=True, stderr=True
        )
        stream = await wire.request(
            "POST", f"/exec/{created['Id']}/start", body={"Detach": False, "Tty": tty}, upgrade=True
        )
        return cls(engine, created["Id"], stream, tty=tty)

    async def resize(self, width: int, height: int) -> None:
        await self._engine.call(APIClient.exec_resize, self._id, height=height, width=width)

    async def exit_code(self) -> int:
        """The streams may end a moment before the engine knows the code."""
        for _ in range(EXIT_POLLS):
            details = await self._engine.call(APIClient.exec_inspect, self._id)
            if not details["Running"] and details["ExitCode"] is not None:
                return int(details["ExitCode"])
            await asyncio.sleep(EXIT_POLL_SECONDS)
        raise RuntimeFault("the process has not ended")


class DockerAttach(_Upgraded):
    """A container's own streams. When it has ended the engine would still wait for input: it is told that
    there will be none."""

    def __init__(
        self, engine: Engine, identifier: str, stream: Stream, *, tty: bool, ending: Stream | None
    ) -> None:
        super().__init__(engine, identifier, stream, tty=tty)
        self._ending = ending
        self._waiting = asyncio.create_task(self._end_input(ending)) if ending is not None else None

    async def close(self) -> None:
        await super().close()
        if self._waiting is not None:
            self._waiting.cancel()
            await asyncio.gather(self._waiting, return_exceptions=True)
        if self._ending is not None:  # here, since a task that is cancelled at once closes nothing
            self._ending.writer.close()

    async def _end_input(self, ending: Stream) -> None:
        await ending.whole()
        await self.close_stdin()

    @classmethod
    async def start(cls, engine: Engine, wire: Wire, container_id: str, *, stdin: bool) -> DockerAttach:
        details = await engine.call(APIClient.inspect_container, container_id)
        if not details["State"]["Running"]:
            raise RuntimeFault(f"Container {container_id} is not running")
        wanted = {"stream": 1, "stdout": 1, "stderr": 1}
        if stdin and details["Config"]["OpenStdin"]:
            wanted["stdin"] = 1
        stream = await wire.request("POST", f"/containers/{container_id}/attach", wanted, upgrade=True)
        ending = None
        if "stdin" in wanted:
            try:
                ending = await wire.request("POST", f"/containers/{container_id}/wait")
            except BaseException:
                stream.writer.close()
                raise
        return cls(engine, container_id, stream, tty=bool(details["Config"]["Tty"]), ending=ending)

    async def resize(self, width: int, height: int) -> None:
        await self._engine.call(APIClient.resize, self._id, height=height, width=width)

    async def exit_code(self) -> int:
        return 0


async def run_to_end(
    engine: Engine, wire: Wire, container_id: str, command: Sequence[str], timeout: float
) -> ExecResult:
    """Raises TimeoutError; the process is then left to itself, as the docker shim did."""
    async with asyncio.timeout(timeout if timeout > 0 else None):
        session = await DockerExec.start(engine, wire, container_id, command, tty=False, stdin=False)
        output = bytearray()
        try:
            async for _, data in session.output():
                output += data[: OUTPUT_LIMIT - len(output)]
            return ExecResult(await session.exit_code(), bytes(output))
        finally:
            await session.close()
