"""Requests that follow from limits, for containers and for a pod as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.pods import container_limits, container_requests, is_pod_level_resource
from tuik8s.api.quantity import format_amount

if TYPE_CHECKING:
    from decimal import Decimal

    from tuik8s.api.objects import Obj

_HUGE_PAGES = "hugepages-"


def default_resources(spec: Obj) -> None:
    """Of a pod itself; templates keep what was written."""
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        resources = container.get("resources") or {}
        if resources.get("limits"):
            resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}
    whole = spec.get("resources") or {}
    if whole.get("limits") or whole.get("requests"):
        _default_huge_pages(spec, whole)
        _default_requests(spec, whole)
        _default_limits(spec, whole)


def _default_huge_pages(spec: Obj, whole: Obj) -> None:
    """The pod's limit is what its containers may use together."""
    for name, amount in container_limits(spec).items():
        if name.startswith(_HUGE_PAGES) and name not in (whole.get("requests") or {}):
            whole.setdefault("limits", {}).setdefault(name, _text(name, amount))


def _default_requests(spec: Obj, whole: Obj) -> None:
    """With limits for the pod: what its containers request together, else the limits."""
    limits = whole.get("limits")
    if not limits:
        return
    requests = whole.setdefault("requests", {})
    for name, amount in container_requests(spec).items():
        if is_pod_level_resource(name) and not name.startswith(_HUGE_PAGES):
            requests.setdefault(name, _text(name, amount))
    for name, text in limits.items():
        requests.setdefault(name, text)


def _default_limits(spec: Obj, whole: Obj) -> None:
    """With requests alone: the containers' limits together, for what each of them limits."""
    if whole.get("limits"):
        return
    containers = spec.get("containers") or []
    for name, amount in container_limits(spec).items():
        limited = all(name in ((c.get("resources") or {}).get("limits") or {}) for c in containers)
        if limited and is_pod_level_resource(name) and not name.startswith(_HUGE_PAGES):
            whole.setdefault("limits", {})[name] = _text(name, amount)


def _text(name: str, amount: Decimal) -> str:
    return format_amount(amount, "DecimalSI" if name == "cpu" else "BinarySI")
