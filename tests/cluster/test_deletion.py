"""What is deleted is gone, down to the containers; what is not, stays."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from tests.cluster.workloads import all_ready, config_map, deployment, only_containers_of, service
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.cli.main import main
from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import docker

    Save = Callable[[str, str], None]

NAMESPACE = json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})


def _in_shop(text: str) -> str:
    obj = json.loads(text)
    obj["metadata"]["namespace"] = "shop"
    return json.dumps(obj)


async def test_a_namespace_goes_with_everything_in_it(cluster: Cluster, save: Save) -> None:
    parts = [NAMESPACE, *map(_in_shop, (deployment("web"), service("web"), config_map("a", b="c")))]
    save("shop.yaml", "\n---\n".join(parts))
    save("other.yaml", deployment("other", replicas=1))
    client = cluster.client
    await until(client, kinds.POD, all_ready(3))

    assert cluster.config.folder is not None
    (cluster.config.folder / "shop.yaml").unlink()
    await until(
        client, kinds.NAMESPACE, lambda found: "shop" not in {item["metadata"]["name"] for item in found}
    )

    for kind in cluster.registry:
        kept = kind.namespaced and kind.collectable
        assert not kept or not (await client.list(kind, "shop"))["items"], kind
    await only_containers_of(cluster, {"default"})


@pytest.mark.parametrize("propagation", ["Background", "Foreground", "Orphan"])
async def test_dependents_go_or_stay_as_asked(cluster: Cluster, save: Save, propagation: str) -> None:
    client = cluster.client
    save("web.yaml", deployment("web"))
    await until(client, kinds.POD, all_ready(2), "default")

    await client.delete(kinds.DEPLOYMENT, "default", "web", propagation=propagation)  # type: ignore[arg-type]
    await until(client, kinds.DEPLOYMENT, lambda found: not found, "default")
    if propagation == "Orphan":
        sets = (await client.list(kinds.REPLICA_SET, "default"))["items"]
        assert [item["metadata"].get("ownerReferences") for item in sets] == [None]
        assert all_ready(2)((await client.list(kinds.POD, "default"))["items"])
        return
    if propagation == "Foreground":
        assert not (await client.list(kinds.REPLICA_SET, "default"))["items"]
    await until(client, kinds.POD, lambda found: not found, "default")
    await only_containers_of(cluster, set())


@pytest.mark.docker
async def test_two_clusters_on_one_engine_do_not_touch_each_other(
    docker_client: docker.DockerClient, tmp_path: Path
) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "web.yaml").write_text(deployment("web"))
    config = Config(cluster="east", ephemeral=True, runtime="docker", folder=folder, listen="")
    async with Cluster(config) as east:
        await east.started()
        async with Cluster(replace(config, cluster="west")) as west:
            await west.started()
            pods = await until(west.client, kinds.POD, all_ready(2), "default")
            await until(east.client, kinds.POD, all_ready(2), "default")
            assert east.runtime is not None
            assert west.runtime is not None
            assert {item.pod_uid for item in await west.runtime.list_containers()} == {
                pod["metadata"]["uid"] for pod in pods
            }
            before = {item.id for item in await east.runtime.list_containers()}
        # Leaving the ephemeral one removed what was its own.
        assert {item.id for item in await east.runtime.list_containers()} == before
        assert all_ready(2)((await east.client.list(kinds.POD, "default"))["items"])


@pytest.mark.docker
async def test_reset_removes_one_cluster_and_nothing_else(
    docker_client: docker.DockerClient, tmp_path: Path
) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "web.yaml").write_text(deployment("web", replicas=1))
    for name in ("north", "south"):
        config = Config(
            cluster=name, data_dir=tmp_path / name, runtime="docker", folder=folder, listen="", host=""
        )
        async with Cluster(config) as cluster:
            await cluster.started()
            await until(cluster.client, kinds.POD, all_ready(1), "default")

    try:
        await _reset("north", tmp_path / "north")
        async with Cluster(config) as cluster:
            await cluster.started()
            await until(cluster.client, kinds.POD, all_ready(1), "default")
            names = [item.name for item in docker_client.networks.list() if "north" in str(item.name)]
            labels = [item.labels for item in docker_client.containers.list(all=True)]
            assert not names
            assert not [
                label for label in labels if str(label.get("io.tuik8s.cluster", "")).startswith("north")
            ]
        assert not (tmp_path / "north").exists()
        assert (tmp_path / "south" / "store.db").exists()
    finally:
        await _reset("south", tmp_path / "south")


async def _reset(name: str, directory: Path) -> None:
    arguments = ["reset", "--yes", "--cluster", name, "--data-dir", str(directory)]
    result = await asyncio.to_thread(CliRunner().invoke, main, arguments)
    assert result.exit_code == 0, result.output
