"""A process in a container, over a WebSocket (v5 and v4 of channel.k8s.io).

A message is a byte that names the channel, then data: 0 stdin, 1 stdout, 2 stderr, 3 how it ended, 4 the size
of the terminal; in v5, 255 and a channel end that channel.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import msgspec

from tuik8s.api.errors import ApiError, InternalError, MethodNotSupported, from_status
from tuik8s.client.remote.problems import Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.api.objects import Obj

STDIN, STDOUT, STDERR, ENDED, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
PROTOCOLS = (V5, V4)


class RemoteProcess:
    """An `ExecStream`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._ended.add_done_callback(_seen)

    async def output(self) -> AsyncIterator[tuple[int, bytes]]:
        error: Exception | None = None
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.ERROR:
                    error = message.data
                    break
                data = message.data.encode() if message.type is aiohttp.WSMsgType.TEXT else message.data
                if not data:
                    continue
                channel, rest = data[0], data[1:]
                if channel in (STDOUT, STDERR) and rest:
                    yield channel, rest
                elif channel == ENDED and rest:
                    self._end(rest)
                    break
        finally:  # whatever ended the reading, nobody will learn the exit code any more
            if not self._ended.done():
                self._ended.set_exception(self._broken(error))

    async def send(self, data: bytes) -> None:
        await self._send(STDIN, data)

    async def close_stdin(self) -> None:
        """MethodNotSupported with servers before 1.30, whose protocol has no word for it."""
        if self._socket.protocol != V5:
            raise MethodNotSupported(f"the server speaks {self._socket.protocol}, which cannot end the input")
        await self._send(CLOSE, bytes([STDIN]))

    async def resize(self, width: int, height: int) -> None:
        await self._send(RESIZE, msgspec.json.encode({"Width": width, "Height": height}))

    async def exit_code(self) -> int:
        return await asyncio.shield(self._ended)

    async def close(self) -> None:
        if not self._ended.done():
            self._ended.set_exception(Unreachable("the stream was closed before the process ended"))
        await self._socket.close()

    async def _send(self, channel: int, data: bytes) -> None:
        try:
            await self._socket.send_bytes(bytes([channel]) + data)
        except (aiohttp.ClientError, ConnectionError) as error:
            raise Unreachable("the stream to the container broke") from error

    def _end(self, payload: bytes) -> None:
        if self._ended.done():
            return
        try:
            self._ended.set_result(_exit_code(payload))
        except ApiError as error:
            self._ended.set_exception(error)

    def _broken(self, error: BaseException | None) -> ApiError:
        why = "the server closed it" if self._socket.closed else "it is read no more"
        return Unreachable(f"the stream to the container broke: {error or self._socket.exception() or why}")


def _exit_code(payload: bytes) -> int:
    """Of the final Status. Raises what else it says."""
    try:
        status = msgspec.json.decode(payload, type=dict[str, object])
    except msgspec.DecodeError:
        raise InternalError(payload.decode(errors="replace")) from None
    if status.get("status") == "Success":
        return 0
    if status.get("reason") == "NonZeroExitCode":
        for cause in _causes(status):
            text = str(cause.get("message"))
            if cause.get("reason") == "ExitCode" and text.isdecimal():
                return int(text)
    raise from_status(status)


def _causes(status: Obj) -> list[Obj]:
    details = status.get("details") or {}
    return list(details.get("causes") or ())


def _seen(ended: asyncio.Future[int]) -> None:
    """Nobody must ask how a process ended: then its error is no complaint of the loop's."""
    if not ended.cancelled():
        ended.exception()
