"""Services, Endpoints and EndpointSlices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import UNKNOWN, age
from tuik8s.apiserver.tables.printer import (
    AGE,
    NAME,
    Cells,
    Printer,
    column,
    joined,
    joined_with_more,
    labels_text,
    or_none,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj


def service_cells(obj: Obj, now: datetime) -> Cells:
    spec = obj["spec"]
    addresses = spec.get("clusterIPs") or [spec.get("clusterIP")]
    return [
        obj["metadata"]["name"],
        spec.get("type", "ClusterIP"),
        or_none(addresses[0]),
        _external_address(obj),
        joined(map(_port, spec.get("ports") or ())),
        age(obj, now),
        labels_text(spec.get("selector")),
    ]


def endpoints_cells(obj: Obj, now: datetime) -> Cells:
    found: list[str] = []
    for subset in obj.get("subsets") or ():
        addresses = [address["ip"] for address in subset.get("addresses") or ()]
        ports = subset.get("ports") or ()
        found += addresses if not ports else [_host_port(ip, p["port"]) for p in ports for ip in addresses]
    return [obj["metadata"]["name"], joined_with_more(found, empty="<none>"), age(obj, now)]


def endpoint_slice_cells(obj: Obj, now: datetime) -> Cells:
    ports = [str(port.get("port") or port.get("name") or "*") for port in obj.get("ports") or ()]
    addresses = [ip for endpoint in obj.get("endpoints") or () for ip in endpoint.get("addresses") or ()]
    return [
        obj["metadata"]["name"],
        obj.get("addressType", ""),
        joined_with_more(ports, empty="<unset>"),
        joined_with_more(addresses, empty="<unset>"),
        age(obj, now),
    ]


def _external_address(service: Obj) -> str:
    spec, external = service["spec"], service["spec"].get("externalIPs") or []
    kind = spec.get("type", "ClusterIP")
    if kind in ("ClusterIP", "NodePort"):
        return joined(external)
    if kind == "LoadBalancer":
        ingress = (service.get("status") or {}).get("loadBalancer", {}).get("ingress") or ()
        balanced = sorted({entry.get("ip") or entry.get("hostname", "") for entry in ingress} - {""})
        return joined(balanced + external, empty="<pending>")
    return str(spec.get("externalName", "")) if kind == "ExternalName" else UNKNOWN


def _port(port: Obj) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node_port}/{port.get('protocol', 'TCP')}"


def _host_port(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


SERVICE_PRINTER = Printer(
    [
        NAME,
        column("Type", "How the service is reached: ClusterIP, NodePort, LoadBalancer, ExternalName."),
        column("Cluster-IP", "The address of the service inside the cluster."),
        column("External-IP", "Addresses by which it is reached from outside."),
        column("Port(s)", "Its ports; behind a colon the port on each node."),
        AGE,
        column("Selector", "Labels of the pods that traffic goes to.", wide=True),
    ],
    service_cells,
)
ENDPOINTS_PRINTER = Printer(
    [NAME, column("Endpoints", "Addresses and ports that are ready."), AGE], endpoints_cells
)
ENDPOINT_SLICE_PRINTER = Printer(
    [
        NAME,
        column("AddressType", "IPv4, IPv6 or FQDN."),
        column("Ports", "The ports of every endpoint of this slice."),
        column("Endpoints", "The addresses of this slice, ready or not."),
        AGE,
    ],
    endpoint_slice_cells,
)
