"""An HTTP server that answers as a test says, and notes what it was asked."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.test_utils import RawTestServer

from tuik8s.api.request import User
from tuik8s.client import Client
from tuik8s.client.remote import Context, HttpsTransport, transport_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class OddServer:
    def __init__(self, transport: HttpsTransport, asked: list[web.BaseRequest]) -> None:
        self.transport = transport
        self.client = Client(transport, User("nobody"), agent="test")
        self.asked = asked


@asynccontextmanager
async def odd_server(answer: Answer, **user: Any) -> AsyncIterator[OddServer]:
    asked: list[web.BaseRequest] = []

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request)
        return await answer(request)

    async with RawTestServer(handle) as server:
        transport = transport_to(Context("odd", {"server": str(server.make_url("/prefix"))}, user))
        try:
            yield OddServer(transport, asked)
        finally:
            await transport.close()


def says(status: int, body: Any, **headers: str) -> Answer:
    """Always the same answer: text, or JSON for anything else."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, str):
            return web.Response(status=status, text=body, headers=named)
        return web.json_response(body, status=status, headers=named)

    return answer
