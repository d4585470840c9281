"""Services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.validation.values import (
    PROTOCOLS,
    check_choice,
    check_cidr,
    check_dns_label,
    check_ip,
    check_labels,
    check_optional_choice,
    check_ordinary_ip,
    check_port,
    check_qualified_name,
    complain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
_POLICIES = ("Cluster", "Local")
_LONGEST_AFFINITY_SECONDS = 86400
_DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")


def validate_service(service: Obj) -> Iterator[FieldError]:
    spec = service.get("spec") or {}
    kind, ports = spec.get("type") or "", spec.get("ports") or []
    headless = spec.get("clusterIP") == "None"
    if not ports and not headless and kind != "ExternalName":
        yield errors.required("spec.ports")
    if headless and kind in ("LoadBalancer", "NodePort"):
        yield errors.invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {kind} services")
    if kind == "ExternalName":
        yield from _check_external_name(spec)
    yield from _check_ports(ports)
    yield from check_labels(spec.get("selector"), "spec.selector")
    yield from _check_affinity(spec)
    if kind != "ExternalName":
        yield from _check_addresses(spec)
    for index, address in enumerate(spec.get("externalIPs") or ()):
        yield from check_ordinary_ip(address, f"spec.externalIPs[{index}]")
    yield from check_choice(kind, "spec.type", _TYPES)
    yield from _check_node_ports(kind, ports)
    yield from _check_load_balancer(spec)
    yield from _check_traffic(spec)


def _check_external_name(spec: Obj) -> Iterator[FieldError]:
    for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.get(field) and spec[field] != [""]:
            yield errors.forbidden(f"spec.{field}", "may not be set for ExternalName services")
    name = (spec.get("externalName") or "").removesuffix(".")
    if not name:
        yield errors.required("spec.externalName")
    else:
        yield from complain("spec.externalName", name, names.dns_subdomain(name))


def _check_ports(ports: list[Obj]) -> Iterator[FieldError]:
    seen: set[str] = set()
    pairs: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        path, name = f"spec.ports[{index}]", port.get("name") or ""
        if name:
            yield from check_dns_label(name, f"{path}.name")
            if name in seen:
                yield errors.duplicate(f"{path}.name", name)
            seen.add(name)
        elif len(ports) > 1:
            yield errors.required(f"{path}.name")
        number = port.get("port", 0)
        yield from complain(f"{path}.port", number, names.port_number(number))
        yield from check_choice(port.get("protocol"), f"{path}.protocol", PROTOCOLS)
        yield from check_port(port.get("targetPort"), f"{path}.targetPort")
        if port.get("appProtocol") is not None:
            yield from check_qualified_name(port["appProtocol"], f"{path}.appProtocol")
    for index, port in enumerate(ports):
        pair = (port.get("protocol", ""), port.get("port", 0))
        if pair in pairs:
            yield errors.duplicate(f"spec.ports[{index}]", {"protocol": pair[0], "port": pair[1]})
        pairs.add(pair)


def _check_node_ports(kind: str, ports: list[Obj]) -> Iterator[FieldError]:
    seen: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        number, path = port.get("nodePort"), f"spec.ports[{index}].nodePort"
        if not number:
            continue
        if kind == "ClusterIP":
            yield errors.forbidden(path, "may not be used when `type` is 'ClusterIP'")
        key = (port.get("protocol", ""), number)
        if key in seen:
            yield errors.duplicate(path, number)
        seen.add(key)


def _check_affinity(spec: Obj) -> Iterator[FieldError]:
    affinity = spec.get("sessionAffinity")
    yield from check_choice(affinity, "spec.sessionAffinity", ("ClientIP", "None"))
    path, config = "spec.sessionAffinityConfig", spec.get("sessionAffinityConfig")
    if affinity == "None" and config is not None:
        yield errors.forbidden(path, "must not be set when session affinity is None")
    if affinity != "ClientIP":
        return
    seconds = ((config or {}).get("clientIP") or {}).get("timeoutSeconds")
    if seconds is None:
        yield errors.required(path, "when session affinity type is ClientIP")
    elif not 0 < seconds <= _LONGEST_AFFINITY_SECONDS:
        yield errors.invalid(
            f"{path}.clientIP.timeoutSeconds",
            seconds,
            f"must be greater than 0 and less than {_LONGEST_AFFINITY_SECONDS}",
        )


def _check_addresses(spec: Obj) -> Iterator[FieldError]:
    """Cluster addresses and address families, and how they go together."""
    address, addresses = spec.get("clusterIP") or "", spec.get("clusterIPs") or []
    families, policy = spec.get("ipFamilies") or [], spec.get("ipFamilyPolicy")
    if address and not addresses:
        yield errors.required("spec.clusterIPs")
    elif addresses and addresses[0] != address:
        yield errors.invalid("spec.clusterIPs", addresses, "first value must match `clusterIP`")
    for index, family in enumerate(families):
        path = f"spec.ipFamilies[{index}]"
        yield from check_optional_choice(family, path, ("IPv4", "IPv6"))
        if family in families[:index]:
            yield errors.duplicate(path, family)
    yield from check_optional_choice(
        policy, "spec.ipFamilyPolicy", ("PreferDualStack", "RequireDualStack", "SingleStack")
    )
    if len(addresses) > 1 and policy == "SingleStack":
        yield errors.invalid(
            "spec.ipFamilyPolicy",
            policy,
            "must be RequireDualStack or PreferDualStack when multiple clusterIPs are specified",
        )
    for index, text in enumerate(addresses):
        if text == "None":
            if len(addresses) > 1:
                yield errors.invalid("spec.clusterIPs", addresses, "'None' must be the first and only value")
        else:
            yield from check_ip(text, f"spec.clusterIPs[{index}]")


def _check_load_balancer(spec: Obj) -> Iterator[FieldError]:
    balanced = spec.get("type") == "LoadBalancer"
    only = "may only be used when `type` is 'LoadBalancer'"
    ranges = spec.get("loadBalancerSourceRanges") or []
    if ranges and not balanced:
        yield errors.forbidden("spec.LoadBalancerSourceRanges", only)
    for index, text in enumerate(ranges):
        yield from check_cidr(text.strip(), f"spec.LoadBalancerSourceRanges[{index}]")
    for field in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
        if spec.get(field) is not None and not balanced:
            yield errors.forbidden(f"spec.{field}", only)
    if balanced and spec.get("loadBalancerClass") is not None:
        yield from check_qualified_name(spec["loadBalancerClass"], "spec.loadBalancerClass")


def is_externally_accessible(spec: Obj) -> bool:
    """Reachable from outside the cluster, so that the external traffic policy means something."""
    kind = spec.get("type")
    return kind in ("LoadBalancer", "NodePort") or (kind == "ClusterIP" and bool(spec.get("externalIPs")))


def _check_traffic(spec: Obj) -> Iterator[FieldError]:
    external, kind = spec.get("externalTrafficPolicy"), spec.get("type")
    path = "spec.externalTrafficPolicy"
    if is_externally_accessible(spec):
        yield from check_choice(external, path, _POLICIES)
    elif external:
        yield errors.invalid(path, external, "may only be set for externally-accessible services")
    if spec.get("healthCheckNodePort"):
        number = spec["healthCheckNodePort"]
        if kind == "LoadBalancer" and external == "Local":
            yield from complain("spec.healthCheckNodePort", number, names.port_number(number))
        else:
            yield errors.invalid(
                "spec.healthCheckNodePort",
                number,
                "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
            )
    internal = spec.get("internalTrafficPolicy")
    if internal is None and kind in ("ClusterIP", "LoadBalancer", "NodePort"):
        yield errors.required("spec.internalTrafficPolicy")
    yield from check_optional_choice(internal, "spec.internalTrafficPolicy", _POLICIES)
    yield from check_optional_choice(
        spec.get("trafficDistribution"), "spec.trafficDistribution", _DISTRIBUTIONS
    )


def validate_service_update(service: Obj, old: Obj) -> Iterator[FieldError]:
    """The primary address and family stay, unless the service becomes or was an ExternalName."""
    new, before = service.get("spec") or {}, old.get("spec") or {}
    if "ExternalName" in (new.get("type"), before.get("type")):
        return
    for field in ("clusterIPs", "ipFamilies"):
        values, previous = new.get(field) or [], before.get(field) or []
        if not previous or values[:1] == previous[:1]:
            continue
        if not values:
            yield errors.invalid(f"spec.{field}[0]", values, f"primary {field[:-1]} can not be unset")
        else:
            yield errors.invalid(f"spec.{field}[0]", values, "may not change once set")
    if new.get("type") == before.get("type") == "LoadBalancer" and new.get("loadBalancerClass") != before.get(
        "loadBalancerClass"
    ):
        yield errors.invalid(
            "spec.loadBalancerClass", new.get("loadBalancerClass"), "may not change once set"
        )
    ports = new.get("healthCheckNodePort"), before.get("healthCheckNodePort")
    if all(ports) and ports[0] != ports[1]:
        yield errors.forbidden("spec.healthCheckNodePort", "field is immutable")


def validate_service_status_update(service: Obj, _old: Obj) -> Iterator[FieldError]:
    spec = service.get("spec") or {}
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    path = "status.loadBalancer.ingress"
    if ingress and spec.get("type") != "LoadBalancer":
        yield errors.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")
        return
    for index, entry in enumerate(ingress):
        if entry.get("ip"):
            yield from check_ip(entry["ip"], f"{path}[{index}].ip")
        if entry.get("hostname"):
            yield from complain(
                f"{path}[{index}].hostname", entry["hostname"], names.dns_subdomain(entry["hostname"])
            )
