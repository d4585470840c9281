"""A Node, with what runs on it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.objects import is_pod_finished, labels_of
from tuik8s.api.pods import pod_limits, pod_requests
from tuik8s.api.quantity import format_bytes, format_cpu, parse
from tuik8s.tui.describe.metadata import add_identity
from tuik8s.tui.describe.page import NONE, Page, age, moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.objects import Obj
    from tuik8s.tui.host import DescribeContext

ROLE = "node-role.kubernetes.io/"
_INFO = (
    ("Machine ID", "machineID"), ("System UUID", "systemUUID"), ("Boot ID", "bootID"),
    ("Kernel Version", "kernelVersion"), ("OS Image", "osImage"), ("Operating System", "operatingSystem"),
    ("Architecture", "architecture"), ("Container Runtime Version", "containerRuntimeVersion"),
    ("Kubelet Version", "kubeletVersion"),
)  # fmt: skip


def describe_node(page: Page, node: Obj, context: DescribeContext) -> None:
    spec, status = node.get("spec") or {}, node.get("status") or {}
    page.field("Name", node["metadata"]["name"])
    roles = [label.removeprefix(ROLE) for label in sorted(labels_of(node)) if label.startswith(ROLE)]
    page.field("Roles", ",".join(roles) or NONE)
    add_identity(page, node, named=False)
    page.field("CreationTimestamp", moment(node["metadata"].get("creationTimestamp")))
    page.field("Taints", "\n".join(taint_text(taint) for taint in spec.get("taints") or ()) or NONE)
    page.field("Unschedulable", str(spec.get("unschedulable", False)).lower())
    _add_lease(page, node, context)
    _add_conditions(page, status)
    page.line("Addresses:")
    for address in status.get("addresses") or ():
        page.field(address["type"], address["address"], 1)
    for title in ("Capacity", "Allocatable"):
        page.line(f"{title}:")
        for name, quantity in sorted((status.get(title.lower()) or {}).items()):
            page.field(name, quantity, 1)
    page.line("System Info:")
    for title, field in _INFO:
        page.field(title, (status.get("nodeInfo") or {}).get(field, ""), 1)
    if spec.get("podCIDR"):
        page.field("PodCIDR", spec["podCIDR"])
    _add_pods(page, node, context)


def taint_text(taint: Obj) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"


def _add_lease(page: Page, node: Obj, context: DescribeContext) -> None:
    for lease in context.objects(kinds.LEASE):
        if lease["metadata"]["name"] == node["metadata"]["name"]:
            spec = lease.get("spec") or {}
            page.line("Lease:")
            page.field("HolderIdentity", spec.get("holderIdentity", ""), 1)
            page.field("RenewTime", moment(spec.get("renewTime")), 1)


def _add_conditions(page: Page, status: Obj) -> None:
    page.line("Conditions:")
    rows = [
        (
            item["type"], item["status"], moment(item.get("lastHeartbeatTime")),
            moment(item.get("lastTransitionTime")), item.get("reason", ""), item.get("message", ""),
        )
        for item in status.get("conditions") or ()
    ]  # fmt: skip
    heads = ("Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message")
    page.table(heads, rows, level=1)


def _add_pods(page: Page, node: Obj, context: DescribeContext) -> None:
    name = node["metadata"]["name"]
    pods = [
        pod
        for pod in context.objects(kinds.POD)
        if pod["spec"].get("nodeName") == name and not is_pod_finished(pod)
    ]
    allocatable = (node.get("status") or {}).get("allocatable") or {}
    page.line(f"Non-terminated Pods:          ({len(pods)} in total)")
    heads = ("Namespace", "Name", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age")
    now = context.clock.now()
    rows = [
        (
            pod["metadata"]["namespace"], pod["metadata"]["name"],
            *_shares([pod], allocatable), age(pod["metadata"].get("creationTimestamp"), now),
        )
        for pod in pods
    ]  # fmt: skip
    page.table(heads, rows, level=1)
    page.line("Allocated resources:")
    requests_cpu, limits_cpu, requests_memory, limits_memory = _shares(pods, allocatable)
    totals = [("cpu", requests_cpu, limits_cpu), ("memory", requests_memory, limits_memory)]
    page.table(("Resource", "Requests", "Limits"), totals, level=1)


def _shares(pods: Iterable[Obj], allocatable: Obj) -> tuple[str, str, str, str]:
    """CPU requests and limits, memory requests and limits, each with its part of the node."""
    pods = list(pods)
    texts: list[str] = []
    for resource in ("cpu", "memory"):
        whole = parse(allocatable.get(resource, "0"))
        for amounts in (pod_requests, pod_limits):
            total = sum((amounts(pod).get(resource, Decimal(0)) for pod in pods), Decimal(0))
            part = int(total * 100 / whole) if whole else 0
            shown = format_cpu(int(total * 1000)) if resource == "cpu" else format_bytes(int(total))
            texts.append(f"{shown} ({part}%)")
    return texts[0], texts[1], texts[2], texts[3]
