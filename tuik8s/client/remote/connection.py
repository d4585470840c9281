"""HTTP to one server: connections, TLS, who we are, refusals; what goes wrong becomes an ApiError."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from tuik8s import __version__
from tuik8s.api.errors import ApiError, Unauthorized
from tuik8s.client.remote.problems import connection_to, refusal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.client.remote.credentials import Credentials
    from tuik8s.client.remote.endpoint import Endpoint
    from tuik8s.client.remote.wire import HttpRequest

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 70.0
"""Longer than the minute that API servers give a request."""
MOST_TRIES, LONGEST_WAIT = 10, 30.0
"""How often a server that says Retry-After is asked again, and how long at most it is waited for."""
PING_SECONDS = 30.0
"""A shell in which nobody types must not be taken for dead on the way."""
REFUSAL_BYTES = 64 * 1024
_KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}


class Connection:
    """Opens at the first request; `close` ends all that is under way."""

    def __init__(self, endpoint: Endpoint, credentials: Credentials) -> None:
        self.endpoint = endpoint
        self.credentials = credentials
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def fetch(self, request: HttpRequest, *, agent: str = "") -> tuple[bytes, Sequence[str]]:
        """The whole answer and its Warning headers. A server that wants to be asked later is."""
        for attempt in range(1, MOST_TRIES + 1):
            try:
                async with self.open(request, agent=agent, seconds=ANSWER_SECONDS) as response:
                    return await response.read(), response.headers.getall("Warning", ())
            except ApiError as error:
                wait = (error.details or {}).get("retryAfterSeconds")
                if wait is None or not (error.code == 429 or error.code >= 500) or attempt == MOST_TRIES:
                    raise
                await asyncio.sleep(min(float(wait), LONGEST_WAIT))
        raise AssertionError("unreachable")

    @asynccontextmanager
    async def open(
        self, request: HttpRequest, *, agent: str = "", seconds: float | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The answer as a stream; refusals are raised. `seconds` limits it as a whole."""
        with connection_to(self.endpoint.url):
            response = await self._send(request, agent, seconds)
            async with response:
                yield response

    async def web_socket(
        self, target: str, protocols: Sequence[str], *, agent: str = ""
    ) -> aiohttp.ClientWebSocketResponse:
        with connection_to(self.endpoint.url):
            try:
                return await self._upgrade(target, protocols, agent)
            except Unauthorized:
                if not self.credentials.forget():
                    raise
                return await self._upgrade(target, protocols, agent)

    async def _upgrade(
        self, target: str, protocols: Sequence[str], agent: str
    ) -> aiohttp.ClientWebSocketResponse:
        options = await self._options((), agent)
        url = URL(self.endpoint.url + target, encoded=True)
        timeout = aiohttp.ClientWSTimeout(ws_close=5.0)
        opened: aiohttp.ClientWebSocketResponse = await self._opened().ws_connect(
            url, protocols=protocols, max_msg_size=0, timeout=timeout, heartbeat=PING_SECONDS, **options
        )
        if opened.protocol not in protocols:
            await opened.close()
            raise refusal(400, b"the server speaks none of " + ", ".join(protocols).encode())
        return opened

    async def _send(self, request: HttpRequest, agent: str, seconds: float | None) -> aiohttp.ClientResponse:
        """What a server did not let in it did not do: with new credentials it is asked once more."""
        try:
            return await self._try(request, agent, seconds)
        except Unauthorized:
            if not self.credentials.forget():
                raise
            return await self._try(request, agent, seconds)

    async def _try(self, request: HttpRequest, agent: str, seconds: float | None) -> aiohttp.ClientResponse:
        options = await self._options(request.headers, agent)
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS, connect=None)
        url = URL(self.endpoint.url + request.target, encoded=True)
        return await self._opened().request(
            request.method, url, data=request.body, timeout=timeout, allow_redirects=False, **options
        )

    async def _options(self, headers: Sequence[tuple[str, str]], agent: str) -> dict[str, Any]:
        identity = await self.credentials.identity()
        sent = CIMultiDict([*headers, *identity.headers])
        sent["User-Agent"] = f"{agent or 'tuik8s'}/{__version__}"
        options: dict[str, Any] = {"headers": sent, "proxy": self.endpoint.proxy}
        if self.endpoint.url.startswith("https:"):
            options |= {"ssl": identity.tls, "server_hostname": self.endpoint.server_name}
        return options

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, socket_factory=_socket)
            # Unlike a cookie jar, an API server is the same for every request.
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), raise_for_status=_refuse
            )
        return self._session


async def _refuse(response: aiohttp.ClientResponse) -> None:
    """Raise what an answer of 300 and above means. aiohttp calls it before upgrades as well."""
    if response.status < 300:
        return
    async with response:
        body = await response.content.read(REFUSAL_BYTES)
        while len(body) < REFUSAL_BYTES and not response.content.at_eof():
            body += await response.content.read(REFUSAL_BYTES - len(body))
        if location := response.headers.get("Location"):
            body = f"it redirects to {location}, which is not followed: put that into the kubeconfig".encode()
        raise refusal(response.status, body, response.headers.get("Retry-After"))


def _socket(address: Any) -> socket.socket:
    """A watch may be silent for minutes: the operating system finds out when its other end is gone."""
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE.items():
        if hasattr(socket, name):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return made
