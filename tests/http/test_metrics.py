"""metrics.k8s.io, as `kubectl top` reads it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.http.conftest import PODS, Served, pod
from tests.support.kubelets import UnreachableKubelets
from tuik8s.api.usage import ContainerUsage, NodeUsage

METRICS = "/apis/metrics.k8s.io/v1beta1"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Measuring(UnreachableKubelets):
    def __init__(self) -> None:
        self.pods: list[str] = []

    async def usage(self) -> dict[str, NodeUsage]:
        containers = (
            ContainerUsage(uid, name, NOW, NOW, 15.0, 250_000_000, 10**10, 20 * 2**20)
            for uid in self.pods
            for name in ("main", "aside")
        )
        return {"n1": NodeUsage(NOW, tuple(containers))}


@pytest.fixture
def kubelets() -> Measuring:
    return Measuring()


@pytest.fixture(autouse=True)
async def running(served: Served, kubelets: Measuring) -> None:
    for node in ("n1", "n2"):
        await served.json("POST", "/api/v1/nodes", json={"metadata": {"name": node}}, status=201)
    headers = {"Content-Type": "application/merge-patch+json"}
    for name in ("a", "b", "c"):
        body = pod(name, nodeName="n1")
        body["metadata"]["labels"] = {"app": name}
        made = await served.json("POST", PODS, json=body, status=201)
        if name != "c":
            kubelets.pods.append(made["metadata"]["uid"])
        status = {"status": {"phase": "Running"}}
        await served.json("PATCH", f"{PODS}/{name}/status", json=status, headers=headers)


async def test_discovery_lists_the_group(served: Served) -> None:
    groups = await served.json("GET", "/apis")
    assert "metrics.k8s.io" in [group["name"] for group in groups["groups"]]
    resources = (await served.json("GET", METRICS))["resources"]
    assert [(entry["name"], entry["kind"], entry["namespaced"]) for entry in resources] == [
        ("nodes", "NodeMetrics", False), ("pods", "PodMetrics", True),
    ]  # fmt: skip
    assert resources[0]["verbs"] == ["get", "list"]


async def test_nodes_that_can_say(served: Served) -> None:
    found = await served.json("GET", f"{METRICS}/nodes")
    assert (found["kind"], found["apiVersion"]) == ("NodeMetricsList", "metrics.k8s.io/v1beta1")
    [node] = found["items"]
    assert node["metadata"]["name"] == "n1"
    assert (node["timestamp"], node["window"]) == ("2026-01-02T03:04:05Z", "15s")
    assert node["usage"] == {"cpu": "1000000000n", "memory": "81920Ki"}
    assert (await served.json("GET", f"{METRICS}/nodes/n1"))["usage"] == node["usage"]
    refused = await served.json("GET", f"{METRICS}/nodes/n2", status=404)
    assert refused["message"] == 'nodemetrics.metrics.k8s.io "n2" not found'


async def test_pods_with_their_containers_and_labels(served: Served) -> None:
    path = f"{METRICS}/namespaces/default/pods"
    found = await served.json("GET", f"{path}?labelSelector=app%3Da")
    [one] = found["items"]
    assert one["metadata"]["labels"] == {"app": "a"}
    assert [entry["name"] for entry in one["containers"]] == ["aside", "main"]
    assert one["containers"][0]["usage"] == {"cpu": "250000000n", "memory": "20480Ki"}
    everywhere = await served.json("GET", f"{METRICS}/pods")
    assert [item["metadata"]["name"] for item in everywhere["items"]] == ["a", "b"]
    refused = await served.json("GET", f"{path}/c", status=404)
    assert refused["message"] == 'podmetrics.metrics.k8s.io "default/c" not found'
    assert (await served.json("GET", f"{METRICS}/namespaces/other/pods"))["items"] == []


async def test_as_a_table(served: Served) -> None:
    headers = {"Accept": "application/json;as=Table;g=meta.k8s.io;v=v1"}
    table = await served.json("GET", f"{METRICS}/pods", headers=headers)
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Cpu", "Memory", "Window"]
    assert table["rows"][0]["cells"] == ["a", "500m", "40Mi", "15s"]


async def test_metrics_are_only_read(served: Served) -> None:
    await served.json("DELETE", f"{METRICS}/nodes/n1", status=405)
    await served.json("POST", f"{METRICS}/namespaces/default/pods", json={}, status=405)
    await served.json("GET", f"{METRICS}/nodes?watch=1", status=405)
