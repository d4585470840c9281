"""CPU and memory of containers, from the engine's counters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from docker import APIClient

from tuik8s.cri.docker.engine import EngineRefused
from tuik8s.cri.docker.statuses import parse_time
from tuik8s.cri.protocol import ContainerState, ContainerStats, ContainerStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.cri.docker.engine import Engine


async def read_stats(engine: Engine, containers: Sequence[ContainerStatus]) -> list[ContainerStats]:
    """Those that run; one that ends meanwhile is left out."""
    running = [one for one in containers if one.state is ContainerState.RUNNING]
    found = await asyncio.gather(*(_one(engine, status) for status in running))
    return [stats for stats in found if stats is not None]


async def _one(engine: Engine, status: ContainerStatus) -> ContainerStats | None:
    try:
        numbers: Any = await engine.call(APIClient.stats, status.id, stream=False, one_shot=True)
    except EngineRefused as refusal:
        if refusal.status in (404, 409):
            return None
        raise
    time = parse_time(numbers["read"])
    if time is None or status.started_at is None:
        return None
    return ContainerStats(
        container_id=status.id, pod_uid=status.pod_uid, name=status.name, node=status.node, time=time,
        started_at=status.started_at, cpu_nanoseconds=numbers["cpu_stats"]["cpu_usage"]["total_usage"],
        memory_bytes=_working_set(numbers.get("memory_stats") or {}),
    )  # fmt: skip


def _working_set(memory: dict[str, Any]) -> int:
    """Usage without the file cache that could be dropped, as cAdvisor has it; cgroup v1 or v2."""
    details = memory.get("stats") or {}
    inactive = details.get("total_inactive_file", details.get("inactive_file", 0))
    return int(max(0, memory.get("usage", 0) - inactive))
