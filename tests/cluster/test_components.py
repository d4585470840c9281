"""Every component is killed, and paused and resumed, in a running cluster: all converges again."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from tests.cluster.workloads import all_ready, container, deployment, release, rolled_out, service
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.cluster import Cluster
from tuik8s.config import Config
from tuik8s.controllers import CONTROLLERS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tuik8s.api.objects import Obj

OTHERS = (
    "kube-scheduler", "scheduler-informers", "controller-manager-informers", "kube-proxy", "proxy-informers",
    "kubelet-node-1", "kubelet-informers", "manifest-folder", "crd-controller", "event-expiry",
    "statistics", "loop-lag",
)  # fmt: skip
COMPONENTS = (*(kind.name for kind in CONTROLLERS), *OTHERS)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Cluster]:
    """A simulated cluster with a Deployment that is ready."""
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "web.yaml").write_text(deployment("web", container(env=release("one"))))
    (folder / "service.yaml").write_text(service("web"))
    async with Cluster(
        Config(ephemeral=True, runtime="simulated", folder=folder, seed=1, host="", listen="")
    ) as cluster:
        await cluster.started()
        await until(cluster.client, kinds.POD, all_ready(2), "default")
        yield cluster


async def test_the_list_of_components_is_complete(running: Cluster) -> None:
    names = {state.name for state in running.supervisor.states()}
    assert names == {*COMPONENTS, "kubelet-node-2", "kubelet-node-3"}


@pytest.mark.parametrize("name", COMPONENTS)
async def test_a_killed_component_takes_up_where_it_was(running: Cluster, name: str) -> None:
    running.supervisor[name].kill()
    await _roll_out(running, "two", 3)
    state = running.supervisor[name].state()
    assert (state.state, state.restarts) in {("running", 1), ("backing off", 1)}


@pytest.mark.parametrize("name", COMPONENTS)
async def test_a_paused_component_catches_up(running: Cluster, name: str) -> None:
    component = running.supervisor[name]
    component.pause()
    assert running.config.folder is not None
    (running.config.folder / "web.yaml").write_text(_manifest("two", 3))
    (running.config.folder / "note.yaml").write_text(deployment("note", replicas=1))
    if name != "manifest-folder":
        await until(running.client, kinds.DEPLOYMENT, lambda found: len(found) == 2, "default")

    component.resume()
    await _roll_out(running, "two", 3)
    await until(
        running.client, kinds.DEPLOYMENT, lambda found: len(found) == 2 and rolled_out(found), "default"
    )
    assert (component.state().state, component.state().restarts) == ("running", 0)


async def _roll_out(cluster: Cluster, name: str, replicas: int) -> None:
    """Change everything there is to change, and wait until the cluster shows it."""
    assert cluster.config.folder is not None
    (cluster.config.folder / "web.yaml").write_text(_manifest(name, replicas))
    client = cluster.client
    await until(client, kinds.POD, lambda pods: _web(pods, name) == replicas, "default", limit=20)
    await until(client, kinds.DEPLOYMENT, rolled_out, "default", limit=20)
    await until(
        client, kinds.ENDPOINT_SLICE, lambda found: _endpoints(found) == replicas, "default", limit=20
    )


def _manifest(name: str, replicas: int) -> str:
    return deployment("web", container(env=release(name)), replicas=replicas)


def _web(pods: list[Obj], name: str) -> int:
    """How many ready pods of that revision there are; -1 while others are left."""
    mine = [pod for pod in pods if pod["metadata"]["labels"]["app"] == "web"]
    if not all(pod["spec"]["containers"][0].get("env") == release(name) for pod in mine):
        return -1
    return len(mine) if all_ready(len(mine))(mine) else -1


def _endpoints(slices: list[Obj]) -> int:
    web = [s for s in slices if s["metadata"]["labels"].get("kubernetes.io/service-name") == "web"]
    return sum(len(piece.get("endpoints") or ()) for piece in web)


async def test_nothing_holds_a_cluster_that_has_ended() -> None:
    async with Cluster(Config(cluster="ended", ephemeral=True, runtime="simulated", listen="")) as cluster:
        await cluster.started()
    kept = weakref.ref(cluster)
    del cluster
    gc.collect()
    assert kept() is None
