"""What stands behind the proxy subresources of pods, services and nodes (ResourceLocation in
pkg/registry/core)."""

from __future__ import annotations

import asyncio
import ipaddress
import random
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import kinds
from tuik8s.api.errors import BadRequest, ServiceUnavailable
from tuik8s.api.objects import labels_of
from tuik8s.api.pods import container_ports
from tuik8s.api.services import SERVICE_NAME_LABEL

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.ports import Connection, KubeletPort
    from tuik8s.apiserver.registry import Registry

KUBELET_PORT = 10250
DEFAULT_PORTS = {"http": 80, "https": 443}
SCHEMES = ("", *DEFAULT_PORTS)


class Backend(NamedTuple):
    scheme: str
    host: str
    """Address and port, for messages."""
    dial: Callable[[], Awaitable[Connection]]
    """Raises OSError as connect(2) would."""


class Wanted(NamedTuple):
    """`[scheme:]name[:port]`, as URLs name what is to be reached."""

    scheme: str
    name: str
    port: str

    @classmethod
    def parse(cls, text: str, kind: Kind) -> Wanted:
        parts = text.split(":")
        scheme, name, port = (
            parts if len(parts) == 3 else ["", *parts, ""] if len(parts) == 1 else ["", *parts, "", ""][:3]
        )
        if len(parts) > 3 or scheme not in SCHEMES or not name:
            raise BadRequest(f'invalid {kind.singular} request "{text}"')
        return cls(scheme or "http", name, port)

    @property
    def number(self) -> int:
        """The port as a number; 0 when it is none."""
        valid = self.port.isascii() and self.port.isdigit() and len(self.port) < 6
        return int(self.port) if valid and int(self.port) < 65536 else 0


class Backends:
    def __init__(self, registries: Callable[[Kind], Registry], kubelets: Callable[[], KubeletPort]) -> None:
        self._registry, self._kubelets = registries, kubelets

    def find(self, kind: Kind, namespace: str, name: str) -> Backend:
        """Raises NotFound, BadRequest for what makes no sense, ServiceUnavailable without an endpoint."""
        wanted = Wanted.parse(name, kind)
        if kind is kinds.NODE:
            return self._node(wanted)
        return self._pod(wanted, namespace) if kind is kinds.POD else self._service(wanted, namespace)

    def _node(self, wanted: Wanted) -> Backend:
        self._registry(kinds.NODE).current("", wanted.name)
        kubelets, number = self._kubelets(), wanted.number or KUBELET_PORT
        if wanted.port and not wanted.number:
            raise BadRequest(f'invalid node request "{wanted.name}:{wanted.port}"')
        # A kubelet is part of this process: no TLS stands between.
        return Backend("http", f"{wanted.name}:{number}", lambda: kubelets.dial_node(wanted.name, number))

    def _pod(self, wanted: Wanted, namespace: str) -> Backend:
        pod = self._registry(kinds.POD).current(namespace, wanted.name)
        first = next((port["containerPort"] for port in container_ports(pod)), 0)
        number = wanted.number or (0 if wanted.port else first or DEFAULT_PORTS[wanted.scheme])
        address = (pod.get("status") or {}).get("podIP")
        if not address or not number:
            raise BadRequest("address not allowed")
        return self._backend(wanted, pod, address, number)

    def _backend(self, wanted: Wanted, pod: Obj, address: str, number: int) -> Backend:
        kubelets = self._kubelets()
        return Backend(wanted.scheme, f"{address}:{number}", lambda: kubelets.dial_pod(pod, number))

    def _service(self, wanted: Wanted, namespace: str) -> Backend:
        service = self._registry(kinds.SERVICE).current(namespace, wanted.name)
        port = wanted.port
        if wanted.number:
            ports = service["spec"].get("ports") or ()
            found = next((item for item in ports if item["port"] == wanted.number), None)
            if found is None:
                why = f'no service port {wanted.number} found for service "{wanted.name}"'
                raise ServiceUnavailable(why)
            port = found.get("name") or ""
        endpoints = list(self._endpoints(namespace, wanted.name, port))
        random.shuffle(endpoints)
        for endpoint, number in endpoints:
            backend = self._of_endpoint(wanted, namespace, endpoint, number)
            if backend is not None:
                return backend
        raise ServiceUnavailable(f'no endpoints available for service "{wanted.name}"')

    def _endpoints(self, namespace: str, service: str, port: str) -> Iterator[tuple[Obj, int]]:
        """The ready ones, each with the number of its port of this name."""
        registry = self._registry(kinds.ENDPOINT_SLICE)
        for item in registry.context.store.list(registry.prefix(namespace)).items:
            piece = registry.view.outward(item)
            if labels_of(piece).get(SERVICE_NAME_LABEL) != service:
                continue
            numbers = [item["port"] for item in piece.get("ports") or () if (item.get("name") or "") == port]
            for endpoint in piece.get("endpoints") or ():
                if numbers and (endpoint.get("conditions") or {}).get("ready") is not False:
                    yield endpoint, numbers[0]

    def _of_endpoint(self, wanted: Wanted, namespace: str, endpoint: Obj, number: int) -> Backend | None:
        address, target = endpoint["addresses"][0], endpoint.get("targetRef") or {}
        if target.get("kind") == "Pod":
            pod = self._registry(kinds.POD).find(namespace, target.get("name", ""))
            return None if pod is None else self._backend(wanted, pod, address, number)
        if not may_be_reached(address):
            raise BadRequest("address not allowed")
        return Backend(wanted.scheme, f"{address}:{number}", lambda: asyncio.open_connection(address, number))


def may_be_reached(address: str) -> bool:
    """An endpoint somebody wrote by hand must not lead to what only the host itself should reach."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return not (ip.is_loopback or ip.is_link_local or ip.is_multicast or ip.is_unspecified)
