"""pods/log: lines as text, as they come."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

from aiohttp import web

from tuik8s.api.errors import ApiError, MethodNotSupported
from tuik8s.api.log_options import log_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from tuik8s.api.clock import Clock
    from tuik8s.api.query import Query
    from tuik8s.api.request import User
    from tuik8s.apiserver.http.paths import ResourcePath
    from tuik8s.apiserver.server import ApiServer

log = logging.getLogger(__name__)

REFUSAL_SECONDS = 1.0
"""How long the headers wait for a refusal or a first line."""


async def serve_log(
    request: web.BaseRequest, api: ApiServer, path: ResourcePath, query: Query, user: User, clock: Clock
) -> web.StreamResponse:
    """What is refused before the first line is an ordinary refusal."""
    if request.method != "GET":
        raise MethodNotSupported("the server does not allow this method on the requested resource")
    wanted = log_options(query, clock.now())
    lines = cast("AsyncGenerator[bytes, None]", api.logs(user, path.namespace, path.name, wanted))
    response = web.StreamResponse(headers={"Cache-Control": "no-cache, private"})
    response.content_type, response.charset = "text/plain", "utf-8"
    async with aclosing(lines):
        first = asyncio.ensure_future(anext(lines, None))
        try:
            done, _ = await asyncio.wait([first], timeout=REFUSAL_SECONDS)
            if done:
                first.result()
            await response.prepare(request)
            await _send(response, first, lines)
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
    await response.write_eof()
    return response


async def _send(
    response: web.StreamResponse, first: asyncio.Future[bytes | None], lines: AsyncIterator[bytes]
) -> None:
    """What goes wrong after the first line ends the stream; text has no place for more."""
    try:
        line = await first
        while line is not None:
            await response.write(line)
            line = await anext(lines, None)
    except ApiError as error:
        log.info("a log stream ended: %s", error)
