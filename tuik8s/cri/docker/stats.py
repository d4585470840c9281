"""CPU and memory of containers, from the engine's counters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from docker import APIClient

from tuik8s.cri.docker.engine import EngineRefused
from tuik8s.cri.docker.statuses import parse_time
from tuik8s.cri.protocol import ContainerState, ContainerStats, ContainerStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tuik8s.cri.docker.engine import Engine


class _Sample(NamedTuple):
    time: datetime
    used: int
    """Nanoseconds of CPU since the start."""


class StatsReader:
    """Rates are between two calls; the first gives the average since the container's start."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._samples: dict[str, _Sample] = {}

    async def read(self, containers: Sequence[ContainerStatus]) -> list[ContainerStats]:
        running = [one for one in containers if one.state is ContainerState.RUNNING]
        found = await asyncio.gather(*(self._one(status) for status in running))
        present = {status.id for status in running}
        self._samples = {key: sample for key, sample in self._samples.items() if key in present}
        return [stats for stats in found if stats is not None]

    async def _one(self, status: ContainerStatus) -> ContainerStats | None:
        try:
            numbers: Any = await self._engine.call(APIClient.stats, status.id, stream=False, one_shot=True)
        except EngineRefused as refusal:
            if refusal.status in (404, 409):
                return None
            raise
        time = parse_time(numbers["read"])
        if time is None or status.started_at is None:
            return None
        sample = _Sample(time, numbers["cpu_stats"]["cpu_usage"]["total_usage"])
        before = self._samples.get(status.id) or _Sample(status.started_at, 0)
        self._samples[status.id] = sample
        seconds = (sample.time - before.time).total_seconds()
        return ContainerStats(
            container_id=status.id, pod_uid=status.pod_uid, name=status.name, node=status.node,
            cpu_nanocores=max(0, int((sample.used - before.used) / seconds)) if seconds > 0 else 0,
            memory_bytes=_working_set(numbers.get("memory_stats") or {}),
        )  # fmt: skip


def _working_set(memory: dict[str, Any]) -> int:
    """Usage without the file cache that could be dropped, as cAdvisor has it; cgroup v1 or v2."""
    details = memory.get("stats") or {}
    inactive = details.get("total_inactive_file", details.get("inactive_file", 0))
    return int(max(0, memory.get("usage", 0) - inactive))
