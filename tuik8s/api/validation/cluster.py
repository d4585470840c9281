"""Namespaces, nodes and leases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors
from tuik8s.api.validation.metadata import check_finalizer
from tuik8s.api.validation.resources import check_resource_amount
from tuik8s.api.validation.scheduling import check_taints
from tuik8s.api.validation.values import NEGATIVE, check_cidr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj


def validate_namespace(namespace: Obj) -> Iterator[FieldError]:
    for finalizer in (namespace.get("spec") or {}).get("finalizers") or ():
        yield from check_finalizer(finalizer, "spec.finalizers")


def validate_namespace_status_update(namespace: Obj, old: Obj) -> Iterator[FieldError]:
    phase = (namespace.get("status") or {}).get("phase", "")
    deleting = old["metadata"].get("deletionTimestamp") is not None
    if not deleting and phase != "Active":
        yield errors.invalid("status.Phase", phase, "may only be 'Active' if `deletionTimestamp` is empty")
    if deleting and phase != "Terminating":
        yield errors.invalid(
            "status.Phase", phase, "may only be 'Terminating' if `deletionTimestamp` is not empty"
        )


def validate_namespace_finalize(namespace: Obj, _old: Obj) -> Iterator[FieldError]:
    for index, finalizer in enumerate((namespace.get("spec") or {}).get("finalizers") or ()):
        yield from check_finalizer(finalizer, f"spec.finalizers[{index}]")


def validate_node(node: Obj) -> Iterator[FieldError]:
    spec = node.get("spec") or {}
    yield from check_taints(spec.get("taints"), "metadata.taints")
    yield from _check_node_resources(node)
    for index, text in enumerate(spec.get("podCIDRs") or ()):
        yield from check_cidr(text, f"spec.podCIDRs[{index}]")


def _check_node_resources(node: Obj) -> Iterator[FieldError]:
    status = node.get("status") or {}
    for field in ("capacity", "allocatable"):
        for name, text in (status.get(field) or {}).items():
            yield from check_resource_amount(name, text, f"status.{field}.{name}")


def validate_node_update(node: Obj, old: Obj) -> Iterator[FieldError]:
    spec, before = node.get("spec") or {}, old.get("spec") or {}
    yield from _check_node_resources(node)
    seen: set[tuple[str, str]] = set()
    for index, address in enumerate((node.get("status") or {}).get("addresses") or ()):
        key = (address.get("type", ""), address.get("address", ""))
        if key in seen:
            yield errors.duplicate(f"status.addresses[{index}]", address)
        seen.add(key)
    if before.get("podCIDRs") and spec.get("podCIDRs") != before["podCIDRs"]:
        yield errors.forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')
    if before.get("providerID") and spec.get("providerID") != before["providerID"]:
        yield errors.forbidden(
            "spec.providerID", 'node updates may not change providerID except from "" to valid'
        )
    yield from check_taints(spec.get("taints"), "metadata.taints")


def validate_lease(lease: Obj) -> Iterator[FieldError]:
    spec = lease.get("spec") or {}
    duration, transitions = spec.get("leaseDurationSeconds"), spec.get("leaseTransitions")
    if duration is not None and duration <= 0:
        yield errors.invalid("spec.leaseDurationSeconds", duration, "must be greater than 0")
    if transitions is not None and transitions < 0:
        yield errors.invalid("spec.leaseTransitions", transitions, NEGATIVE)
    if spec.get("preferredHolder") and not spec.get("strategy"):
        yield errors.forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined")
