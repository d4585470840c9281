"""What a pod's containers request and may use, and the QoS class that follows from it.

Sources: k8s.io/component-helpers/resource, pkg/apis/core/v1/helper/qos.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from tuik8s.api import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tuik8s.api.objects import Obj

QosClass: TypeAlias = Literal["Guaranteed", "Burstable", "BestEffort"]
Resources: TypeAlias = dict[str, Decimal]

_QOS_RESOURCES = ("cpu", "memory")


def is_sidecar(container: Obj) -> bool:
    """An init container that goes on running beside the others (`restartPolicy: Always`)."""
    return container.get("restartPolicy") == "Always"


def all_containers(pod: Obj) -> Iterator[Obj]:
    """Init containers, then containers; of a pod or of a pod template."""
    spec = pod.get("spec") or {}
    yield from spec.get("initContainers") or ()
    yield from spec.get("containers") or ()


def pod_requests(pod: Obj) -> Resources:
    """What the scheduler reserves: the larger of what runs together and of each init step, with overhead."""
    spec = pod.get("spec") or {}
    total = container_requests(spec)
    _override(total, spec, "requests")
    _add(total, _amounts(spec.get("overhead")))
    return total


def pod_limits(pod: Obj) -> Resources:
    """The limits taken together; overhead counts only where there is a limit."""
    spec = pod.get("spec") or {}
    total = container_limits(spec)
    _override(total, spec, "limits")
    overhead = _amounts(spec.get("overhead"))
    _add(total, {name: amount for name, amount in overhead.items() if total.get(name)})
    return total


def container_requests(spec: Obj) -> Resources:
    """What a pod spec's containers request together, without overhead and pod-level resources."""
    return _aggregate(spec, "requests")


def container_limits(spec: Obj) -> Resources:
    """What a pod spec's containers may use together, without overhead and pod-level resources."""
    return _aggregate(spec, "limits")


def is_pod_level_resource(name: str) -> bool:
    """Whether it can be set for the whole pod."""
    return name in _QOS_RESOURCES or name.startswith("hugepages-")


def _aggregate(spec: Obj, which: str) -> Resources:
    total: Resources = {}
    for container in spec.get("containers") or ():
        _add(total, _amounts((container.get("resources") or {}).get(which)))
    sidecars: Resources = {}
    initial: Resources = {}
    for container in spec.get("initContainers") or ():
        own = _amounts((container.get("resources") or {}).get(which))
        if is_sidecar(container):
            _add(total, own)
            _add(sidecars, own)
            step = sidecars
        else:
            step = dict(own)
            _add(step, sidecars)
        _raise_to(initial, step)
    _raise_to(total, initial)
    return total


def _amounts(resources: Mapping[str, Any] | None) -> Resources:
    return {name: quantity.parse(text) for name, text in (resources or {}).items()}


def _add(total: Resources, more: Resources) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, Decimal(0)) + amount


def _raise_to(total: Resources, least: Resources) -> None:
    for name, amount in least.items():
        if amount > total.get(name, Decimal(-1)):
            total[name] = amount


def _override(total: Resources, spec: Obj, which: str) -> None:
    """Resources set for the whole pod count instead of the containers' sum."""
    for name, amount in _amounts((spec.get("resources") or {}).get(which)).items():
        if is_pod_level_resource(name):
            total[name] = amount


def qos_class(pod: Obj) -> QosClass:
    """Guaranteed: every container limits CPU and memory to what it requests; BestEffort: none asks."""
    pod_level = (pod.get("spec") or {}).get("resources") or {}
    holders = [pod_level] if pod_level else [c.get("resources") or {} for c in all_containers(pod)]
    requests: Resources = {}
    limits: Resources = {}
    guaranteed = True
    for holder in holders:
        _add(requests, _positive(holder.get("requests")))
        own = _positive(holder.get("limits"))
        _add(limits, own)
        guaranteed = guaranteed and len(own) == len(_QOS_RESOURCES)
    if not requests and not limits:
        return "BestEffort"
    return "Guaranteed" if guaranteed and requests == limits else "Burstable"


def _positive(resources: Mapping[str, Any] | None) -> Resources:
    return {name: a for name, a in _amounts(resources).items() if name in _QOS_RESOURCES and a > 0}
