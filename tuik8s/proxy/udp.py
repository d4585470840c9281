"""Carry datagrams from a port of the host to endpoints, and the answers back."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from tuik8s.proxy.traffic import CONNECT_TIMEOUT, DialUdp, Limit, Traffic, note_failure

if TYPE_CHECKING:
    from tuik8s.proxy.balancer import Balancer
    from tuik8s.proxy.service_table import Endpoint

log = logging.getLogger(__name__)

Address: TypeAlias = tuple[Any, ...]

# The kernel's own patience with a stream of datagrams (nf_conntrack_udp_timeout_stream).
IDLE_TIMEOUT = 120.0
# Datagrams that may wait while a flow is being set up; more are lost, as datagrams may be.
PENDING = 64


class UdpCarrier(asyncio.DatagramProtocol):
    """Listens on one port. Each client address is a flow of its own that stays with one endpoint until
    nothing was sent either way for `idle_timeout` seconds, or the endpoint is gone."""

    def __init__(
        self,
        balancer: Balancer,
        traffic: Traffic,
        limit: Limit,
        dial: DialUdp | None,
        idle_timeout: float = IDLE_TIMEOUT,
    ) -> None:
        self._balancer = balancer
        self._traffic = traffic
        self._limit = limit
        self._dial = dial
        self._idle_timeout = idle_timeout
        self._transport: asyncio.DatagramTransport | None = None
        self._flows: dict[Address, _Flow] = {}

    async def listen(self, host: str, port: int) -> None:
        """Raises OSError when the port cannot be had."""
        loop = asyncio.get_running_loop()
        await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))

    def endpoints_changed(self) -> None:
        """Flows to endpoints that are gone end, so that their next datagram finds another."""
        for flow in list(self._flows.values()):
            if flow.endpoint is not None and flow.endpoint not in self._balancer.endpoints:
                flow.end()

    def close(self) -> None:
        """There is no end of a flow to wait for."""
        for flow in list(self._flows.values()):
            flow.end()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    async def abort(self) -> None:
        tasks = [flow.task for flow in self._flows.values()]
        self.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def busy(self) -> bool:
        return False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        flow = self._flows.get(addr)
        if flow is None:
            self._traffic.total += 1
            if not self._balancer.endpoints or not self._limit.take():
                self._traffic.rejected += 1
                return
            self._traffic.open += 1
            flow = self._flows[addr] = _Flow(self, addr, self._idle_timeout)
        self._traffic.bytes_in += len(data)
        flow.send(data)

    def error_received(self, exc: Exception) -> None:
        log.debug("a client went away: %s", exc)

    def answer(self, data: bytes, client: Address) -> None:
        if self._transport is not None:
            self._traffic.bytes_out += len(data)
            self._transport.sendto(data, client)

    def ended(self, client: Address) -> None:
        del self._flows[client]
        self._traffic.open -= 1
        self._limit.give_back()

    async def connect(self, flow: _Flow) -> None:
        """Find an endpoint for a new flow, or end it."""
        try:
            if not await self._connect(flow):
                self._traffic.rejected += 1
                flow.end()
        except Exception:
            log.exception("udp flow")
            flow.end()

    async def _connect(self, flow: _Flow) -> bool:
        for endpoint in self._balancer.order(flow.client[0]):
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    address = await self._reach(endpoint)
                    loop = asyncio.get_running_loop()
                    await loop.create_datagram_endpoint(lambda: flow, remote_addr=address)
            except Exception as error:
                # Whatever the runtime's trouble with this endpoint is, another may still answer.
                self._traffic.failed += 1
                note_failure(endpoint, error)
            else:
                flow.endpoint = endpoint
                self._balancer.settled(flow.client[0], endpoint)
                return True
        return False

    async def _reach(self, endpoint: Endpoint) -> tuple[str, int]:
        if not endpoint.pod_uid:
            return endpoint.address, endpoint.port
        if self._dial is None:
            raise OSError("this container runtime cannot carry datagrams")
        return await self._dial(endpoint.node_name, endpoint.pod_uid, endpoint.port)


class _Flow(asyncio.DatagramProtocol):
    """One client's datagrams; ends by itself when idle."""

    def __init__(self, carrier: UdpCarrier, client: Address, idle_timeout: float) -> None:
        self.client = client
        self.endpoint: Endpoint | None = None
        self._carrier = carrier
        self._idle_timeout = idle_timeout
        self._transport: asyncio.DatagramTransport | None = None
        self._pending: list[bytes] = []
        self._ended = False
        loop = asyncio.get_running_loop()
        self._last = loop.time()
        self._timer = loop.call_later(idle_timeout, self._look)
        self.task = asyncio.create_task(carrier.connect(self), name="udp flow")

    def send(self, data: bytes) -> None:
        self._last = asyncio.get_running_loop().time()
        if self._transport is not None:
            self._transport.sendto(data)
        elif len(self._pending) < PENDING:
            self._pending.append(data)

    def end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._timer.cancel()
        if self.task is not asyncio.current_task():
            self.task.cancel()
        if self._transport is not None:
            self._transport.close()
        self._carrier.ended(self.client)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        if self._ended:
            self._transport.close()
            return
        for data in self._pending:
            self._transport.sendto(data)
        self._pending.clear()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._last = asyncio.get_running_loop().time()
        self._carrier.answer(data, self.client)

    def error_received(self, exc: Exception) -> None:
        log.debug("endpoint does not take datagrams: %s", exc)
        self.end()

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._last + self._idle_timeout - loop.time()
        if left <= 0:
            self.end()
        else:
            self._timer = loop.call_later(left, self._look)
