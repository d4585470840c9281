"""A node as the scheduler sees it, and what its pods take of it (kube-scheduler's NodeInfo)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.objects import Obj, labels_of
from tuik8s.api.quantity import parse
from tuik8s.scheduler.pod_info import PodInfo, amount_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.pods import HostPort


class NodeInfo:
    """One node; `node` is None while only pods are known of it. The counts follow `add_pod`, `remove_pod`."""

    __slots__ = (
        "allocatable", "allowed_pods", "hard_taints", "images", "labels", "name", "node", "pods", "ports",
        "requested", "scoring_cpu", "scoring_memory", "soft_taints", "unschedulable",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.node: Obj | None = None
        self.labels: dict[str, str] = {}
        self.unschedulable = False
        self.hard_taints: tuple[Obj, ...] = ()
        self.soft_taints: tuple[Obj, ...] = ()
        self.allocatable: dict[str, int] = {}
        self.allowed_pods = 0
        self.images: dict[str, int] = {}
        self.pods: dict[str, PodInfo] = {}
        self.ports: dict[HostPort, int] = {}
        self.requested: dict[str, int] = {}
        self.scoring_cpu = self.scoring_memory = 0

    def set_node(self, node: Obj) -> None:
        spec, status = node.get("spec") or {}, node.get("status") or {}
        self.node = node
        self.labels = labels_of(node)
        self.unschedulable = bool(spec.get("unschedulable"))
        taints = spec.get("taints") or ()
        self.hard_taints = tuple(t for t in taints if t["effect"] in ("NoSchedule", "NoExecute"))
        self.soft_taints = tuple(t for t in taints if t["effect"] == "PreferNoSchedule")
        allocatable = status.get("allocatable") or status.get("capacity") or {}
        self.allocatable = {name: amount_of(name, parse(text)) for name, text in allocatable.items()}
        self.allowed_pods = self.allocatable.get("pods", 0)
        self.images = {
            name: image.get("sizeBytes") or 0
            for image in status.get("images") or ()
            for name in image.get("names") or ()
        }

    def add_pod(self, pod: PodInfo) -> None:
        self.pods[pod.uid] = pod
        for port in pod.ports:
            self.ports[port] = self.ports.get(port, 0) + 1
        self._take(pod, 1)

    def remove_pod(self, uid: str) -> None:
        pod = self.pods.pop(uid)
        for port in pod.ports:
            self.ports[port] -= 1
            if not self.ports[port]:
                del self.ports[port]
        self._take(pod, -1)

    def is_port_taken(self, wanted: Iterable[HostPort]) -> bool:
        return any(port.conflicts_with(other) for port in wanted for other in self.ports)

    def _take(self, pod: PodInfo, sign: int) -> None:
        for name, amount in pod.requests.items():
            self.requested[name] = self.requested.get(name, 0) + sign * amount
        self.scoring_cpu += sign * pod.scoring_requests.get("cpu", 0)
        self.scoring_memory += sign * pod.scoring_requests.get("memory", 0)
