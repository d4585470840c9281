"""Which pods stand behind a Service, at which addresses and ports: rules that several components share.

Sources: k8s.io/endpointslice (utils, reconciler), pkg/controller/endpoint, k8s.io/component-helpers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.objects import Key, is_deleting, is_pod_finished, is_pod_ready, key_of, labels_of
from tuik8s.api.pods import container_ports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.objects import Obj

HEADLESS_LABEL = "service.kubernetes.io/headless"
SERVICE_NAME_LABEL = "kubernetes.io/service-name"
MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by"


class EndpointConditions(NamedTuple):
    """`ready`: send traffic; `serving`: the pod is ready, be it terminating; `terminating`: it is going."""

    ready: bool
    serving: bool
    terminating: bool


def selects(service: Obj, pod: Obj) -> bool:
    """A Service without a selector selects nothing: somebody else keeps its endpoints."""
    selector = service["spec"].get("selector")
    return bool(selector) and selector.items() <= labels_of(pod).items()


def has_selector(service: Obj) -> bool:
    return bool(service["spec"].get("selector")) and service["spec"].get("type") != "ExternalName"


def affected_services(old: Obj | None, new: Obj | None, candidates: Iterable[Obj]) -> list[Key]:
    """The Services, among those of the pod's namespace, whose endpoints a change of a pod alters."""
    if old is not None and new is not None and _as_endpoint(old) == _as_endpoint(new):
        return []
    pods = [pod for pod in (old, new) if pod is not None]
    return [key_of(service) for service in candidates if any(selects(service, pod) for pod in pods)]


def _as_endpoint(pod: Obj) -> tuple[object, ...]:
    spec = pod["spec"]
    return (
        pod["metadata"].get("uid"), pod_addresses(pod), is_pod_ready(pod), is_deleting(pod),
        is_pod_finished(pod), labels_of(pod), spec.get("nodeName"), spec.get("hostname"),
        spec.get("subdomain"),
    )  # fmt: skip


def batch_period(endpoints: int) -> float:
    """Seconds that changes of pods are gathered: the larger a Service, the more a look at it costs."""
    return 0.0 if endpoints <= 100 else min(endpoints / 5000, 1.0)


def is_headless(service: Obj) -> bool:
    return bool(service["spec"].get("clusterIP") == "None")


def publishes_not_ready(service: Obj) -> bool:
    return bool(service["spec"].get("publishNotReadyAddresses"))


def belongs_in_endpoints(pod: Obj, *, with_terminating: bool) -> bool:
    """A pod that has an address and is not over."""
    if is_pod_finished(pod) or not pod_addresses(pod):
        return False
    return with_terminating or not is_deleting(pod)


def conditions_of(service: Obj, pod: Obj) -> EndpointConditions:
    serving, terminating = is_pod_ready(pod), is_deleting(pod)
    ready = publishes_not_ready(service) or (serving and not terminating)
    return EndpointConditions(ready, serving, terminating)


def pod_addresses(pod: Obj) -> list[str]:
    status = pod.get("status") or {}
    addresses = [entry["ip"] for entry in status.get("podIPs") or () if entry.get("ip")]
    if not addresses and status.get("podIP"):
        addresses = [status["podIP"]]
    return addresses


def address_type(address: str) -> str:
    """`IPv4` or `IPv6`, as Services and EndpointSlices name the families."""
    return "IPv6" if ":" in address else "IPv4"


def address_families(service: Obj) -> list[str]:
    """The families a Service serves; one of before dual stack has that of its address."""
    families: list[str] = service["spec"].get("ipFamilies") or []
    address = service["spec"].get("clusterIP")
    if families or not address or address == "None":
        return families or ["IPv4"]
    return [address_type(address)]


def target_port(pod: Obj, service_port: Obj) -> int | None:
    """The number that a Service's port has in this pod; None when the pod does not name such a port."""
    target = service_port.get("targetPort") or service_port["port"]
    if isinstance(target, int):
        return target
    protocol = service_port.get("protocol") or "TCP"
    for port in container_ports(pod):
        if port.get("name") == target and (port.get("protocol") or "TCP") == protocol:
            return int(port["containerPort"])
    return None


def endpoint_ports(service: Obj, pod: Obj) -> list[Obj]:
    """The Service's ports as this pod has them, without those it does not have."""
    ports: list[Obj] = []
    for service_port in service["spec"].get("ports") or ():
        number = target_port(pod, service_port)
        if number is None:
            continue
        port = {
            "name": service_port.get("name") or "",
            "port": number,
            "protocol": service_port.get("protocol") or "TCP",
        }
        if service_port.get("appProtocol"):
            port["appProtocol"] = service_port["appProtocol"]
        ports.append(port)
    return ports


def endpoint_hostname(service: Obj, pod: Obj) -> str:
    """A pod has a name of its own in DNS when its subdomain is the Service's name."""
    spec = pod["spec"]
    named = spec.get("subdomain") == service["metadata"]["name"]
    return str(spec.get("hostname") or "") if named else ""


def pod_reference(pod: Obj) -> Obj:
    """The `targetRef` of an endpoint."""
    meta = pod["metadata"]
    return {"kind": "Pod", "namespace": meta["namespace"], "name": meta["name"], "uid": meta.get("uid", "")}
