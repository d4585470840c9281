"""Simulated pods through API server, scheduler, kubelet and back, until all of a Deployment are Ready."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.bench.figure import Figure
from tuik8s.api import kinds
from tuik8s.api.clock import SystemClock
from tuik8s.api.objects import Obj, copy
from tuik8s.cli.collection import collect_seldom, keep_what_is_loaded
from tuik8s.cluster import Cluster
from tuik8s.config import Config
from tuik8s.reconcile import Informer
from tuik8s.storage import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

FEW, MANY = 1_000, 10_000
PODS_PER_NODE = 200
"""A node has the addresses of a /24."""
WRITES_PER_POD = 4
"""Created, bound, started, Ready: what the log holds of a pod at least."""
LIMIT = 200.0


def few() -> list[Figure]:
    return [asyncio.run(_figure(FEW, durable=False)), asyncio.run(_figure(FEW, durable=True))]


def many() -> list[Figure]:
    return [asyncio.run(_figure(MANY, durable=False))]


async def _figure(count: int, *, durable: bool) -> Figure:
    with TemporaryDirectory() as directory:
        async with large_cluster(count, Path(directory) if durable else None) as cluster:
            seconds = await ready_after(cluster, deployment_of(count))
            pod = (await cluster.client.list(kinds.POD, limit=1))["items"][0]
    with TemporaryDirectory() as directory:
        path = Path(directory) / "store.db" if durable else None
        bare = await _writes(path, pod, count)
    return Figure(
        name=f"{count:,} pods Ready, {'SQLite' if durable else 'in memory'}", ours=count / seconds,
        unit="pods/s", better="more", goal=300 if count <= FEW else 200,
        baseline=count / bare, baseline_name=f"{WRITES_PER_POD} bare writes a pod",
    )  # fmt: skip


@asynccontextmanager
async def large_cluster(pods: int, directory: Path | None) -> AsyncIterator[Cluster]:
    """Ten nodes or more, enough for so many pods; in memory without a directory."""
    nodes = max(10, pods // PODS_PER_NODE)
    config = Config(
        ephemeral=directory is None, data_dir=directory, runtime="simulated", nodes=nodes,
        max_pods=PODS_PER_NODE, node_cpu="1000", node_memory="4Ti", host="", seed=1,
    )  # fmt: skip
    collect_seldom()  # as the command line does
    keep_what_is_loaded()
    async with Cluster(config) as cluster:
        await cluster.started()
        yield cluster


async def ready_after(cluster: Cluster, wanted: Obj) -> float:
    """Seconds from applying a Deployment until it says that all of its pods are Ready."""
    deployments = Informer(cluster.client, kinds.DEPLOYMENT)
    done = asyncio.Event()

    def look(_: Obj | None, deployment: Obj | None) -> None:
        if deployment and (deployment.get("status") or {}).get("readyReplicas") == wanted["spec"]["replicas"]:
            done.set()

    deployments.subscribe(look)
    watching = asyncio.create_task(deployments.run())
    await deployments.synced.wait()
    started = time.perf_counter()
    await cluster.client.apply(kinds.DEPLOYMENT, wanted, field_manager="bench")
    async with asyncio.timeout(LIMIT):
        await done.wait()
    seconds = time.perf_counter() - started
    watching.cancel()
    return seconds


def deployment_of(replicas: int, **container: Any) -> Obj:
    labels = {"app": "bench"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "bench", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "app", "image": "app", **container}]},
            },
        },
    }


async def _writes(path: Path | None, pod: Obj, count: int) -> float:
    """Seconds for the same number of pod-sized objects, as many at once as the cluster writes."""
    store = await Store.open(path, clock=SystemClock())
    names = iter(range(count))

    async def worker() -> None:
        for name in names:
            key = f"/registry/pods/default/{name}"
            stored = await store.create(key, copy(pod))
            for _ in range(WRITES_PER_POD - 1):
                revision = int(stored["metadata"]["resourceVersion"])
                stored = await store.update(key, copy(stored), expected=revision)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(16 * (os.cpu_count() or 1))))
    seconds = time.perf_counter() - started
    await store.close()
    return seconds
