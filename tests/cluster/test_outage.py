"""The Docker engine goes away and comes back: the nodes say so, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cluster.workloads import all_ready, deployment
from tests.cri.relay import Relay
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.api.objects import condition_of
from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    import docker

    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.docker


async def test_an_engine_that_comes_back(
    docker_client: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "web.yaml").write_text(deployment("web"))
    relay = Relay(tmp_path / "engine.sock")
    await relay.open()
    monkeypatch.setenv("DOCKER_HOST", relay.url)
    config = Config(cluster="outage", ephemeral=True, runtime="docker", folder=folder, listen="")
    async with Cluster(config) as cluster:
        await cluster.started()
        client = cluster.client
        before = await until(client, kinds.POD, all_ready(2), "default")

        await relay.close()
        await until(client, kinds.NODE, lambda nodes: all(_is_down(node) for node in nodes))
        assert _identities((await client.list(kinds.POD, "default"))["items"]) == _identities(before)
        (folder / "more.yaml").write_text(deployment("more", replicas=1))
        await until(client, kinds.POD, lambda pods: len(pods) == 3, "default")

        await relay.open()
        await until(client, kinds.NODE, lambda nodes: not any(_is_down(node) for node in nodes))
        after = await until(client, kinds.POD, all_ready(3), "default")
        assert _identities(before) <= _identities(after)
    await relay.close()


def _is_down(node: Obj) -> bool:
    ready = condition_of(node, "Ready") or {}
    return ready["status"] == "False" and "container runtime is down" in ready["message"]


def _identities(pods: list[Obj]) -> set[tuple[str, str]]:
    return {(pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["containerID"]) for pod in pods}
