"""What containers use: counters of the runtime, sampled only while somebody asks."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from tuik8s.api.usage import ContainerUsage, NodeUsage
from tuik8s.cri import RuntimeFault

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock
    from tuik8s.cri import ContainerStats, Runtime

log = logging.getLogger(__name__)

PERIOD = 15.0
"""Seconds between samples, as metrics-server's resolution."""
ATTENTION = 60.0
"""Seconds after the last question for which sampling goes on."""
FIRST_WINDOW = 1.0
"""Seconds between the two samples of the first answer."""

_shared: WeakValueDictionary[int, UsageSampler] = WeakValueDictionary()


class UsageSampler:
    """For all nodes of one runtime. Nothing is measured, and no time spent, while nobody asks."""

    @classmethod
    def of(cls, runtime: Runtime, clock: Clock) -> UsageSampler:
        """The one of this runtime."""
        found = _shared.get(id(runtime))
        if found is None:
            found = _shared[id(runtime)] = cls(runtime, clock)
        return found

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self._runtime, self._clock = runtime, clock
        self._before: dict[str, ContainerStats] = {}
        self._latest: dict[str, ContainerStats] = {}
        self._sampled = self._asked = float("-inf")
        self._first: asyncio.Task[None] | None = None
        self._sampling: asyncio.Task[None] | None = None
        self._nodes: set[str] = set()
        self.samples = 0

    def join(self, node: str) -> None:
        self._nodes.add(node)

    async def leave(self, node: str) -> None:
        """The last one ends the sampling; until then others may wait for it."""
        self._nodes.discard(node)
        if self._nodes:
            return
        tasks = [task for task in (self._first, self._sampling) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def usage(self, node: str) -> NodeUsage:
        """Not older than a period. Raises `RuntimeFault`."""
        now = asyncio.get_running_loop().time()
        self._asked = now
        beginning = self._first is not None and not self._first.done()
        if beginning or now - self._sampled > 2 * PERIOD:
            await self._begin()
        containers = (self._usage(stats) for stats in self._latest.values() if stats.node == node)
        return NodeUsage(self._clock.now(), tuple(containers))

    async def _begin(self) -> None:
        """Many may ask at once: they share the first samples."""
        if self._first is None or self._first.done():
            self._first = asyncio.create_task(self._sample_twice(), name="usage begins")
        await asyncio.shield(self._first)
        if self._sampling is None or self._sampling.done():
            self._sampling = asyncio.create_task(self._go_on(), name="usage")

    async def _sample_twice(self) -> None:
        self._latest = {}
        await self._sample()
        await asyncio.sleep(FIRST_WINDOW)
        await self._sample()

    async def _go_on(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PERIOD)
            if loop.time() - self._asked > ATTENTION:
                return
            try:
                await self._sample()
            except RuntimeFault as error:
                log.debug("no usage: %s", error)
                return

    async def _sample(self) -> None:
        found = {stats.container_id: stats for stats in await self._runtime.stats()}
        self._before, self._latest = self._latest, found
        self._sampled = asyncio.get_running_loop().time()
        self.samples += 1

    def _usage(self, stats: ContainerStats) -> ContainerUsage:
        """A container that was not there before is counted from its start."""
        before = self._before.get(stats.container_id)
        since, used = (before.time, before.cpu_nanoseconds) if before else (stats.started_at, 0)
        window = (stats.time - since).total_seconds()
        rate = (stats.cpu_nanoseconds - used) / window if window > 0 else 0
        return ContainerUsage(
            stats.pod_uid, stats.name, stats.started_at, stats.time, max(window, 0.0), max(0, int(rate)),
            stats.cpu_nanoseconds, stats.memory_bytes,
        )  # fmt: skip
