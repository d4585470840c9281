"""pods/exec over WebSockets, and over SPDY for kubectl before 1.30 (apimachinery's remotecommand)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from tuik8s.api.errors import ApiError, BadRequest
from tuik8s.apiserver.http import options
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
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import User
    from tuik8s.apiserver.http.options import Query
    from tuik8s.apiserver.http.paths import ResourcePath
    from tuik8s.apiserver.http.streams.channels import Channels
    from tuik8s.apiserver.server import ApiServer
    from tuik8s.client.transport import ExecStream

V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"
SPDY = "SPDY/3.1"
STREAM_PROTOCOL = "X-Stream-Protocol-Version"
MESSAGE_LIMIT = 4 * 1024 * 1024
CHUNK = 32 * 1024
CLOSE_SECONDS = 5.0
"""How long the client may take to close its side."""
SUCCESS: Obj = {"metadata": {}, "status": "Success"}


async def serve_exec(
    request: web.BaseRequest, api: ApiServer, path: ResourcePath, query: Query, user: User
) -> web.StreamResponse:
    """Refusals come before the upgrade; the exit code comes as the last message."""
    command = query.get("command", [])
    if not command:
        raise BadRequest("you must specify at least 1 command for the container")
    tty = options.flag(query, "tty")
    wanted = {STDIN: options.flag(query, "stdin"), STDOUT: options.flag(query, "stdout")}
    wanted[STDERR] = options.flag(query, "stderr") and not tty
    if not any(wanted.values()):
        raise BadRequest("you must specify at least 1 of stdin, stdout, stderr")
    response = _upgrade(request)
    process = await api.exec(
        user, path.namespace, path.name, options.text(query, "container"), command, tty=tty,
        stdin=wanted[STDIN],
    )  # fmt: skip
    try:
        channels = await _open(request, response, [name for name, asked in wanted.items() if asked])
        if channels is not None:
            await _run(channels, process, wanted)
    finally:
        await process.close()
    return response


def _upgrade(request: web.BaseRequest) -> web.StreamResponse:
    """The response of the protocol that the client offers; BadRequest for any other."""
    if request.headers.get("Upgrade", "").upper() == SPDY:
        offered = ",".join(request.headers.getall(STREAM_PROTOCOL, [])).replace(" ", "").split(",")
        if V4 not in offered:
            raise BadRequest(
                f"unable to negotiate protocol: client supports {offered}, server accepts [{V4}]"
            )
        headers = {"Connection": "Upgrade", "Upgrade": SPDY, STREAM_PROTOCOL: V4}
        response = web.StreamResponse(status=101, headers=headers)
        response.force_close()
        return response
    socket = web.WebSocketResponse(
        protocols=(V5, V4), max_msg_size=MESSAGE_LIMIT, compress=False, timeout=CLOSE_SECONDS
    )
    if not socket.can_prepare(request):
        raise BadRequest("Upgrade request required")
    offered = request.headers.get("Sec-WebSocket-Protocol", "").replace(" ", "").split(",")
    if not {V4, V5} & set(offered):
        raise BadRequest(f"none of the protocols offered is supported; use {V5} or {V4}")
    return socket


async def _open(request: web.BaseRequest, response: web.StreamResponse, wanted: list[int]) -> Channels | None:
    """Answer the upgrade; None when the client does not go on with it."""
    if isinstance(response, web.WebSocketResponse):
        await response.prepare(request)
        return WebSocketChannels(response)
    channels = SpdyChannels(request, response)
    try:
        await channels.open([ERROR, *wanted])
    except (TimeoutError, ConnectionError):
        return None
    return channels


async def _run(channels: Channels, process: ExecStream, wanted: dict[int, bool]) -> None:
    """Until the process or the client ends."""
    receiving = asyncio.create_task(_receive(channels, process, wanted[STDIN]))
    sending = asyncio.create_task(_send(channels, process, wanted))
    try:
        await asyncio.wait([receiving, sending], return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            return  # the client is gone
        await channels.send(ERROR, msgspec.json.encode(sending.result()))
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
