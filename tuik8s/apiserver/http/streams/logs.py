"""pods/log: lines as text, as they come."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from aiohttp import web

from tuik8s.api.clock import parse_time
from tuik8s.api.errors import ApiError, BadRequest, Invalid, MethodNotSupported, invalid
from tuik8s.api.request import LogOptions
from tuik8s.apiserver.http import options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from datetime import datetime

    from tuik8s.api.clock import Clock
    from tuik8s.api.request import User
    from tuik8s.apiserver.http.options import Query
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


def log_options(query: Query, now: datetime) -> LogOptions:
    seconds, tail = options.number(query, "sinceSeconds"), options.number(query, "tailLines")
    limit, time = options.number(query, "limitBytes"), options.text(query, "sinceTime")
    errors = []
    if seconds is not None and time:
        errors.append(
            invalid("sinceSeconds", seconds, "at most one of `sinceTime` or `sinceSeconds` may be specified")
        )
    if seconds is not None and seconds < 1:
        errors.append(invalid("sinceSeconds", seconds, "must be greater than 0"))
    if tail is not None and tail < 0:
        errors.append(invalid("tailLines", tail, "must be greater than or equal to 0"))
    if limit is not None and limit < 1:
        errors.append(invalid("limitBytes", limit, "must be greater than 0"))
    if errors:
        raise Invalid.of("PodLogOptions", "", "", errors)
    return LogOptions(
        container=options.text(query, "container"), follow=options.flag(query, "follow"),
        previous=options.flag(query, "previous"), timestamps=options.flag(query, "timestamps"),
        since=_since(seconds, time, now), tail_lines=tail, limit_bytes=limit,
    )  # fmt: skip


def _since(seconds: int | None, time: str, now: datetime) -> datetime | None:
    if seconds is not None:
        return now - timedelta(seconds=min(seconds, 10**9))
    try:
        return parse_time(time) if time else None
    except ValueError:
        raise BadRequest(f'sinceTime: Invalid value: "{time}": must be an RFC 3339 time') from None
