"""A socket before the engine's that a test can close and open: an engine that goes away and comes back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = "/var/run/docker.sock"


class Relay:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}

    @property
    def url(self) -> str:
        return f"unix://{self.path}"

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def close(self) -> None:
        """Refuse new connections and break those there are."""
        assert self._server is not None
        self._server.close()
        self.path.unlink(missing_ok=True)
        connections = dict(self._connections)
        for writers in connections.values():
            for writer in writers:
                writer.transport.abort()
        await asyncio.gather(*connections)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        far_reader, far_writer = await asyncio.open_unix_connection(ENGINE)
        self._connections[task] = [writer, far_writer]
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        del self._connections[task]
        for one in (writer, far_writer):
            one.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
        if not writer.is_closing():
            writer.write_eof()
    except ConnectionError:
        writer.transport.abort()
