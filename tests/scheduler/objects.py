"""Pods and nodes as short as tests want them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.scheduler.pod_info import PodInfo
from tuik8s.scheduler.snapshot import Snapshot

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"


def make_node(
    name: str,
    *,
    cpu: str = "4",
    memory: str = "8Gi",
    pods: str = "110",
    labels: dict[str, str] | None = None,
    taints: list[Obj] | None = None,
    images: list[Obj] | None = None,
    more: dict[str, str] | None = None,
    **spec: Any,
) -> Obj:
    allocatable = {"cpu": cpu, "memory": memory, "pods": pods, **(more or {})}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {HOSTNAME: name, **(labels or {})}},
        "spec": {"taints": taints or [], **spec},
        "status": {"allocatable": allocatable, "capacity": allocatable, "images": images or []},
    }


def make_pod(
    name: str,
    *,
    namespace: str = "default",
    labels: dict[str, str] | None = None,
    requests: dict[str, str] | None = None,
    ports: list[Obj] | None = None,
    image: str = "web:1",
    **spec: Any,
) -> Obj:
    container = {
        "name": "main", "image": image, "ports": ports or [], "resources": {"requests": requests or {}},
    }  # fmt: skip
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}", "labels": labels or {}},
        "spec": {"containers": [container], "schedulerName": "default-scheduler", **spec},
        "status": {"phase": "Pending"},
    }


def info(name: str, **fields: Any) -> PodInfo:
    return PodInfo(make_pod(name, **fields))


def cluster(*nodes: Obj, **pods: list[PodInfo]) -> Snapshot:
    """A snapshot of these nodes; keywords give the pods of a node (dashes as underscores)."""
    snapshot = Snapshot()
    snapshot.set_namespace("default", {"kubernetes.io/metadata.name": "default"})
    for node in nodes:
        snapshot.set_node(node)
    for name, infos in pods.items():
        for pod in infos:
            snapshot.set_pod(pod, name.replace("_", "-"))
    return snapshot
