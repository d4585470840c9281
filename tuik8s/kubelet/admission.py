"""Whether a node takes a pod that was bound to it (pkg/kubelet/lifecycle/predicate.go).

The scheduler has checked the same; but pods can be bound by hand, and two writes can cross.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from tuik8s.api import quantity
from tuik8s.api.objects import labels_of
from tuik8s.api.pods import host_ports, pod_requests
from tuik8s.api.selectors import NodeSelector
from tuik8s.kubelet.resizing import Refusal
from tuik8s.kubelet.status import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.kubelet.resizing import Allocation

REJECTED = "Pod was rejected: "


class Tenant(Protocol):
    """A pod that the node has taken. What it was granted concerns only a newcomer that wants something."""

    @property
    def allocation(self) -> Allocation: ...


def check(pod: Obj, node: Obj, others: Sequence[Tenant]) -> Failure | None:
    """`others` are the pods the node has taken and that have not ended."""
    return _resources(pod, node, others) or _affinity(pod, node) or _ports(pod, others)


def check_resize(pod: Obj, node: Obj, others: Sequence[Tenant]) -> Refusal | None:
    """Whether the pod may have what its spec asks for now, where it runs already."""
    allocatable, wanted = _allocatable(node), pod_requests(pod)
    used = [other.allocation.requests for other in others]
    for name in ("cpu", "memory"):
        amount, capacity = wanted.get(name, Decimal(0)), allocatable.get(name)
        if capacity is not None and amount > capacity:
            numbers = [_number(name, n) for n in (amount, capacity)]
            why = "Node didn't have enough capacity: {}, requested: {}, capacity: {}".format(name, *numbers)
            return Refusal("Infeasible", why)
    for name in ("cpu", "memory"):
        amount, capacity = wanted.get(name, Decimal(0)), allocatable.get(name)
        taken = sum((requests.get(name, Decimal(0)) for requests in used), Decimal(0))
        if capacity is not None and amount > 0 and taken + amount > capacity:
            return Refusal("Deferred", _out_of(name, amount, taken, capacity).message.removeprefix(REJECTED))
    return None


def _allocatable(node: Obj) -> dict[str, Decimal]:
    found = (node.get("status") or {}).get("allocatable") or {}
    return {name: quantity.parse(text) for name, text in found.items()}


def _number(name: str, amount: Decimal) -> int:
    """CPU is counted in thousandths, everything else in units."""
    return quantity.millis(amount) if name == "cpu" else quantity.value(amount)


def _resources(pod: Obj, node: Obj, others: Sequence[Tenant]) -> Failure | None:
    allocatable = _allocatable(node)
    slots = allocatable.get("pods")
    if slots is not None and len(others) + 1 > slots:
        return _out_of("pods", Decimal(1), Decimal(len(others)), slots)
    wanted = {name: amount for name, amount in pod_requests(pod).items() if amount > 0}
    used = [other.allocation.requests for other in others] if wanted else []
    for name, amount in wanted.items():
        taken = sum((requests.get(name, Decimal(0)) for requests in used), Decimal(0))
        if name in allocatable and taken + amount > allocatable[name]:
            return _out_of(name, amount, taken, allocatable[name])
    return None


def _out_of(name: str, wanted: Decimal, used: Decimal, capacity: Decimal) -> Failure:
    numbers = [_number(name, amount) for amount in (wanted, used, capacity)]
    why = "requested: {}, used: {}, capacity: {}".format(*numbers)
    return Failure(f"OutOf{name}", f"{REJECTED}Node didn't have enough resource: {name}, {why}")


def _affinity(pod: Obj, node: Obj) -> Failure | None:
    spec, labels = pod["spec"], labels_of(node)
    fits = all(labels.get(key) == value for key, value in (spec.get("nodeSelector") or {}).items())
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    if fits and (required is None or NodeSelector(required).matches(node)):
        return None
    return _predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector")


def _ports(pod: Obj, others: Sequence[Tenant]) -> Failure | None:
    wanted = host_ports(pod)
    taken = [port for other in others for port in host_ports(other.allocation.pod)] if wanted else []
    if any(port.conflicts_with(other) for port in wanted for other in taken):
        return _predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports")
    return None


def _predicate(name: str, why: str) -> Failure:
    return Failure(name, f"{REJECTED}Predicate {name} failed: {why}")
