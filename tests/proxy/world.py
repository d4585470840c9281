"""A running proxy before real sockets: pods are little servers on free ports of this host."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tuik8s.api import kinds
from tuik8s.api.errors import ApiError
from tuik8s.api.objects import copy
from tuik8s.client import SeriesRecorder
from tuik8s.proxy import NodePortProxy, PortStatistics
from tuik8s.reconcile import Informers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

HOST = "127.0.0.1"


def free_node_port(kind: int = socket.SOCK_STREAM) -> int:
    while True:
        port = random.randint(30000, 32767)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port


class World:
    """`serve` starts a pod, `publish` a Service's endpoints; `dial` reaches pods as a runtime would."""

    def __init__(self, plane: ControlPlane, **options: Any) -> None:
        self.plane = plane
        self.client = plane.client
        self.recorder = SeriesRecorder(plane.client, "kube-proxy", clock=plane.clock, host="here")
        self.informers = Informers(plane.client_for("system:kube-proxy"))
        self.proxy = NodePortProxy(
            self.informers, self.dial, dial_udp=self.dial_udp, recorder=self.recorder, **options
        )
        self.ports: dict[str, int] = {}
        self.dialled: list[str] = []
        self.broken: set[str] = set()
        self._servers: list[asyncio.Server | asyncio.DatagramTransport] = []

    async def dial(self, node: str, uid: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert (node, port) == ("node-1", 8080)
        self.dialled.append(uid)
        if uid in self.broken:
            raise RuntimeError("the engine is gone")
        if uid not in self.ports:
            raise ConnectionRefusedError(111, "connection refused")
        return await asyncio.open_connection(HOST, self.ports[uid])

    async def dial_udp(self, _node: str, uid: str, _port: int) -> tuple[str, int]:
        self.dialled.append(uid)
        return HOST, self.ports[uid]

    async def serve(self, uid: str, handler: Callable[..., Any] | None = None) -> None:
        """A pod that says its name and ends, or does what `handler` does."""

        async def say_name(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(uid.encode())
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(handler or say_name, HOST, 0)
        self._servers.append(server)
        self.ports[uid] = server.sockets[0].getsockname()[1]

    async def serve_udp(self, uid: str) -> None:
        """A pod that answers each datagram with its name and the datagram."""

        class Echo(asyncio.DatagramProtocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.transport: Any = transport

            def datagram_received(self, data: bytes, addr: Any) -> None:
                self.transport.sendto(uid.encode() + b":" + data, addr)

        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Echo, local_addr=(HOST, 0))
        self._servers.append(transport)
        self.ports[uid] = transport.get_extra_info("sockname")[1]

    async def expose(self, node_port: int, *, protocol: str = "TCP", name: str = "web", **spec: Any) -> Obj:
        port = {"port": 80, "targetPort": 8080, "nodePort": node_port, "protocol": protocol}
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"type": "NodePort", "ports": [port], **spec},
        }
        return await self.client.create(kinds.SERVICE, service)

    async def publish(self, *uids: str, name: str = "web", protocol: str = "TCP", **conditions: bool) -> None:
        """These pods, and no others, are the endpoints; keywords override their conditions."""
        slice_ = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"{name}-1",
                "namespace": "default",
                "labels": {"kubernetes.io/service-name": name},
            },
            "addressType": "IPv4",
            "ports": [{"name": "", "port": 8080, "protocol": protocol}],
            "endpoints": [
                {
                    "addresses": [f"10.244.0.{number + 1}"],
                    "conditions": {"ready": True, "serving": True, "terminating": False, **conditions},
                    "nodeName": "node-1",
                    "targetRef": {"kind": "Pod", "namespace": "default", "name": uid, "uid": uid},
                }
                for number, uid in enumerate(uids)
            ],
        }
        try:
            current = copy(await self.client.get(kinds.ENDPOINT_SLICE, "default", f"{name}-1"))
        except ApiError:
            written = await self.client.create(kinds.ENDPOINT_SLICE, slice_)
        else:
            current["endpoints"] = slice_["endpoints"]
            written = await self.client.update(kinds.ENDPOINT_SLICE, current)
        await self.informers.of(kinds.ENDPOINT_SLICE).reached(int(written["metadata"]["resourceVersion"]))

    def port(self, number: int) -> PortStatistics | None:
        return next((p for p in self.proxy.statistics().ports if p.node_port == number), None)

    async def listening(self, number: int) -> None:
        await self.until(lambda: (port := self.port(number)) is not None and port.listening)

    async def until(self, check: Callable[[], Any]) -> None:
        async with asyncio.timeout(5):
            while not check():  # noqa: ASYNC110 - what is awaited happens in sockets
                await asyncio.sleep(0.001)

    async def ask(self, node_port: int) -> str:
        reader, writer = await asyncio.open_connection(HOST, node_port)
        try:
            return (await reader.read()).decode()
        finally:
            writer.close()

    async def close(self) -> None:
        for server in self._servers:
            server.close()


@asynccontextmanager
async def world(plane: ControlPlane, **options: Any) -> AsyncIterator[World]:
    made = World(plane, **options)
    tasks = [asyncio.create_task(part.run()) for part in (made.informers, made.recorder, made.proxy)]
    try:
        await made.informers.synced()
        yield made
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await made.close()
