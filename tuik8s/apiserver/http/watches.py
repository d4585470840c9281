"""Watches over HTTP: one JSON object a line, or a message of a WebSocket, for as long as both sides want."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol, cast

from aiohttp import web

from tuik8s.api.errors import ApiError
from tuik8s.apiserver.http.answers import sign
from tuik8s.apiserver.http.negotiation import JSON

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from tuik8s.api.request import Request, WatchEvent
    from tuik8s.apiserver.http.answers import Formatter
    from tuik8s.apiserver.http.encoding import EventEncoder

HEARTBEAT_SECONDS = 30.0
"""How often a WebSocket is asked whether somebody is still there."""


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
            lines = _lines(first, events, formatter, encoder)
            if http.headers.get("Upgrade", "").lower() == "websocket":
                return await _as_messages(http, lines)
            return await _as_lines(http, lines)
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)


async def _as_lines(http: web.BaseRequest, lines: AsyncIterator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse()
    response.content_type = JSON
    sign(response)
    await response.prepare(http)
    async for line in lines:
        await response.write(line)
    await response.write_eof()
    return response


async def _as_messages(http: web.BaseRequest, lines: AsyncIterator[bytes]) -> web.StreamResponse:
    """What the client says is not listened to, but that it goes."""
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
    await socket.prepare(http)

    async def send() -> None:
        async for line in lines:
            await socket.send_str(line.decode())
        await socket.close()

    sending = asyncio.create_task(send())
    try:
        async for _ in socket:
            pass
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return socket


async def _lines(
    first: asyncio.Future[WatchEvent | None], events: AsyncIterator[WatchEvent], formatter: Formatter,
    encoder: EventEncoder,
) -> AsyncIterator[bytes]:  # fmt: skip
    defined = False
    try:
        event = await first
        while event is not None:
            yield encoder.line(event, formatter, first=not defined)
            defined = defined or event.type != "BOOKMARK"
            event = await anext(events, None)
    except ApiError as error:
        yield encoder.error(error)
