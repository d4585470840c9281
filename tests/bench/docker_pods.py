"""A Deployment on Docker, beside the same containers made with nothing but the Docker SDK."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import docker
from docker import DockerClient
from docker.errors import DockerException

from tests.bench.figure import Figure, Skipped, median
from tests.bench.pods import deployment_of, ready_after
from tests.images import ensure_images
from tuik8s.cluster import Cluster
from tuik8s.config import Config

REPLICAS = 20
AT_ONCE = 16
"""As many calls as the Docker runtime has under way."""
ROUNDS = 3
IMAGE, PAUSE_IMAGE = "service_test:latest", "tuik8s-pause:1"


def measure() -> list[Figure]:
    try:
        client = docker.from_env()
        client.ping()
    except DockerException:
        raise Skipped("no Docker engine answers") from None
    ensure_images(client)
    ours, bare = [], []
    for _ in range(ROUNDS):  # by turns: the engine is slower at some times than at others
        ours.append(asyncio.run(_deployment()))
        bare.append(_by_hand(client))
    client.close()
    return [
        Figure(
            name=f"{REPLICAS} replicas Ready on Docker", ours=median(ours), unit="s", goal=1.1, relative=True,
            baseline=median(bare), baseline_name=f"the Docker SDK alone, {AT_ONCE} calls at once",
        )
    ]  # fmt: skip


async def _deployment() -> float:
    with TemporaryDirectory() as directory:
        config = Config(
            cluster=f"bench-{uuid4().hex[:8]}", ephemeral=True, data_dir=Path(directory), runtime="docker",
            node_cpu="100", node_memory="1Ti", host="",
        )  # fmt: skip
        async with Cluster(config) as cluster:
            await cluster.started()
            deployment = deployment_of(REPLICAS, image=IMAGE, imagePullPolicy="IfNotPresent")
            return await ready_after(cluster, deployment)


def _by_hand(client: DockerClient) -> float:
    """For each replica a container that holds the network, and one that joins it."""
    name = f"tuik8s-bench-{uuid4().hex[:8]}"
    network = client.networks.create(name, driver="bridge")
    made: list[str] = []

    def pod(_: int) -> None:
        api = client.api
        host = api.create_host_config(network_mode=name)
        sandbox = api.create_container(PAUSE_IMAGE, host_config=host)["Id"]
        made.append(sandbox)
        api.start(sandbox)
        joined = f"container:{sandbox}"
        host = api.create_host_config(network_mode=joined, ipc_mode=None)
        container = api.create_container(IMAGE, host_config=host)["Id"]
        made.append(container)
        api.start(container)

    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            started = time.perf_counter()
            list(pool.map(pod, range(REPLICAS)))
            return time.perf_counter() - started
    finally:
        for identifier in reversed(made):
            client.api.remove_container(identifier, force=True, v=True)
        network.remove()
