"""How long after a create an informer's handler has the object."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from tests.bench.figure import Figure, percentile
from tests.bench.pods import deployment_of, large_cluster
from tuik8s.api import kinds
from tuik8s.api.clock import SystemClock
from tuik8s.reconcile import Informer
from tuik8s.storage import Store

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

CREATES = 1_000
PAUSE = 0.002
PREFIX = "/registry/configmaps/"


def measure() -> list[Figure]:
    ours, bare = asyncio.run(_through_the_api()), asyncio.run(_through_the_store())
    return [
        Figure(
            name="watch delivery, p99", ours=percentile(ours, 0.99) * 1000, unit="ms", goal=10,
            baseline=percentile(bare, 0.99) * 1000, baseline_name="the store's own watch",
        )
    ]  # fmt: skip


async def _through_the_api() -> list[float]:
    """In a whole cluster, with everything else that listens."""
    delays: list[float] = []
    begun: dict[str, float] = {}

    def seen(_: Obj | None, obj: Obj | None) -> None:
        if obj and (start := begun.get(obj["metadata"]["name"])):
            delays.append(time.perf_counter() - start)

    async with large_cluster(100, None) as cluster:
        await cluster.client.apply(kinds.DEPLOYMENT, deployment_of(30), field_manager="bench")
        informer = Informer(cluster.client, kinds.CONFIG_MAP)
        informer.subscribe(seen)
        watching = asyncio.create_task(informer.run())
        await asyncio.sleep(2)
        for number in range(CREATES):
            begun[f"map-{number}"] = time.perf_counter()
            await cluster.client.create(kinds.CONFIG_MAP, _config_map(number))
            await asyncio.sleep(PAUSE)
        watching.cancel()
    return delays


async def _through_the_store() -> list[float]:
    delays: list[float] = []
    begun: dict[str, float] = {}
    store = await Store.open(None, clock=SystemClock())

    def seen(key: str) -> None:
        delays.append(time.perf_counter() - begun[key])

    async def follow() -> None:
        async for record in store.watch(PREFIX, 0):
            seen(record.key)

    watching = asyncio.create_task(follow())
    for number in range(CREATES):
        key = f"{PREFIX}default/map-{number}"
        begun[key] = time.perf_counter()
        await store.create(key, _config_map(number))
        await asyncio.sleep(PAUSE)
    watching.cancel()
    await store.close()
    return delays


def _config_map(number: int) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": f"map-{number}", "namespace": "default"},
        "data": {"number": str(number)},
    }
