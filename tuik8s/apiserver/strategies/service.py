"""Services: what follows from their type (pkg/registry/core/service/strategy.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.validation.services import is_externally_accessible
from tuik8s.apiserver.strategies.base import Strategy

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

NODE_PORT_TYPES = ("NodePort", "LoadBalancer")


def needs_cluster_ip(spec: Obj) -> bool:
    return spec.get("type") != "ExternalName"


def needs_node_ports(spec: Obj) -> bool:
    if spec.get("type") == "LoadBalancer":
        return spec.get("allocateLoadBalancerNodePorts") is not False
    return spec.get("type") == "NodePort"


def needs_health_check_port(spec: Obj) -> bool:
    """Where only nodes with an endpoint take traffic, a load balancer has to ask each whether it has one."""
    return spec.get("type") == "LoadBalancer" and spec.get("externalTrafficPolicy") == "Local"


class ServiceStrategy(Strategy):
    allow_create_on_update = True

    def prepare_for_create(self, obj: Obj) -> None:
        super().prepare_for_create(obj)
        obj["status"] = {"loadBalancer": {}}

    def prepare_for_update(self, obj: Obj, old: Obj) -> None:
        """What was allocated stays where the client does not say; what the new type lacks goes."""
        super().prepare_for_update(obj, old)
        spec, before = dict(obj.get("spec") or {}), old.get("spec") or {}
        spec["ports"] = [dict(port) for port in spec.get("ports") or ()]
        _keep_allocated(spec, before)
        _follow_cluster_ip(spec, before)
        _drop_what_the_type_lacks(spec, before)
        if not spec["ports"]:
            del spec["ports"]
        obj["spec"] = spec
        if spec.get("type") != "LoadBalancer":
            obj["status"] = {**(obj.get("status") or {}), "loadBalancer": {}}


def _keep_allocated(spec: Obj, before: Obj) -> None:
    if needs_cluster_ip(spec) and needs_cluster_ip(before) and before.get("clusterIP"):
        if not spec.get("clusterIP"):
            spec["clusterIP"] = before["clusterIP"]
        if not spec.get("clusterIPs") and spec["clusterIP"] == before["clusterIP"]:
            spec["clusterIPs"] = before.get("clusterIPs", [before["clusterIP"]])
        for field in ("ipFamilies", "ipFamilyPolicy"):
            if not spec.get(field) and field in before:
                spec[field] = before[field]
    if needs_health_check_port(spec) and needs_health_check_port(before):
        spec["healthCheckNodePort"] = spec.get("healthCheckNodePort") or before.get("healthCheckNodePort", 0)
    if not (needs_node_ports(spec) and needs_node_ports(before)):
        return
    known = {_identity(port): port.get("nodePort") for port in before.get("ports") or ()}
    used = {port["nodePort"] for port in spec["ports"] if port.get("nodePort")}
    for port in spec["ports"]:
        node_port = known.get(_identity(port))
        if not port.get("nodePort") and node_port and node_port not in used:
            port["nodePort"] = node_port


def _follow_cluster_ip(spec: Obj, before: Obj) -> None:
    """A client that knows only `clusterIP` and changes it means `clusterIPs`, too."""
    address = spec.get("clusterIP") or ""
    unmoved = spec.get("clusterIPs") == before.get("clusterIPs")
    if address == (before.get("clusterIP") or "") or not unmoved:
        return
    if address:
        spec["clusterIPs"] = [address]
    else:
        spec.pop("clusterIPs", None)


def _drop_what_the_type_lacks(spec: Obj, before: Obj) -> None:
    """Only what the client did not change: a new value is refused by validation instead."""
    if needs_cluster_ip(before) and not needs_cluster_ip(spec):
        _drop_unchanged(spec, before, "clusterIP", "clusterIPs")
        _drop_unchanged(spec, before, "ipFamilies")
        _drop_unchanged(spec, before, "ipFamilyPolicy")
    if before.get("type") in NODE_PORT_TYPES and spec.get("type") not in NODE_PORT_TYPES:
        had, wanted = _node_ports(before), _node_ports(spec)
        for port in spec["ports"] if wanted <= had else ():
            port.pop("nodePort", None)
    if needs_health_check_port(before) and not needs_health_check_port(spec):
        _drop_unchanged(spec, before, "healthCheckNodePort")
    if before.get("type") == "LoadBalancer" and spec.get("type") != "LoadBalancer":
        _drop_unchanged(spec, before, "allocateLoadBalancerNodePorts")
        _drop_unchanged(spec, before, "loadBalancerClass")
    if is_externally_accessible(before) and not is_externally_accessible(spec):
        _drop_unchanged(spec, before, "externalTrafficPolicy")


def _drop_unchanged(spec: Obj, before: Obj, *fields: str) -> None:
    if all(spec.get(field) == before.get(field) for field in fields):
        for field in fields:
            spec.pop(field, None)


def _node_ports(spec: Obj) -> set[int]:
    return {port["nodePort"] for port in spec.get("ports") or () if port.get("nodePort")}


def _identity(port: Obj) -> tuple[str, int]:
    return port.get("protocol", "TCP"), port.get("port", 0)
