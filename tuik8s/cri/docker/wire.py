"""The engine's HTTP in asyncio, for what waits or streams: no thread is held while nothing happens."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from tuik8s.cri.docker.engine import EngineRefused
from tuik8s.cri.protocol import RuntimeFault, RuntimeUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from types import TracebackType

    from tuik8s.cri.docker.engine import Engine

CHUNK = 64 * 1024
LINE_LIMIT = 4 * 1024 * 1024


class Stream:
    """One request and its answer; leaving `async with` closes the connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.status = 0
        self._chunked = False
        self._length: int | None = None

    async def __aenter__(self) -> Stream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.close()

    async def read_head(self) -> None:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.status = int(head[0].split(" ", 2)[1])
        for line in head[1:]:
            name, _, value = line.partition(":")
            if name.lower() == "transfer-encoding":
                self._chunked = "chunked" in value.lower()
            elif name.lower() == "content-length":
                self._length = int(value)

    async def body(self) -> AsyncIterator[bytes]:
        """Pieces as they come; raises RuntimeUnavailable when the engine goes away in the middle."""
        try:
            if self._chunked:
                async for piece in self._chunks():
                    yield piece
                return
            remaining = self._length
            while remaining is None or remaining > 0:
                piece = await self.reader.read(CHUNK if remaining is None else min(CHUNK, remaining))
                if not piece:
                    return
                remaining = None if remaining is None else remaining - len(piece)
                yield piece
        except (asyncio.IncompleteReadError, OSError) as error:
            raise _lost(error) from None

    async def lines(self) -> AsyncIterator[dict[str, Any]]:
        """A body of JSON objects, one to a line."""
        rest = b""
        async for piece in self.body():
            *complete, rest = (rest + piece).split(b"\n")
            for line in complete:
                if line.strip():
                    yield json.loads(line)
            if len(rest) > LINE_LIMIT:
                raise RuntimeFault("the Docker engine sent a line without an end")
        if rest.strip():
            yield json.loads(rest)

    async def whole(self) -> bytes:
        return b"".join([piece async for piece in self.body()])

    async def _chunks(self) -> AsyncIterator[bytes]:
        while True:
            size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
            if size == 0:
                return
            yield await self.reader.readexactly(size)
            await self.reader.readexactly(2)


class Wire:
    """Opens streams. Raises `EngineRefused` for HTTP errors, `RuntimeUnavailable` without an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def request(
        self, method: str, path: str, query: Mapping[str, Any] | None = None, *, body: Any = None,
        headers: Mapping[str, str] | None = None, upgrade: bool = False,
    ) -> Stream:  # fmt: skip
        """The answer's head has come when this returns; the caller reads the rest and closes."""
        if not self._engine.connected:
            await self._engine.open()
        try:
            stream = Stream(*await self._connect())
        except OSError as error:
            raise _lost(error) from None
        try:
            stream.writer.write(self._head(method, path, query or {}, body, headers or {}, upgrade))
            await stream.writer.drain()
            await stream.read_head()
        except (asyncio.IncompleteReadError, OSError) as error:
            stream.writer.close()
            raise _lost(error) from None
        except BaseException:
            stream.writer.close()
            raise
        if stream.status >= 400:
            async with stream:
                raise EngineRefused(_message(await stream.whole()), stream.status)
        return stream

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        url = urlsplit(self._engine.url)
        if url.scheme == "unix":
            return await asyncio.open_unix_connection(url.path, limit=CHUNK)
        if url.scheme in ("tcp", "http", "https") and url.hostname:
            context = self._engine.ssl_context()
            port = url.port or (2376 if context else 2375)
            return await asyncio.open_connection(url.hostname, port, ssl=context, limit=CHUNK)
        raise RuntimeFault(f"streams to a Docker engine at {url.scheme}:// are not supported")

    def _head(
        self, method: str, path: str, query: Mapping[str, Any], body: Any, headers: Mapping[str, str],
        upgrade: bool,
    ) -> bytes:  # fmt: skip
        values = {
            key: json.dumps(value) if isinstance(value, (dict, list)) else str(value)
            for key, value in query.items()
        }
        target = f"/v{self._engine.api_version}{quote(path)}" + (f"?{urlencode(values)}" if values else "")
        payload = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {target} HTTP/1.1", "Host: docker"]
        lines += ["Connection: Upgrade", "Upgrade: tcp"] if upgrade else ["Connection: close"]
        if body is not None:
            lines.append("Content-Type: application/json")
        lines.append(f"Content-Length: {len(payload)}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + payload


def _lost(error: Exception) -> RuntimeUnavailable:
    reason = "it closed the connection" if isinstance(error, asyncio.IncompleteReadError) else error
    return RuntimeUnavailable(f"Cannot connect to the Docker daemon: {reason}")


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip() or "the Docker engine gave no reason"
