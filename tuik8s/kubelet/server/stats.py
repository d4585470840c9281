"""/stats/summary and /runningpods (k8s.io/kubelet/pkg/apis/stats/v1alpha1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api import quantity
from tuik8s.api.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tuik8s.api.objects import Obj
    from tuik8s.api.usage import ContainerUsage, NodeUsage
    from tuik8s.kubelet.services import Services


def summary(services: Services, pods: Iterable[Obj], usage: NodeUsage) -> Obj:
    node = services.host.node
    memory = _memory(usage.time, usage.memory_bytes)
    memory["availableBytes"] = max(0, quantity.value(node.memory) - usage.memory_bytes)
    return {
        "node": {
            "nodeName": node.name,
            "startTime": timestamp(services.started),
            "cpu": _cpu(usage.time, usage.cpu_nanocores, usage.cpu_nanoseconds),
            "memory": memory,
        },
        "pods": [_pod(pod, found) for pod in pods if (found := containers_of(pod, usage))],
    }


def containers_of(pod: Obj, usage: NodeUsage) -> list[ContainerUsage]:
    uid = pod["metadata"]["uid"]
    return [container for container in usage.containers if container.pod_uid == uid]


def running_pods(services: Services, pods: Iterable[Obj]) -> list[Obj]:
    """What the runtime has, in as much of a Pod as it knows."""
    names = {pod["metadata"]["uid"]: pod["metadata"] for pod in pods}
    found = []
    for uid in services.pleg.pods_of(services.host.node.name):
        running = services.pleg.state(uid).running
        if running:
            first = running[0]
            known = names.get(uid) or {"name": first.pod_name, "namespace": first.pod_namespace}
            meta = {"name": known["name"], "namespace": known["namespace"], "uid": uid}
            containers = [{"name": one.name, "image": one.image, "resources": {}} for one in running]
            found.append({"metadata": meta, "spec": {"containers": containers}, "status": {}})
    return found


def _pod(pod: Obj, containers: list[ContainerUsage]) -> Obj:
    meta = pod["metadata"]
    time = max(one.time for one in containers)
    return {
        "podRef": {"name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]},
        "startTime": (pod.get("status") or {}).get("startTime"),
        "containers": [_container(one) for one in containers],
        "cpu": _cpu(
            time, sum(c.cpu_nanocores for c in containers), sum(c.cpu_nanoseconds for c in containers)
        ),
        "memory": _memory(time, sum(one.memory_bytes for one in containers)),
    }


def _container(one: ContainerUsage) -> Obj:
    return {
        "name": one.name,
        "startTime": timestamp(one.started_at),
        "cpu": _cpu(one.time, one.cpu_nanocores, one.cpu_nanoseconds),
        "memory": _memory(one.time, one.memory_bytes),
    }


def _cpu(time: datetime, nanocores: int, nanoseconds: int) -> Obj:
    return {"time": timestamp(time), "usageNanoCores": nanocores, "usageCoreNanoSeconds": nanoseconds}


def _memory(time: datetime, working_set: int) -> dict[str, Any]:
    return {"time": timestamp(time), "workingSetBytes": working_set}
