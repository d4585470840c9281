"""Keep a listener for every node port, in step with Services and EndpointSlices."""

from __future__ import annotations

import asyncio
import errno
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import kinds, services
from tuik8s.api.objects import Key, Obj, key_of, labels_of
from tuik8s.proxy.balancer import Balancer
from tuik8s.proxy.port_owner import owner_of
from tuik8s.proxy.service_table import NodePort, ServicePort, service_ports
from tuik8s.proxy.tcp import TcpCarrier
from tuik8s.proxy.traffic import Dial, DialUdp, Limit, Traffic
from tuik8s.proxy.udp import IDLE_TIMEOUT, UdpCarrier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.client import SeriesRecorder
    from tuik8s.reconcile import Informers

log = logging.getLogger(__name__)

RETRY_INTERVAL = 5.0
MAX_CONNECTIONS = 4096
BY_SERVICE = "service"


class PortStatistics(NamedTuple):
    service: Key
    name: str
    protocol: str
    node_port: int
    listening: bool
    problem: str
    """Why it does not listen; empty when it does."""
    endpoints: int
    open: int
    total: int
    rejected: int
    failed: int
    bytes_in: int
    bytes_out: int


class ProxyStatistics(NamedTuple):
    name: str
    listeners: int
    connections: int
    ports: tuple[PortStatistics, ...]


@dataclass
class _Listener:
    """One node port of one Service."""

    wanted: ServicePort
    carrier: TcpCarrier | UdpCarrier
    balancer: Balancer
    traffic: Traffic
    listening: bool = False
    problem: str = ""
    reported: str = field(default="", repr=False)


