"""Where pods go, where they do not, and that it is said why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cluster.workloads import all_ready, container, deployment, pod, told
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tuik8s.api.objects import Obj

import pytest


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Cluster]:
    """Three nodes of half a CPU that take four pods each."""
    config = Config(
        ephemeral=True, runtime="simulated", seed=1, host="", listen="", max_pods=4, node_cpu="500m",
        node_memory="256Mi", folder=tmp_path,
    )  # fmt: skip
    async with Cluster(config) as cluster:
        await cluster.started()
        yield cluster


async def test_pods_that_fit_nowhere_say_why(small: Cluster, tmp_path: Path) -> None:
    hungry = container(resources={"requests": {"cpu": "600m"}})
    (tmp_path / "hungry.yaml").write_text(pod("hungry", hungry))
    (tmp_path / "picky.yaml").write_text(pod("picky", nodeSelector={"disk": "ssd"}))
    (tmp_path / "many.yaml").write_text(deployment("many", replicas=13))

    await until(small.client, kinds.POD, lambda pods: all_ready(12)(_of(pods, "many", bound=True)), "default")
    for text in (
        "0/3 nodes are available: 3 Insufficient cpu.",
        "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
        "0/3 nodes are available: 3 Too many pods.",
    ):
        await until(small.client, kinds.EVENT, told("FailedScheduling", text), "default")


async def test_spread_affinity_and_taints(small: Cluster, tmp_path: Path) -> None:
    client = small.client
    taint = {"spec": {"taints": [{"key": "tier", "value": "db", "effect": "NoSchedule"}]}}
    await client.patch(kinds.NODE, "", "node-3", taint)
    apart = {"labelSelector": {"matchLabels": {"app": "apart"}}, "topologyKey": "kubernetes.io/hostname"}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}}
    (tmp_path / "apart.yaml").write_text(deployment("apart", replicas=3, pod_spec={"affinity": affinity}))
    tolerations = [{"key": "tier", "operator": "Exists"}]
    (tmp_path / "db.yaml").write_text(
        pod("db", tolerations=tolerations, nodeSelector={"kubernetes.io/hostname": "node-3"})
    )

    await until(
        client, kinds.EVENT,
        told(
            "FailedScheduling",
            "0/3 nodes are available: 1 node(s) had untolerated taint(s), "
            "2 node(s) didn't match pod anti-affinity rules.",
        ), "default",
    )  # fmt: skip
    pods = await until(client, kinds.POD, lambda pods: all_ready(3)(_of(pods, "", bound=True)), "default")
    nodes = {(p["metadata"]["labels"]["app"], p["spec"]["nodeName"]) for p in _of(pods, "", bound=True)}
    assert nodes == {("apart", "node-1"), ("apart", "node-2"), ("db", "node-3")}

    await client.patch(kinds.NODE, "", "node-3", {"spec": {"taints": None}})
    await until(client, kinds.POD, lambda pods: all_ready(3)(_of(pods, "apart", bound=True)), "default")


async def test_a_drained_node_is_empty(small: Cluster, tmp_path: Path) -> None:
    client = small.client
    (tmp_path / "web.yaml").write_text(deployment("web", replicas=6))
    pods = await until(client, kinds.POD, all_ready(6), "default")

    await client.patch(kinds.NODE, "", "node-1", {"spec": {"unschedulable": True}})
    for item in pods:
        if item["spec"]["nodeName"] == "node-1":
            meta = item["metadata"]
            body = {"metadata": {"name": meta["name"], "namespace": "default"}}
            await client.create_subresource(kinds.POD, "default", meta["name"], "eviction", body)
    moved = await until(
        client, kinds.POD,
        lambda found: all_ready(6)(found) and "node-1" not in {p["spec"]["nodeName"] for p in found},
        "default",
    )  # fmt: skip
    assert {p["spec"]["nodeName"] for p in moved} == {"node-2", "node-3"}


def _of(pods: list[Obj], app: str, *, bound: bool) -> list[Obj]:
    return [
        item
        for item in pods
        if (not app or item["metadata"]["labels"]["app"] == app)
        and bool(item["spec"].get("nodeName")) is bound
    ]
