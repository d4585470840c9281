"""The cluster's API over HTTPS: port, certificates, kubeconfig, health and figures."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import TYPE_CHECKING

import yaml

from tuik8s.apiserver.certificates import ensure_pki
from tuik8s.apiserver.certificates.kubeconfig import kubeconfig
from tuik8s.apiserver.http import HttpServer, Listener
from tuik8s.cluster.measures import measures
from tuik8s.private_files import write_private

if TYPE_CHECKING:
    from tuik8s.cluster.cluster import Cluster

NAMES = (
    "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)  # fmt: skip


class ApiListener:
    """`open` takes the port and writes what clients need; `run` serves. An ephemeral cluster's kubeconfig is
    removed by `close`.

    Real containers get a way in of their own: where the container network's gateway is this machine, a second
    listener on that address, since loopback is not reached from there.
    """

    def __init__(self, cluster: Cluster) -> None:
        config = cluster.config
        self._cluster = cluster
        self._config = config
        server = HttpServer(
            cluster.api,
            cluster.registry,
            clock=cluster.clock,
            checks=self._checks,
            measures=lambda: measures(cluster),
        )
        host, _, port = config.listen.rpartition(":")
        self._server = server
        self._listener = Listener(server, host.strip("[]"), int(port), patient=config.patient)
        self._inner: Listener | None = None
        self.for_containers: tuple[str, int] | None = None
        """Host and port by which containers reach the API; None where they cannot. Known after `open`."""
        self.kubeconfig = (config.data_dir or cluster.directory).expanduser().absolute() / "kubeconfig"

    @property
    def endpoint(self) -> str:
        return self._listener.endpoint

    @property
    def in_flight(self) -> int:
        """Requests that are being read or answered now, watches and streams not counted."""
        return self._server.in_flight

    async def open(self, host_address: str = "") -> None:
        """`host_address` is how containers reach this machine; empty where they do not."""
        self._listener.open()
        if host_address:
            self._open_to_containers(host_address)
        await asyncio.to_thread(self._prepare)

    def _open_to_containers(self, host: str) -> None:
        """A name stands for loopback, as Docker Desktop has it; an address is listened on."""
        served = self._listener
        if _is_address(host) and not served.covers(host):
            self._inner = served = Listener(self._server, host, served.port, patient=self._config.patient)
            served.open()
        self.for_containers = (host, served.port)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for listener in self._listeners():
                tasks.create_task(listener.run())

    def close(self) -> None:
        for listener in self._listeners():
            listener.close()
        if self._config.ephemeral:
            self.kubeconfig.unlink(missing_ok=True)

    def _prepare(self) -> None:
        pki = ensure_pki(self._cluster.directory / "pki", self._hosts(), self._cluster.clock.now())
        for listener in self._listeners():
            listener.secure(pki)
        content = kubeconfig(pki, self._config.cluster, self.endpoint)
        self.kubeconfig.parent.mkdir(parents=True, exist_ok=True)
        write_private(self.kubeconfig, yaml.safe_dump(content, sort_keys=False).encode())

    def _hosts(self) -> list[str]:
        first = str(ipaddress.ip_network(self._config.service_cidr)[1])
        host = self.endpoint.removeprefix("https://").rpartition(":")[0].strip("[]")
        inner = [self.for_containers[0]] if self.for_containers else []
        return list(dict.fromkeys([*NAMES, "127.0.0.1", "::1", first, host, *inner]))

    def _listeners(self) -> list[Listener]:
        return [self._listener, *([self._inner] if self._inner is not None else [])]

    def _checks(self) -> dict[str, str]:
        """A component that crashes again and again is not ready; one that a person paused is."""
        states = self._cluster.supervisor.states()
        return {
            component.name: component.last_error if component.state == "backing off" else ""
            for component in states
        }


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
