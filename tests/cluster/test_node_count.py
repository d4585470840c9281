"""A cluster that is started again with fewer nodes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cluster.workloads import all_ready, deployment
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    import docker


@pytest.mark.docker
async def test_pods_move_from_nodes_that_are_gone_and_leave_no_containers(
    docker_client: docker.DockerClient, tmp_path: Path
) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "web.yaml").write_text(deployment("web", replicas=3))
    config = Config(
        cluster="fewer", data_dir=tmp_path / "data", folder=folder, runtime="docker", listen="", nodes=3
    )
    async with Cluster(config) as cluster:
        await cluster.started()
        before = await until(cluster.client, kinds.POD, all_ready(3), "default")
        assert {pod["spec"]["nodeName"] for pod in before} == {"node-1", "node-2", "node-3"}

    async with Cluster(replace(config, nodes=1)) as cluster:
        await cluster.started()
        runtime = cluster.runtime
        assert runtime is not None
        try:
            nodes = await until(cluster.client, kinds.NODE, lambda found: len(found) == 1)
            after = await until(
                cluster.client, kinds.POD,
                lambda pods: all_ready(3)(pods) and {p["spec"]["nodeName"] for p in pods} == {"node-1"},
                "default",
            )  # fmt: skip
            assert [node["metadata"]["name"] for node in nodes] == ["node-1"]
            kept = {pod["metadata"]["uid"] for pod in before if pod["spec"]["nodeName"] == "node-1"}
            assert kept <= {pod["metadata"]["uid"] for pod in after}, (
                "what ran on the node that stays goes on"
            )
            while {item.node for item in await runtime.list_sandboxes()} != {"node-1"}:
                await anext(runtime.events())
            assert {item.node for item in await runtime.list_containers()} == {"node-1"}
        finally:
            await cluster.supervisor.stop()
            await runtime.remove_cluster()
