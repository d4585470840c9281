"""Lines of an answer as they come, however long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.errors import InternalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

LONGEST = 64 * 1024 * 1024
"""Bytes; no object is that large."""


async def lines_of(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Each with its newline; the last may have none."""
    pieces: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_any():
        *whole, rest = chunk.split(b"\n")
        for line in whole:
            yield b"".join([*pieces, line, b"\n"])
            pieces, size = [], 0
        if rest:
            pieces.append(rest)
            size += len(rest)
        if size > LONGEST:
            raise InternalError("the server sent a line without an end")
    if pieces:
        yield b"".join(pieces)
