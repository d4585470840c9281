"""Connections to node ports, over real sockets."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from tests.proxy.world import HOST, free_node_port, world
from tuik8s.api import kinds
from tuik8s.api.events import occurrences
from tuik8s.api.objects import copy
from tuik8s.proxy import proxy as proxy_module

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane


async def test_connections_take_turns(control_plane: ControlPlane) -> None:
    async with world(control_plane) as here:
        port = free_node_port()
        for uid in ("a", "b", "c"):
            await here.serve(uid)
        await here.expose(port)
        await here.publish("a", "b", "c")
        await here.listening(port)
        assert [await here.ask(port) for _ in range(6)] == ["a", "b", "c"] * 2
        await here.until(lambda: here.proxy.statistics().connections == 0)
        statistics = here.port(port)
        assert statistics is not None
        assert (statistics.total, statistics.bytes_out, statistics.endpoints) == (6, 6, 3)


async def test_only_ready_endpoints_get_connections(control_plane: ControlPlane) -> None:
    async with world(control_plane) as here:
        port = free_node_port()
        await here.serve("a")
        await here.expose(port)
        await here.publish("a", ready=False, serving=False)
        await here.listening(port)
        with pytest.raises(ConnectionResetError):
            await here.ask(port)
        await here.publish("a", ready=False, serving=True, terminating=True)
        await here.until(lambda: (found := here.port(port)) is not None and found.endpoints)
        assert await here.ask(port) == "a"


async def test_without_endpoints_the_client_is_reset_at_once(control_plane: ControlPlane) -> None:
    async with world(control_plane) as here:
        port = free_node_port()
        await here.expose(port)
        await here.listening(port)
        async with asyncio.timeout(1):
            with pytest.raises(ConnectionResetError):
                await here.ask(port)
        await here.until(lambda: here.proxy.statistics().connections == 0)
        found = here.port(port)
        assert found is not None
        assert found.rejected == 1


async def test_dead_endpoints_are_passed_over(control_plane: ControlPlane) -> None:
    async with world(control_plane) as here:
        port = free_node_port()
        await here.serve("b")
        await here.expose(port)
        await here.publish("a", "b")
        await here.listening(port)
        assert [await here.ask(port) for _ in range(3)] == ["b", "b", "b"]
        found = here.port(port)
        assert found is not None
        assert found.failed >= 1


async def test_a_runtime_in_trouble_spoils_one_endpoint_only(control_plane: ControlPlane) -> None:
    async with world(control_plane) as here:
        port = free_node_port()
        await here.serve("b")
        here.broken.add("a")
        await here.expose(port)
        await here.publish("a", "b")
        await here.listening(port)
        assert await here.ask(port) == "b"


async def test_each_side_may_end_its_half(control_plane: ControlPlane) -> None:
    async def count_then_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"got {len(await reader.read())}".encode())
        await writer.drain()
        writer.close()

    async with world(control_plane) as here:
        port = free_node_port()
        await here.serve("a", count_then_answer)
        await here.expose(port)
        await here.publish("a")
        await here.listening(port)
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"x" * 3_000_000)
        writer.write_eof()
        assert await reader.read() == b"got 3000000"
        writer.close()


async def test_a_slow_reader_holds_the_sender_back(control_plane: ControlPlane) -> None:
    sent = 0

    async def pour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        while sent < 200_000_000:
            writer.write(b"x" * 1_000_000)
            await writer.drain()
            sent += 1_000_000
        writer.close()

    async with world(control_plane) as here:
        port = free_node_port()
        await here.serve("a", pour)
        await here.expose(port)
        await here.publish("a")
        await here.listening(port)
        reader, writer = await asyncio.open_connection(HOST, port)
        await reader.readexactly(1000)
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.05)
        assert 0 < sent < 100_000_000
        writer.transport.abort()


async def test_a_reset_by_the_pod_reaches_the_client(control_plane: ControlPlane) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        writer.transport.abort()

    async with world(control_plane) as here:
        port = free_node_port()
        await here.serve("a", break_off)
        await here.expose(port)
        await here.publish("a")
        await here.listening(port)
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"x")
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()


async def test_client_ip_affinity(control_plane: ControlPlane) -> None:
    async with world(control_plane) as here:
        port = free_node_port()
        for uid in ("a", "b"):
            await here.serve(uid)
        await here.expose(port, sessionAffinity="ClientIP")
        await here.publish("a", "b")
        await here.listening(port)
        answers = {await here.ask(port) for _ in range(5)}
        assert len(answers) == 1
        (other,) = {"a", "b"} - answers
        await here.publish(other)
        await here.until(lambda: (found := here.port(port)) is not None and found.endpoints == 1)
        assert await here.ask(port) == other


async def test_more_than_the_limit_is_refused(control_plane: ControlPlane) -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with world(control_plane, max_connections=1) as here:
        port = free_node_port()
        await here.serve("a", wait)
        await here.expose(port)
        await here.publish("a")
        await here.listening(port)
        _, first = await asyncio.open_connection(HOST, port)
        await here.until(lambda: here.proxy.statistics().connections == 1)
        with pytest.raises(ConnectionResetError):
            await here.ask(port)
        first.close()
        await here.until(lambda: here.proxy.statistics().connections == 0)


async def test_a_changed_port_moves_and_open_connections_go_on(control_plane: ControlPlane) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    async with world(control_plane) as here:
        port, other = free_node_port(), free_node_port()
        await here.serve("a", echo)
        service = copy(await here.expose(port))
        await here.publish("a")
        await here.listening(port)
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"one\n")
        assert await reader.readline() == b"one\n"
        service["spec"]["ports"][0]["nodePort"] = other
        await here.client.update(kinds.SERVICE, service)
        await here.listening(other)
        with pytest.raises(ConnectionRefusedError):
            await here.ask(port)
        writer.write(b"two\n")
        assert await reader.readline() == b"two\n"
        writer.close()
        await here.client.delete(kinds.SERVICE, "default", "web")
        await here.until(lambda: here.proxy.statistics().listeners == 0)


async def test_a_taken_port_is_reported_and_had_when_it_is_free(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy_module, "RETRY_INTERVAL", 0.01)
    async with world(control_plane) as here:
        port, fine = free_node_port(), free_node_port()
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind((HOST, port))
            taken.listen()
            await here.serve("a")
            await here.expose(port)
            await here.publish("a")
            await here.expose(fine, name="other")
            await here.listening(fine)
            await here.until(lambda: (found := here.port(port)) is not None and found.problem)
            await asyncio.sleep(0.05)
            await here.recorder.flush()
            events = (await here.client.list(kinds.EVENT, "default"))["items"]
            (event,) = [e for e in events if e["reason"] == "FailedToListenOnNodePort"]
            assert event["type"] == "Warning"
            assert event["involvedObject"]["name"] == "web"
            assert f"127.0.0.1:{port}/TCP" in event["message"]
            assert occurrences(event) == 1
            if sys.platform == "linux":
                assert f"(pid {os.getpid()}) has it" in event["message"]
        await here.listening(port)
        assert await here.ask(port) == "a"
        found = here.port(port)
        assert found is not None
        assert found.problem == ""


async def test_stopping_ends_everything_and_running_again_listens_again(control_plane: ControlPlane) -> None:
    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with world(control_plane) as here:
        port = free_node_port()
        await here.serve("a", wait)
        await here.expose(port)
        await here.publish("a")
        await here.listening(port)
        await here.proxy._abort()
        with pytest.raises(ConnectionRefusedError):
            await here.ask(port)
        again = asyncio.create_task(here.proxy.run())
        await here.listening(port)
        reader, writer = await asyncio.open_connection(HOST, port)
        await here.until(lambda: here.proxy.statistics().connections == 1)
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()
        assert here.proxy.statistics().connections == 0
