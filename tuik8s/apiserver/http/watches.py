"""Watches over HTTP: one JSON object a line, for as long as both sides want."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol, cast

from aiohttp import web

from tuik8s.api.errors import ApiError
from tuik8s.apiserver.http.negotiation import JSON

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from tuik8s.api.request import Request, WatchEvent
    from tuik8s.apiserver.http.answers import EventEncoder, Formatter


class Watchable(Protocol):
    def watch(self, request: Request) -> AsyncIterator[WatchEvent]: ...


async def serve_watch(
    http: web.BaseRequest, api: Watchable, request: Request, formatter: Formatter, encoder: EventEncoder
) -> web.StreamResponse:
    """What is refused at once is an ordinary refusal; what goes wrong later is an event of type ERROR.

    The headers are sent before there is anything to tell: clients take them as the sign that they watch.
    """
    events = cast("AsyncGenerator[WatchEvent, None]", api.watch(request))
    async with aclosing(events):
        first = asyncio.ensure_future(anext(events, None))
        try:
            # The watch has checked its options and subscribed when it first waits.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if first.done():
                first.result()
            response = web.StreamResponse(headers={"Cache-Control": "no-cache, private"})
            response.content_type = JSON
            await response.prepare(http)
            await _pump(response, first, events, formatter, encoder)
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
    await response.write_eof()
    return response


async def _pump(
    response: web.StreamResponse, first: asyncio.Future[WatchEvent | None],
    events: AsyncIterator[WatchEvent], formatter: Formatter, encoder: EventEncoder,
) -> None:  # fmt: skip
    defined = False
    try:
        event = await first
        while event is not None:
            is_row = event.type != "BOOKMARK"
            await response.write(encoder.line(event, formatter, first=not defined))
            defined = defined or is_row
            event = await anext(events, None)
    except ApiError as error:
        await response.write(encoder.error(error))
