"""pods/exec and pods/attach: over WebSockets, and over SPDY for kubectl before 1.30 (apimachinery's
remotecommand)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from tuik8s.api.errors import ApiError, BadRequest
from tuik8s.apiserver.http import options
from tuik8s.apiserver.http.streams import upgrades
from tuik8s.apiserver.http.streams.carriers import UpgradedConnection
from tuik8s.apiserver.http.streams.channels import (
    ERROR,
    RESIZE,
    STDERR,
    STDIN,
    STDOUT,
    SpdyChannels,
    WebSocketChannels,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tuik8s.api.objects import Obj
    from tuik8s.api.request import User
    from tuik8s.apiserver.http.options import Query
    from tuik8s.apiserver.http.paths import ResourcePath
    from tuik8s.apiserver.http.streams.channels import Channels
    from tuik8s.apiserver.server import ApiServer
    from tuik8s.client.transport import ExecStream

V4 = "v4.channel.k8s.io"
PLAIN = ("", "channel.k8s.io", "base64.channel.k8s.io")
"""The first version: its error channel is plain text, and silent where all went well."""
PROTOCOLS = ("v5.channel.k8s.io", V4, "v4.base64.channel.k8s.io", *PLAIN)
CHUNK = 32 * 1024
SUCCESS: Obj = {"metadata": {}, "status": "Success"}


async def serve_exec(
    request: web.BaseRequest, api: ApiServer, path: ResourcePath, query: Query, user: User
) -> web.StreamResponse:
    command = query.get("command", [])
    if not command:
        raise BadRequest("you must specify at least 1 command for the container")
    container, tty = options.text(query, "container"), options.flag(query, "tty")

    async def start(stdin: bool) -> ExecStream:
        return await api.exec(user, path.namespace, path.name, container, command, tty=tty, stdin=stdin)

    return await _serve(request, query, start)


async def serve_attach(
    request: web.BaseRequest, api: ApiServer, path: ResourcePath, query: Query, user: User
) -> web.StreamResponse:
    container = options.text(query, "container")

    async def start(stdin: bool) -> ExecStream:
        return await api.attach(user, path.namespace, path.name, container, stdin=stdin)

    return await _serve(request, query, start)


async def _serve(
    request: web.BaseRequest, query: Query, start: Callable[[bool], Awaitable[ExecStream]]
) -> web.StreamResponse:
    """Refusals come before the upgrade; the exit code comes as the last message."""
    wanted = {STDIN: options.flag(query, "stdin"), STDOUT: options.flag(query, "stdout")}
    wanted[STDERR] = options.flag(query, "stderr") and not options.flag(query, "tty")
    if not any(wanted.values()):
        raise BadRequest("you must specify at least 1 of stdin, stdout, stderr")
    response = _upgrade(request)
    process = await start(wanted[STDIN])
    try:
        channels = await _open(request, response, [name for name, asked in wanted.items() if asked])
        if channels is not None:
            plain = isinstance(response, web.WebSocketResponse) and (response.ws_protocol or "") in PLAIN
            await _run(channels, process, wanted, _text_status if plain else msgspec.json.encode)
    finally:
        await process.close()
    return response


def _upgrade(request: web.BaseRequest) -> web.StreamResponse:
    """The response of the protocol that the client offers; BadRequest for any other."""
    if upgrades.is_spdy(request):
        return upgrades.accept_spdy(request, V4)
    return upgrades.accept_web_socket(request, PROTOCOLS)


async def _open(request: web.BaseRequest, response: web.StreamResponse, wanted: list[int]) -> Channels | None:
    """Answer the upgrade; None when the client does not go on with it."""
    if isinstance(response, web.WebSocketResponse):
        await response.prepare(request)
        return WebSocketChannels(response)
    channels = SpdyChannels(UpgradedConnection(request, response))
    try:
        await channels.open([ERROR, *wanted])
    except (TimeoutError, ConnectionError):
        return None
    return channels


async def _run(
    channels: Channels, process: ExecStream, wanted: dict[int, bool], encode: Callable[[Obj], bytes]
) -> None:
    """Until the process or the client ends."""
    receiving = asyncio.create_task(_receive(channels, process, wanted[STDIN]))
    sending = asyncio.create_task(_send(channels, process, wanted))
    try:
        await asyncio.wait([receiving, sending], return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            return  # the client is gone
        status = encode(sending.result())
        if status:
            await channels.send(ERROR, status)
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        await channels.close()
    except ConnectionError:
        return
    finally:
        for task in (receiving, sending):
            task.cancel()
        await asyncio.gather(receiving, sending, return_exceptions=True)


async def _send(channels: Channels, process: ExecStream, wanted: dict[int, bool]) -> Obj:
    """Output as it comes, on the channels asked for; then what became of the process, as a Status."""
    try:
        async for channel, data in process.output():
            for start in range(0, len(data) if wanted.get(channel) else 0, CHUNK):
                await channels.send(channel, data[start : start + CHUNK])
        return _ended(await process.exit_code())
    except ApiError as error:
        return error.status()


def _ended(code: int) -> Obj:
    if code == 0:
        return SUCCESS
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def _text_status(status: Obj) -> bytes:
    return b"" if status["status"] == "Success" else str(status["message"]).encode()


async def _receive(channels: Channels, process: ExecStream, stdin: bool) -> None:
    """Until the client closes."""
    async for channel, data in channels.received():
        if channel == STDIN and stdin:
            if data is None:
                await process.close_stdin()
            elif data:
                await process.send(data)
        elif channel == RESIZE and data:
            await _resize(process, data)


async def _resize(process: ExecStream, payload: bytes) -> None:
    try:
        size = msgspec.json.decode(payload, type=dict[str, int])
    except msgspec.DecodeError:
        return
    width, height = size.get("Width", 0), size.get("Height", 0)
    if 0 < width < 65536 and 0 < height < 65536:
        await process.resize(width, height)
