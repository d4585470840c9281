"""Nodes and Leases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import UNKNOWN, age
from tuik8s.api.objects import condition_of, labels_of
from tuik8s.apiserver.tables.printer import AGE, NAME, NONE, Cells, Printer, column, joined

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj

ROLE_PREFIX, ROLE_LABEL = "node-role.kubernetes.io/", "kubernetes.io/role"


def node_cells(node: Obj, now: datetime) -> Cells:
    info = (node.get("status") or {}).get("nodeInfo") or {}
    return [
        node["metadata"]["name"],
        _status(node),
        joined(sorted(_roles(node))),
        age(node, now),
        info.get("kubeletVersion", ""),
        _address(node, "InternalIP"),
        _address(node, "ExternalIP"),
        info.get("osImage") or UNKNOWN,
        info.get("kernelVersion") or UNKNOWN,
        info.get("containerRuntimeVersion") or UNKNOWN,
    ]


def lease_cells(lease: Obj, now: datetime) -> Cells:
    holder = (lease.get("spec") or {}).get("holderIdentity") or ""
    return [lease["metadata"]["name"], holder, age(lease, now)]


def _status(node: Obj) -> str:
    ready = condition_of(node, "Ready")
    status = "Unknown" if ready is None else "Ready" if ready["status"] == "True" else "NotReady"
    return f"{status},SchedulingDisabled" if (node.get("spec") or {}).get("unschedulable") else status


def _roles(node: Obj) -> set[str]:
    labels = labels_of(node)
    roles = {label.removeprefix(ROLE_PREFIX) for label in labels if label.startswith(ROLE_PREFIX)}
    return (roles | {labels.get(ROLE_LABEL, "")}) - {""}


def _address(node: Obj, kind: str) -> str:
    addresses = (node.get("status") or {}).get("addresses") or ()
    return next((address["address"] for address in addresses if address["type"] == kind), NONE)


NODE_PRINTER = Printer(
    [
        NAME,
        column("Status", "Whether the node is ready, and whether pods may be scheduled to it."),
        column("Roles", "The roles that its labels give it."),
        AGE,
        column("Version", "The version that its kubelet reports."),
        column("Internal-IP", "Its address inside the cluster.", wide=True),
        column("External-IP", "Its address outside the cluster.", wide=True),
        column("OS-Image", "The operating system that it reports.", wide=True),
        column("Kernel-Version", "The kernel that it reports.", wide=True),
        column("Container-Runtime", "The container runtime and its version.", wide=True),
    ],
    node_cells,
)
LEASE_PRINTER = Printer([NAME, column("Holder", "Who holds the lease."), AGE], lease_cells)