class NodePortProxy:
    """Listens on `host` at the node port of every NodePort and LoadBalancer Service, TCP and UDP, and spreads
    connections round-robin over its ready endpoints (sessionAffinity ClientIP is kept).

    All nodes share this one host, so every endpoint is local: externalTrafficPolicy and internalTrafficPolicy
    `Local` mean what `Cluster` means. A port that another program has is reported as an event on the Service
    and tried again every five seconds; other ports are not affected. A port that is no longer wanted is given
    up at once, while connections under way go on to their end. `dial` and `dial_udp` reach a pod's port;
    without `dial_udp` datagrams are rejected.
    """

    name = "kube-proxy"

    def __init__(
        self,
        informers: Informers,
        dial: Dial,
        *,
        dial_udp: DialUdp | None = None,
        recorder: SeriesRecorder | None = None,
        host: str = "127.0.0.1",
        max_connections: int = MAX_CONNECTIONS,
        udp_idle_timeout: float = IDLE_TIMEOUT,
    ) -> None:
        self._dial, self._dial_udp = dial, dial_udp
        self._recorder = recorder
        self._host = host
        self._udp_idle_timeout = udp_idle_timeout
        self._limit = Limit(max_connections)
        self._services = informers.of(kinds.SERVICE)
        self._slices = informers.of(kinds.ENDPOINT_SLICE)
        self._slices.add_index(BY_SERVICE, _services_of_slice)
        self._listeners: dict[tuple[Key, NodePort], _Listener] = {}
        self._draining: list[_Listener] = []
        self._dirty: set[Key] = set()
        self._wakeup = asyncio.Event()
        self._services.subscribe(self._service_changed)
        self._slices.subscribe(self._slice_changed)

    async def run(self) -> None:
        await self._services.synced.wait()
        await self._slices.synced.wait()
        self._dirty.update(map(key_of, self._services.list()))
        try:
            while True:
                await self._synchronize()
                waiting = any(not listener.listening for listener in self._listeners.values())
                try:
                    async with asyncio.timeout(RETRY_INTERVAL if waiting else None):
                        await self._wakeup.wait()
                except TimeoutError:
                    log.debug("trying the node ports again that were taken")
        finally:
            await self._abort()

    def statistics(self) -> ProxyStatistics:
        listeners = sorted(self._listeners.values(), key=lambda listener: listener.wanted.node_port.number)
        return ProxyStatistics(
            self.name,
            sum(listener.listening for listener in listeners),
            self._limit.used,
            tuple(_statistics_of(listener) for listener in listeners),
        )

    def _service_changed(self, old: Obj | None, new: Obj | None) -> None:
        self._mark(key_of(new or old or {}))

    def _slice_changed(self, old: Obj | None, new: Obj | None) -> None:
        for slice_ in (old, new):
            name = labels_of(slice_).get(services.SERVICE_NAME_LABEL) if slice_ is not None else None
            if slice_ is not None and name:
                self._mark(Key(key_of(slice_).namespace, name))

    def _mark(self, key: Key) -> None:
        self._dirty.add(key)
        self._wakeup.set()

    async def _synchronize(self) -> None:
        self._wakeup.clear()
        self._draining = [listener for listener in self._draining if listener.carrier.busy]
        wanted: list[ServicePort] = []
        while self._dirty:
            wanted += self._plan(self._dirty.pop())
        for port in wanted:
            self._adopt(port)
        for listener in list(self._listeners.values()):
            if not listener.listening:
                await self._listen(listener)

    def _plan(self, key: Key) -> list[ServicePort]:
        """What this Service wants now; what it no longer wants is given up before anything is opened."""
        service = self._services.get(key)
        ports: list[ServicePort] = []
        if service is not None:
            ports = service_ports(service, key, self._slices.by_index(BY_SERVICE, str(key)))
        wanted = {(key, port.node_port) for port in ports}
        for identity in [known for known in self._listeners if known[0] == key and known not in wanted]:
            self._give_up(identity)
        return ports

    def _give_up(self, identity: tuple[Key, NodePort]) -> None:
        listener = self._listeners.pop(identity)
        listener.carrier.close()
        if listener.carrier.busy:
            self._draining.append(listener)

    def _adopt(self, port: ServicePort) -> None:
        identity = (port.service, port.node_port)
        listener = self._listeners.get(identity)
        if listener is None:
            listener = self._listeners[identity] = self._make(port)
        listener.wanted = port
        listener.balancer.update(port.endpoints, port.affinity_timeout)
        listener.carrier.endpoints_changed()

    def _make(self, port: ServicePort) -> _Listener:
        balancer, traffic = Balancer(), Traffic()
        carrier: TcpCarrier | UdpCarrier
        if port.node_port.protocol == "TCP":
            carrier = TcpCarrier(balancer, traffic, self._limit, self._dial)
        else:
            carrier = UdpCarrier(balancer, traffic, self._limit, self._dial_udp, self._udp_idle_timeout)
        return _Listener(port, carrier, balancer, traffic)

    async def _listen(self, listener: _Listener) -> None:
        port = listener.wanted.node_port
        try:
            await listener.carrier.listen(self._host, port.number)
        except OSError as error:
            await self._report(listener, error)
        else:
            listener.listening, listener.problem, listener.reported = True, "", ""
            log.info("node port %s is open for service %s", port, listener.wanted.service)

    async def _report(self, listener: _Listener, error: OSError) -> None:
        """Say once what is in the way."""
        port = listener.wanted.node_port
        if error.errno == errno.EADDRINUSE:
            owner = await asyncio.to_thread(owner_of, port.protocol, port.number) or "another program"
            listener.problem = f"{owner} has it: stop that, or give the Service another nodePort"
        elif error.errno in (errno.EACCES, errno.EPERM):
            listener.problem = "this user may not open it: give the Service another nodePort"
        else:
            listener.problem = error.strerror or str(error)
        if listener.problem == listener.reported:
            return
        listener.reported = listener.problem
        text = f"Cannot listen on {self._host}:{port}: {listener.problem}; trying again"
        log.warning("service %s: %s", listener.wanted.service, text)
        service = self._services.get(listener.wanted.service)
        if self._recorder is not None and service is not None:
            self._recorder.event(
                service, "Warning", "FailedToListenOnNodePort", text, action="ListenOnNodePort"
            )

    async def _abort(self) -> None:
        """Close everything; `run` may be called again."""
        stopped = [*self._listeners.values(), *self._draining]
        self._listeners.clear()
        self._draining.clear()
        for listener in stopped:
            await listener.carrier.abort()


def _services_of_slice(slice_: Obj) -> Iterable[str]:
    name = labels_of(slice_).get(services.SERVICE_NAME_LABEL)
    if name:
        yield str(Key(key_of(slice_).namespace, name))


def _statistics_of(listener: _Listener) -> PortStatistics:
    wanted, traffic = listener.wanted, listener.traffic
    return PortStatistics(
        wanted.service, wanted.name, wanted.node_port.protocol, wanted.node_port.number, listener.listening,
        listener.problem, len(wanted.endpoints), traffic.open, traffic.total, traffic.rejected,
        traffic.failed, traffic.bytes_in, traffic.bytes_out,
    )  # fmt: skip
