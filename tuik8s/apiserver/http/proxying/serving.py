"""One proxied request: forward it, copy the answer, and both ways where the connection changes its protocol
(apimachinery's util/proxy)."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from yarl import URL

from tuik8s.api.errors import ServiceUnavailable
from tuik8s.apiserver.http.proxying.connecting import GivenConnection, secured
from tuik8s.apiserver.http.proxying.headers import forwarded, request_headers, upgrade_of
from tuik8s.apiserver.http.proxying.rewriting import Rewriting
from tuik8s.apiserver.http.streams.carriers import ByteFeed, UpgradedConnection

if TYPE_CHECKING:
    from tuik8s.apiserver.backends import Backend
    from tuik8s.apiserver.http.proxying.paths import ProxyPath
    from tuik8s.apiserver.ports import Connection

DIAL_SECONDS = 30.0
HEADER_LIMIT = 64 * 1024
PAGE_LIMIT = 8 * 1024 * 1024
"""Bytes of a page whose links are rewritten; a larger one is passed on as it is."""
_NO_BODY = (204, 304)


async def serve_proxy(request: web.BaseRequest, path: ProxyPath, backend: Backend) -> web.StreamResponse:
    """Raises ServiceUnavailable when the backend cannot be reached or answers no HTTP."""
    if not path.rest and request.method in ("GET", "HEAD"):
        query = f"?{request.query_string}" if request.query_string else ""
        return web.Response(status=301, headers={"Location": f"{path.prefix}/{query}"})
    url = URL(f"http://{backend.host}{path.rest or '/'}{_query(request)}", encoded=True)
    connection = await _connect(backend)
    try:
        async with aiohttp.ClientSession(
            connector=GivenConnection(connection), cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False, timeout=aiohttp.ClientTimeout(total=None), max_line_size=HEADER_LIMIT,
            max_field_size=HEADER_LIMIT, skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding",
                                                            "Content-Type"),
        ) as session:  # fmt: skip
            return await _exchange(session, request, path, url)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        if isinstance(error, ConnectionError) and request.transport is None:
            raise
        raise _unreachable(error) from None
    finally:
        connection[1].close()


async def _connect(backend: Backend) -> Connection:
    try:
        async with asyncio.timeout(DIAL_SECONDS):
            connection = await backend.dial()
            if backend.scheme == "https":
                return await secured(connection)
            return connection
    except TimeoutError:
        raise _unreachable(f"dial tcp {backend.host}: i/o timeout") from None
    except TypeError:  # what does not leave this process is not encrypted
        raise _unreachable("http: server gave HTTP response to HTTPS client") from None
    except (OSError, ssl.SSLError) as error:
        text = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise _unreachable(f"dial tcp {backend.host}: {text}") from None


def _unreachable(why: object) -> ServiceUnavailable:
    return ServiceUnavailable(f"error trying to reach service: {why}")


async def _exchange(
    session: aiohttp.ClientSession, request: web.BaseRequest, path: ProxyPath, url: URL
) -> web.StreamResponse:
    body = request.content if request.body_exists else None
    headers = request_headers(request, path.prefix + path.rest)
    answer = await session.request(request.method, url, headers=headers, data=body, allow_redirects=False)
    async with answer:
        if answer.status == 101 and upgrade_of(answer.headers):
            return await _splice(request, answer)
        rewriting = Rewriting(path.prefix, request.host, url.authority)
        response = web.StreamResponse(status=answer.status, reason=answer.reason)
        response.headers.extend(forwarded(answer.headers))
        if location := answer.headers.get("Location"):
            response.headers["Location"] = rewriting.link(location)
        return await _copy(request, answer, response, rewriting)


async def _copy(
    request: web.BaseRequest, answer: aiohttp.ClientResponse, response: web.StreamResponse,
    rewriting: Rewriting,
) -> web.StreamResponse:  # fmt: skip
    bare = request.method == "HEAD" or answer.status in _NO_BODY
    pieces = answer.content.iter_any()
    start = b""
    if not bare and rewriting.applies(answer.headers):
        async for piece in pieces:
            start += piece
            if len(start) > PAGE_LIMIT:
                break
        else:
            start = await asyncio.to_thread(rewriting.page, start, answer.headers)
            response.headers.popall("Content-Length", None)
    await response.prepare(request)
    try:
        if start:
            await response.write(start)
        if not bare:
            async for piece in pieces:
                await response.write(piece)
    except aiohttp.ClientError:
        # The status is sent: only a broken connection can say that this is not all.
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError("the backend broke off its answer") from None
    await response.write_eof()
    return response


async def _splice(request: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """Bytes in both directions until one side ends."""
    connection = answer.connection
    assert connection is not None
    assert connection.protocol is not None
    transport = connection.transport
    assert transport is not None
    feed = ByteFeed(lambda: transport)
    connection.protocol.set_parser(feed, None)
    writer = asyncio.StreamWriter(transport, connection.protocol, None, asyncio.get_running_loop())
    response = web.StreamResponse(status=101, headers=forwarded(answer.headers))
    response.force_close()
    client = UpgradedConnection(request, response)
    await client.open()

    async def upload() -> None:
        while data := await client.receive():
            writer.write(data)
            await writer.drain()

    async def download() -> None:
        while data := await feed.receive():
            await client.send(data)

    tasks = [asyncio.create_task(upload()), asyncio.create_task(download())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
    return response


def _query(request: web.BaseRequest) -> str:
    raw = request.raw_path.partition("?")
    return raw[1] + raw[2]
