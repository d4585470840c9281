"""Kubelets that only pretend: what they log is made up, and their processes echo."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tests.support.kubelets import UnreachableKubelets
from tuik8s.api.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.api.request import LogOptions


class FakeProcess:
    """Echoes what it is sent, in capitals on stderr; ends with stdin, or at once without one."""

    def __init__(self, command: Sequence[str], *, stdin: bool) -> None:
        self.command = list(command)
        self.size: tuple[int, int] | None = None
        self.closed = False
        self._input: asyncio.Queue[bytes] = asyncio.Queue()
        if not stdin:
            self._input.put_nowait(b"")

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        yield 1, " ".join(self.command).encode()
        while data := await self._input.get():
            yield 1, data
            yield 2, data.upper()

    async def send(self, data: bytes) -> None:
        await self._input.put(data)

    async def close_stdin(self) -> None:
        await self._input.put(b"")

    async def resize(self, width: int, height: int) -> None:
        self.size = (width, height)

    async def exit_code(self) -> int:
        return 3 if self.command[0] == "fail" else 0

    async def close(self) -> None:
        self.closed = True


async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while (line := await reader.readline()) and line != b"bye\n":
        writer.write(line.upper())
    writer.close()
    await writer.wait_closed()


class FakeKubelets(UnreachableKubelets):
    def __init__(self) -> None:
        self.log_options: LogOptions | None = None
        self.processes: list[FakeProcess] = []
        self.more = asyncio.Event()
        self.servers: list[asyncio.Server] = []

    async def logs(self, pod: Obj, options: LogOptions) -> AsyncIterator[bytes]:
        self.log_options = options
        if options.previous:
            raise BadRequest('previous terminated container "main" in pod "a" not found')
        yield b"one\n"
        if options.follow:
            await self.more.wait()
            yield b"two\n"

    async def exec(
        self, pod: Obj, container: str, command: Sequence[str], *, tty: bool, stdin: bool
    ) -> FakeProcess:
        self.processes.append(FakeProcess(command, stdin=stdin))
        return self.processes[-1]

    async def attach(self, pod: Obj, container: str, *, stdin: bool) -> FakeProcess:
        return await self.exec(pod, container, ["attached", "to", container], tty=False, stdin=stdin)

    async def dial_pod(self, pod: Obj, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Port 80 answers every line in capitals until it hears `bye`."""
        if port != 80:
            raise ConnectionRefusedError(111, f"dial tcp 10.244.0.2:{port}: connect: connection refused")
        server = await asyncio.start_server(shout, "127.0.0.1", 0)
        self.servers.append(server)
        return await asyncio.open_connection(*server.sockets[0].getsockname())

    def close(self) -> None:
        for server in self.servers:
            server.close()
