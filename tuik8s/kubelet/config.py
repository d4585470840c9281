"""What one node is: its name, its share of the machine, its addresses."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuik8s.api.objects import Obj

_ARCHITECTURES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def host_architecture() -> str:
    """The machine's architecture as Go, and so the node label, names it."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine() or "unknown")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """Quantities are Kubernetes'; nothing is reserved, so what is allocatable equals the capacity."""

    name: str
    cpu: str = "4"
    memory: str = "8Gi"
    ephemeral_storage: str = "100Gi"
    max_pods: int = 110
    pod_cidr: str = ""
    """Written into `spec.podCIDR` at registration; a Node that has one already keeps it."""
    address: str = "127.0.0.1"
    """InternalIP: where hostNetwork pods and NodePorts are reached."""
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Obj, ...] = ()
    architecture: str = field(default_factory=host_architecture)
    operating_system: str = "linux"
    api_server: tuple[str, int] | None = None
    """Where containers reach the API; None: at the address of the Service `kubernetes`."""
    cluster_dns: str = ""
    """The nameserver of pods with dnsPolicy ClusterFirst; empty leaves the runtime's own."""
    cluster_domain: str = "cluster.local"
    max_parallel_pulls: int = 5

    @property
    def capacity(self) -> dict[str, str]:
        return {
            "cpu": self.cpu,
            "ephemeral-storage": self.ephemeral_storage,
            "memory": self.memory,
            "pods": str(self.max_pods),
        }
