"""Datagrams to node ports, over real sockets."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.proxy.world import HOST, free_node_port, world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.control_plane import ControlPlane


class Client(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.answers.put_nowait(data)

    async def ask(self, text: str) -> str:
        self.transport.sendto(text.encode())
        async with asyncio.timeout(5):
            return (await self.answers.get()).decode()


@asynccontextmanager
async def client(port: int) -> AsyncIterator[Client]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Client, remote_addr=(HOST, port))
    yield protocol
    transport.close()


async def test_a_client_stays_with_its_endpoint(control_plane: ControlPlane) -> None:
    async with world(control_plane) as here:
        port = free_node_port(socket.SOCK_DGRAM)
        for uid in ("a", "b"):
            await here.serve_udp(uid)
        await here.expose(port, protocol="UDP")
        await here.publish("a", "b", protocol="UDP")
        await here.listening(port)
        async with client(port) as one, client(port) as two:
            assert [await one.ask(text) for text in "xy"] == ["a:x", "a:y"]
            assert [await two.ask(text) for text in "xy"] == ["b:x", "b:y"]
            assert here.proxy.statistics().connections == 2
            assert here.dialled == ["a", "b"]


async def test_idle_flows_end(control_plane: ControlPlane) -> None:
    async with world(control_plane, udp_idle_timeout=0.02) as here:
        port = free_node_port(socket.SOCK_DGRAM)
        await here.serve_udp("a")
        await here.expose(port, protocol="UDP")
        await here.publish("a", protocol="UDP")
        await here.listening(port)
        async with client(port) as one:
            assert await one.ask("x") == "a:x"
            await here.until(lambda: here.proxy.statistics().connections == 0)
            assert await one.ask("y") == "a:y"


async def test_flows_leave_endpoints_that_are_gone(control_plane: ControlPlane) -> None:
    async with world(control_plane) as here:
        port = free_node_port(socket.SOCK_DGRAM)
        for uid in ("a", "b"):
            await here.serve_udp(uid)
        await here.expose(port, protocol="UDP")
        await here.publish("a", protocol="UDP")
        await here.listening(port)
        async with client(port) as one:
            assert await one.ask("x") == "a:x"
            await here.publish("b", protocol="UDP")
            await here.until(lambda: here.proxy.statistics().connections == 0)
            assert await one.ask("y") == "b:y"


async def test_datagrams_without_endpoint_are_dropped(control_plane: ControlPlane) -> None:
    async with world(control_plane) as here:
        port = free_node_port(socket.SOCK_DGRAM)
        await here.expose(port, protocol="UDP")
        await here.listening(port)
        async with client(port) as one:
            one.transport.sendto(b"x")
            await here.until(lambda: (found := here.port(port)) is not None and found.rejected == 1)
            assert here.proxy.statistics().connections == 0
