"""What containers and nodes use of CPU and memory, as measured (k8s.io/metrics)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


class ContainerUsage(NamedTuple):
    """Of one running container. The CPU is an average over the `window` seconds before `time`."""

    pod_uid: str
    name: str
    started_at: datetime
    time: datetime
    window: float
    cpu_nanocores: int
    cpu_nanoseconds: int
    """Used since the start, all cores together."""
    memory_bytes: int
    """The working set."""


@dataclass(frozen=True, slots=True)
class NodeUsage:
    """All that the containers of a node use; the node itself uses nothing of its own."""

    time: datetime
    containers: tuple[ContainerUsage, ...]

    @property
    def window(self) -> float:
        return max((container.window for container in self.containers), default=0.0)

    @property
    def cpu_nanocores(self) -> int:
        return sum(container.cpu_nanocores for container in self.containers)

    @property
    def cpu_nanoseconds(self) -> int:
        return sum(container.cpu_nanoseconds for container in self.containers)

    @property
    def memory_bytes(self) -> int:
        return sum(container.memory_bytes for container in self.containers)
