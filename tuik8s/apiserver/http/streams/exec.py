"""pods/exec over WebSockets (k8s.io/apimachinery/pkg/util/remotecommand: v5 and v4 of channel.k8s.io).

A message is one byte that names the channel, and data: 0 stdin, 1 stdout, 2 stderr, 3 the final Status,
4 the size of the terminal, 255 (v5 alone) the end of the channel named by the byte that follows.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from aiohttp import WSMsgType, web

from tuik8s.api.errors import ApiError, BadRequest
from tuik8s.apiserver.http import options

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import User
    from tuik8s.apiserver.http.options import Query
    from tuik8s.apiserver.http.paths import ResourcePath
    from tuik8s.apiserver.server import ApiServer
    from tuik8s.client.transport import ExecStream

V4, V5 = "v4.channel.k8s.io", "v5.channel.k8s.io"
STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
MESSAGE_LIMIT = 4 * 1024 * 1024
CHUNK = 32 * 1024
CLOSE_SECONDS = 1.0
"""How long the client may take to close its side."""
SUCCESS: Obj = {"metadata": {}, "status": "Success"}


async def serve_exec(
    request: web.BaseRequest, api: ApiServer, path: ResourcePath, query: Query, user: User
) -> web.StreamResponse:
    """Refusals come before the upgrade; the exit code comes as the last message."""
    command = query.get("command", [])
    if not command:
        raise BadRequest("you must specify at least 1 command for the container")
    wanted = {STDIN: options.flag(query, "stdin"), STDOUT: options.flag(query, "stdout")}
    wanted[STDERR] = options.flag(query, "stderr") and not options.flag(query, "tty")
    if not any(wanted.values()):
        raise BadRequest("you must specify at least 1 of stdin, stdout, stderr")
    socket = web.WebSocketResponse(
        protocols=(V5, V4), max_msg_size=MESSAGE_LIMIT, compress=False, timeout=CLOSE_SECONDS
    )
    if not socket.can_prepare(request):
        raise BadRequest("Upgrade request required; this release of tuik8s upgrades to WebSockets alone")
    offered = request.headers.get("Sec-WebSocket-Protocol", "").replace(" ", "").split(",")
    if not {V4, V5} & set(offered):
        raise BadRequest(f"none of the protocols offered is supported; use {V5} or {V4}")
    tty = options.flag(query, "tty")
    process = await api.exec(
        user, path.namespace, path.name, options.text(query, "container"), command, tty=tty,
        stdin=wanted[STDIN],
    )  # fmt: skip
    try:
        await socket.prepare(request)
        await _run(socket, process, wanted)
    finally:
        await process.close()
    return socket


async def _run(socket: web.WebSocketResponse, process: ExecStream, wanted: dict[int, bool]) -> None:
    """Until the process or the client ends."""
    receiving = asyncio.create_task(_receive(socket, process, wanted[STDIN]))
    sending = asyncio.create_task(_send(socket, process, wanted))
    try:
        await asyncio.wait([receiving, sending], return_when=asyncio.FIRST_COMPLETED)
        if not sending.done():
            return  # the client is gone
        await socket.send_bytes(bytes([ERROR]) + msgspec.json.encode(sending.result()))
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        await socket.close()
    except ConnectionError:
        return
    finally:
        for task in (receiving, sending):
            task.cancel()
        await asyncio.gather(receiving, sending, return_exceptions=True)


async def _send(socket: web.WebSocketResponse, process: ExecStream, wanted: dict[int, bool]) -> Obj:
    """Output as it comes, on the channels asked for; then what became of the process, as a Status."""
    try:
        async for channel, data in process.output():
            for start in range(0, len(data) if wanted.get(channel) else 0, CHUNK):
                await socket.send_bytes(bytes([channel]) + data[start : start + CHUNK])
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


async def _receive(socket: web.WebSocketResponse, process: ExecStream, stdin: bool) -> None:
    """Until the client closes. Old Python clients send text where bytes are meant."""
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            data = message.data.encode()
        elif message.type is WSMsgType.BINARY:
            data = message.data
        else:
            return
        if not data:
            continue
        channel, payload = data[0], data[1:]
        if channel == STDIN and stdin and payload:
            await process.send(payload)
        elif channel == RESIZE:
            await _resize(process, payload)
        elif channel == CLOSE and payload[:1] == bytes([STDIN]) and stdin:
            await process.close_stdin()


async def _resize(process: ExecStream, payload: bytes) -> None:
    try:
        size = msgspec.json.decode(payload, type=dict[str, int])
    except msgspec.DecodeError:
        return
    width, height = size.get("Width", 0), size.get("Height", 0)
    if 0 < width < 65536 and 0 < height < 65536:
        await process.resize(width, height)
