"""`hostPort` on the simulated runtime: real sockets of this machine before a pod's simulated ports."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.cri.protocol import RuntimeFault
from tuik8s.cri.simulated.serving import EchoDatagrams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tuik8s.cri.protocol import PortMapping


class Refusal(asyncio.Protocol):
    """A connection that nobody in the pod accepts."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


class HostPorts:
    """The sockets of one pod, bound to the mapping's own address, or else to `host`."""

    def __init__(self, host: str, serve: Callable[[int], asyncio.Protocol]) -> None:
        self._host = host
        self._serve = serve
        self._open: list[asyncio.Server | asyncio.BaseTransport] = []

    async def open(self, ports: Iterable[PortMapping]) -> None:
        """Raises `RuntimeFault` in the engine's words, and keeps nothing, when one is taken."""
        try:
            for port in ports:
                await self._bind(port)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        for each in self._open:
            each.close()
        self._open.clear()

    async def _bind(self, port: PortMapping) -> None:
        loop = asyncio.get_running_loop()
        host = port.host_ip or self._host
        try:
            if port.protocol == "UDP":
                transport, _ = await loop.create_datagram_endpoint(
                    EchoDatagrams, local_addr=(host, port.host_port)
                )
                self._open.append(transport)
            else:
                number = port.container_port
                server = await loop.create_server(lambda: self._serve(number), host, port.host_port)
                self._open.append(server)
        except OSError as error:
            raise RuntimeFault(
                f"driver failed programming external connectivity: Bind for {host}:{port.host_port} failed:"
                f" {error.strerror or error}"
            ) from error
