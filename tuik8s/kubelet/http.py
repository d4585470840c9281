"""One HTTP/1.1 GET, as probes and lifecycle hooks send it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

BODY_LIMIT = 10 * 1024
HEADER_LIMIT = 64 * 1024


class MalformedAnswer(Exception):
    """What came back is not HTTP."""


class Answer(NamedTuple):
    status: int
    body: str
    """At most 10 KiB."""


class Get(NamedTuple):
    """`target` is the path with its query; `headers` replace the defaults of the same name."""

    target: str
    authority: str
    headers: Sequence[tuple[str, str]] = ()
    tls: bool = False

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}{self.target}"


async def send(get: Get, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Answer:
    """Takes over the connection, and closes it. Raises OSError, `MalformedAnswer`."""
    try:
        if get.tls:
            await writer.start_tls(_unverified())
        writer.write(_head(get))
        await writer.drain()
        status, headers = await _read_head(reader)
        body = await _read_body(reader, headers)
    finally:
        writer.close()
    return Answer(status, body.decode("utf-8", "replace"))


def _unverified() -> ssl.SSLContext:
    """Probes do not check certificates."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _head(get: Get) -> bytes:
    headers = {"Host": get.authority, "User-Agent": "kube-probe/1.37", "Accept": "*/*"}
    given = {name.title() for name, _ in get.headers}
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in given]
    # A header with an empty value is left out: that is how a default is switched off.
    lines += [f"{name}: {value}" for name, value in get.headers if value]
    lines.append("Connection: close")
    text = "\r\n".join([f"GET {get.target} HTTP/1.1", *lines, "", ""])
    return text.encode("utf-8", "replace")


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 1"):  # 100 Continue and 103 Early Hints come before the answer
            head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        raise MalformedAnswer("EOF" if not error.partial else "unexpected EOF") from error
    except asyncio.LimitOverrunError as error:
        raise MalformedAnswer("net/http: server response headers exceeded limit") from error
    first, *rest = head.decode("latin-1").split("\r\n")
    parts = first.split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or not parts[1].isdigit():
        raise MalformedAnswer(
            f'net/http: HTTP/1.x transport connection broken: malformed HTTP response "{first}"'
        )
    headers = {}
    for line in rest:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return int(parts[1]), headers


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    """Only for the message: what breaks off in the middle is what there is."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _read_chunks(reader)
    length = headers.get("content-length", "")
    limit = min(int(length), BODY_LIMIT) if length.isdigit() else BODY_LIMIT
    body = b""
    while len(body) < limit:
        chunk = await reader.read(limit - len(body))
        if not chunk:
            break
        body += chunk
    return body


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    with contextlib.suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        while len(body) < BODY_LIMIT:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
            if size == 0:
                break
            body += await reader.readexactly(min(size, BODY_LIMIT))
            if size > BODY_LIMIT:
                break
            await reader.readexactly(2)
    return body[:BODY_LIMIT]
