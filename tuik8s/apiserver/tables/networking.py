"""Ingresses and their classes, NetworkPolicies, addresses of services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import age
from tuik8s.apiserver.tables.printer import (
    AGE,
    NAME,
    NONE,
    Cells,
    Printer,
    column,
    joined_with_more,
    selector_text,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj


def ingress_cells(ingress: Obj, now: datetime) -> Cells:
    spec = ingress["spec"]
    balancer = (ingress.get("status") or {}).get("loadBalancer") or {}
    addresses = [item.get("ip") or item.get("hostname") or "" for item in balancer.get("ingress") or ()]
    hosts = [rule["host"] for rule in spec.get("rules") or () if rule.get("host")]
    class_name = spec.get("ingressClassName")
    return [
        ingress["metadata"]["name"],
        NONE if class_name is None else class_name,
        joined_with_more(hosts, empty="*"),
        ",".join(addresses),
        "80, 443" if spec.get("tls") else "80",
        age(ingress, now),
    ]


def ingress_class_cells(ingress_class: Obj, now: datetime) -> Cells:
    spec = ingress_class["spec"]
    return [
        ingress_class["metadata"]["name"],
        spec.get("controller", ""),
        _parameters(spec.get("parameters")),
        age(ingress_class, now),
    ]


def _parameters(reference: Obj | None) -> str:
    if reference is None:
        return NONE
    group = f".{reference['apiGroup']}" if reference.get("apiGroup") is not None else ""
    return f"{reference.get('kind', '')}{group}/{reference.get('name', '')}"


def network_policy_cells(policy: Obj, now: datetime) -> Cells:
    return [policy["metadata"]["name"], selector_text(policy["spec"].get("podSelector")), age(policy, now)]


def ip_address_cells(address: Obj, now: datetime) -> Cells:
    parent = address["spec"].get("parentRef") or {}
    parts = (parent.get("resource", ""), parent.get("namespace", ""), parent.get("name", ""))
    resource = ".".join(part for part in (parts[0], parent.get("group", "")) if part)
    path = "/".join(part for part in (resource, *parts[1:]) if part)
    return [address["metadata"]["name"], path or NONE, age(address, now)]


def service_cidr_cells(cidr: Obj, now: datetime) -> Cells:
    return [cidr["metadata"]["name"], ",".join(cidr["spec"].get("cidrs") or ()), age(cidr, now)]


INGRESS_PRINTER = Printer(
    [
        NAME,
        column("Class", "Whose controller serves it."),
        column("Hosts", "The host names it has rules for."),
        column("Address", "Where it can be reached."),
        column("Ports", "Of HTTP, and of TLS where it has some."),
        AGE,
    ],
    ingress_cells,
)
INGRESS_CLASS_PRINTER = Printer(
    [
        NAME,
        column("Controller", "Which controller serves ingresses of this class."),
        column("Parameters", "An object that says more to the controller."),
        AGE,
    ],
    ingress_class_cells,
)
NETWORK_POLICY_PRINTER = Printer(
    [NAME, column("Pod-Selector", "The pods it is about."), AGE], network_policy_cells
)
IP_ADDRESS_PRINTER = Printer([NAME, column("ParentRef", "What has this address."), AGE], ip_address_cells)
SERVICE_CIDR_PRINTER = Printer(
    [NAME, column("CIDRs", "The ranges of addresses for services."), AGE], service_cidr_cells
)
