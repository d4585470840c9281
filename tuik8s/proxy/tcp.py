"""Carry TCP connections from a port of the host to endpoints."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from tuik8s.proxy.traffic import CONNECT_TIMEOUT, Dial, Limit, Traffic, note_failure

if TYPE_CHECKING:
    from tuik8s.proxy.balancer import Balancer
    from tuik8s.proxy.service_table import Endpoint

log = logging.getLogger(__name__)

Count = Callable[[int], None]

CHUNK = 65536
# Discard what is unsent and answer with RST instead of FIN when the socket is closed.
LINGER_NONE = struct.pack("ii", 1, 0)


class TcpCarrier:
    """Listens on one port. Bytes wait for the slower side; either side may end its half first.

    An endpoint that does not answer is passed over for the next; a client for whom there is none gets a
    reset, at once, as kube-proxy's REJECT does. After `close` what is under way goes on; `abort` ends it.
    """

    def __init__(self, balancer: Balancer, traffic: Traffic, limit: Limit, dial: Dial) -> None:
        self._balancer = balancer
        self._traffic = traffic
        self._limit = limit
        self._dial = dial
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int) -> None:
        """Raises OSError when the port cannot be had."""
        self._server = await asyncio.start_server(self._accept, host, port, reuse_address=True)

    def endpoints_changed(self) -> None:
        """Connections stay with their endpoint as long as it lives."""

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def abort(self) -> None:
        self.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._traffic.total += 1
        if not self._limit.take():
            self._traffic.rejected += 1
            log.warning("connection refused: %d are open already", self._limit.most)
            _reset(writer)
            return
        task = asyncio.create_task(self._serve(reader, writer), name="proxied connection")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._traffic.open += 1
        try:
            client: str = writer.get_extra_info("peername")[0]
            backend = await self._connect(client)
            if backend is None:
                self._traffic.rejected += 1
                _reset(writer)
            else:
                await self._carry((reader, writer), backend)
        except asyncio.CancelledError:
            _reset(writer)
            raise
        except Exception:
            log.exception("proxied connection")
            _reset(writer)
        finally:
            self._traffic.open -= 1
            self._limit.give_back()

    async def _connect(self, client: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        for endpoint in self._balancer.order(client):
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    backend = await self._reach(endpoint)
            except Exception as error:
                # Whatever the runtime's trouble with this endpoint is, another may still answer.
                self._traffic.failed += 1
                note_failure(endpoint, error)
            else:
                self._balancer.settled(client, endpoint)
                return backend
        return None

    async def _reach(self, endpoint: Endpoint) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if endpoint.pod_uid:
            return await self._dial(endpoint.node_name, endpoint.pod_uid, endpoint.port)
        return await asyncio.open_connection(endpoint.address, endpoint.port)

    async def _carry(
        self,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        backend: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        def sent(count: int) -> None:
            self._traffic.bytes_in += count

        def received(count: int) -> None:
            self._traffic.bytes_out += count

        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_pump(client[0], backend[1], sent))
                tasks.create_task(_pump(backend[0], client[1], received))
        except* OSError as errors:
            # One side broke off, so the other must not believe that this was the end.
            log.debug("connection broke: %s", errors.exceptions[0])
            _reset(client[1])
            backend[1].transport.abort()
        finally:
            for _, writer in (client, backend):
                writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Count) -> None:
    while chunk := await reader.read(CHUNK):
        count(len(chunk))
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    if sock is not None and sock.fileno() >= 0:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NONE)
    writer.transport.abort()
