"""Services and EndpointSlices as node ports with endpoints (kube-proxy's service and endpoint maps)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.objects import Key, Obj

DEFAULT_AFFINITY_TIMEOUT = 10800
PROTOCOLS = ("TCP", "UDP")


class NodePort(NamedTuple):
    """What a listener is for."""

    protocol: str
    number: int

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"


class Endpoint(NamedTuple):
    """Where traffic can go. Without a pod (an address somebody wrote by hand) it is dialled as it is."""

    address: str
    port: int
    pod_uid: str = ""
    node_name: str = ""


@dataclass(frozen=True, slots=True)
class ServicePort:
    """One port of one Service that is open on the node; `affinity_timeout` is 0 without ClientIP affinity."""

    service: Key
    name: str
    node_port: NodePort
    affinity_timeout: int
    endpoints: tuple[Endpoint, ...]


def service_ports(service: Obj, key: Key, slices: Iterable[Obj]) -> list[ServicePort]:
    """TCP and UDP node ports of a NodePort or LoadBalancer Service, with endpoints in fixed order."""
    spec = service["spec"]
    if spec.get("type") not in ("NodePort", "LoadBalancer"):
        return []
    slices = list(slices)
    ports: list[ServicePort] = []
    for port in spec.get("ports") or ():
        protocol = port.get("protocol") or "TCP"
        if port.get("nodePort") and protocol in PROTOCOLS:
            name = port.get("name") or ""
            ports.append(
                ServicePort(
                    key,
                    name,
                    NodePort(protocol, port["nodePort"]),
                    _affinity_timeout(spec),
                    usable_endpoints(slices, name, protocol),
                )
            )
    return ports


def usable_endpoints(slices: Iterable[Obj], port_name: str, protocol: str) -> tuple[Endpoint, ...]:
    """The ready endpoints; when there are none, those that still serve while they terminate."""
    ready: set[Endpoint] = set()
    terminating: set[Endpoint] = set()
    for slice_ in slices:
        number = _number(slice_, port_name, protocol)
        if number is None:
            continue
        for endpoint in slice_.get("endpoints") or ():
            conditions = endpoint.get("conditions") or {}
            known = {name: value for name, value in conditions.items() if value is not None}
            found = _endpoint(endpoint, number)
            if known.get("ready", True):
                ready.add(found)
            elif known.get("serving", False) and known.get("terminating", False):
                terminating.add(found)
    return tuple(sorted(ready or terminating))


def _number(slice_: Obj, port_name: str, protocol: str) -> int | None:
    for port in slice_.get("ports") or ():
        if (port.get("name") or "") == port_name and (port.get("protocol") or "TCP") == protocol:
            number: int | None = port.get("port")
            return number
    return None


def _endpoint(endpoint: Obj, number: int) -> Endpoint:
    target = endpoint.get("targetRef") or {}
    pod_uid = target.get("uid") or "" if target.get("kind") == "Pod" else ""
    return Endpoint(endpoint["addresses"][0], number, pod_uid, endpoint.get("nodeName") or "")


def _affinity_timeout(spec: Obj) -> int:
    if spec.get("sessionAffinity") != "ClientIP":
        return 0
    config = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
    return int(config.get("timeoutSeconds") or DEFAULT_AFFINITY_TIMEOUT)
