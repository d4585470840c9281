"""The Node object, its lease, and which pods it takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubelet.bench import container, node_config, phase
from tuik8s.api import kinds
from tuik8s.api.clock import parse_time
from tuik8s.api.objects import condition_of
from tuik8s.api.request import PatchType

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench

pytestmark = pytest.mark.looptime


async def test_a_node_is_registered(bench: Bench) -> None:
    await asyncio.sleep(2)
    node = await bench.node()
    status = node["status"]
    assert node["spec"]["podCIDR"] == "10.244.1.0/24"
    assert node["metadata"]["labels"]["kubernetes.io/hostname"] == "node-1"
    assert node["metadata"]["labels"]["kubernetes.io/os"] == "linux"
    assert status["capacity"] == {"cpu": "4", "memory": "8Gi", "ephemeral-storage": "100Gi", "pods": "110"}
    assert status["addresses"][0] == {"type": "InternalIP", "address": "192.0.2.10"}
    assert status["nodeInfo"]["kubeletVersion"] == kinds.KUBERNETES_VERSION
    assert status["nodeInfo"]["containerRuntimeVersion"].startswith("simulated://")


async def test_conditions_in_kubernetes_words(bench: Bench) -> None:
    await asyncio.sleep(2)
    node = await bench.node()
    found = {c["type"]: (c["status"], c["reason"], c["message"]) for c in node["status"]["conditions"]}
    assert found == {
        "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
    }


async def test_the_lease_is_renewed_every_ten_seconds(bench: Bench) -> None:
    await asyncio.sleep(25)
    lease = await bench.client.get(kinds.LEASE, "kube-node-lease", "node-1")
    assert lease["spec"]["holderIdentity"] == "node-1"
    assert lease["spec"]["leaseDurationSeconds"] == 40
    assert lease["metadata"]["ownerReferences"][0]["name"] == "node-1"
    for _ in range(3):
        await asyncio.sleep(10)
        lease = await bench.client.get(kinds.LEASE, "kube-node-lease", "node-1")
        age = bench.plane.clock.now() - parse_time(lease["spec"]["renewTime"])
        assert age.total_seconds() <= 10


async def test_a_quiet_node_only_renews_its_lease(bench: Bench) -> None:
    await asyncio.sleep(30)
    before = bench.plane.store.revision
    await asyncio.sleep(200)
    assert bench.plane.store.revision - before == 20
    await asyncio.sleep(100)
    assert bench.plane.store.revision - before == 31  # one status after five minutes


async def test_a_status_that_somebody_else_changed_is_put_right(bench: Bench) -> None:
    await asyncio.sleep(2)
    lost = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown"}
    await bench.client.patch(
        kinds.NODE, "", "node-1", {"status": {"conditions": [lost]}},
        patch_type=PatchType.STRATEGIC, subresource="status",
    )  # fmt: skip
    await asyncio.sleep(11)
    assert (condition_of(await bench.node(), "Ready") or {})["status"] == "True"


async def test_a_deleted_node_is_registered_again(bench: Bench) -> None:
    await asyncio.sleep(2)
    first = await bench.node()
    await bench.client.delete(kinds.NODE, "", "node-1")
    await asyncio.sleep(25)
    assert (await bench.node())["metadata"]["uid"] != first["metadata"]["uid"]


async def test_labels_given_by_hand_survive_a_restart(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await asyncio.sleep(2)
        patch = {"metadata": {"labels": {"disk": "ssd"}}, "spec": {"unschedulable": True}}
        await bench.client.patch(kinds.NODE, "", "node-1", patch)
    async with bench.running(node_config(labels={"zone": "a"})):
        await asyncio.sleep(2)
        node = await bench.node()
        assert node["metadata"]["labels"]["disk"] == "ssd"
        assert node["metadata"]["labels"]["zone"] == "a"
        assert node["spec"]["unschedulable"] is True


async def test_taints_are_registered(stopped_bench: Bench) -> None:
    taint = {"key": "dedicated", "value": "db", "effect": "NoSchedule"}
    async with stopped_bench.running(node_config(taints=(taint,))):
        await asyncio.sleep(2)
        assert taint in (await stopped_bench.node())["spec"]["taints"]


def asking(**requests: str) -> list[Any]:
    return [container(resources={"requests": requests})]


async def test_a_pod_that_does_not_fit_is_rejected(bench: Bench) -> None:
    await bench.pod("first", containers=asking(cpu="3500m"))
    await bench.until_ready("first")
    await bench.pod("second", containers=asking(cpu="1"))
    pod = await bench.until(lambda pod: phase(pod) == "Failed", "second")
    assert pod["status"]["reason"] == "OutOfcpu"
    why = "Node didn't have enough resource: cpu, requested: 1000, used: 3500, capacity: 4000"
    assert pod["status"]["message"] == f"Pod was rejected: {why}"
    assert ("OutOfcpu", why) in await bench.events("second")
    await bench.delete("second")
    await bench.until_gone("second")


async def test_what_has_ended_does_not_count(bench: Bench) -> None:
    await bench.pod("first", restartPolicy="Never", containers=[{**asking(cpu="3")[0], "command": ["true"]}])
    await bench.until(lambda pod: phase(pod) == "Succeeded", "first")
    await bench.pod("second", containers=asking(cpu="3"))
    await bench.until_ready("second")


async def test_too_many_pods(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running(node_config(max_pods=1)):
        await bench.pod("first")
        await bench.until_ready("first")
        await bench.pod("second")
        pod = await bench.until(lambda pod: phase(pod) == "Failed", "second")
        assert pod["status"]["reason"] == "OutOfpods"


async def test_host_ports_and_selectors_are_checked(bench: Bench) -> None:
    ports = [container(ports=[{"containerPort": 80, "hostPort": 8080}])]
    await bench.pod("first", containers=ports)
    await bench.until_ready("first")
    await bench.pod("second", containers=ports)
    pod = await bench.until(lambda pod: phase(pod) == "Failed", "second")
    assert pod["status"]["reason"] == "NodePorts"
    await bench.pod("third", nodeSelector={"disk": "ssd"})
    pod = await bench.until(lambda pod: phase(pod) == "Failed", "third")
    why = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
    assert pod["status"]["message"] == f"Pod was rejected: {why}"


async def test_running_pods_are_not_rejected_after_a_restart(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await bench.pod("first", containers=asking(cpu="3"))
        await bench.until_ready("first")
    async with bench.running(node_config(cpu="1")):
        await asyncio.sleep(15)
        assert phase(await bench.get("first")) == "Running"


async def test_a_node_without_a_network_is_not_ready_and_its_pods_wait(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running(node_config(pod_cidr="")):
        await bench.pod()
        await asyncio.sleep(5)
        condition = condition_of(await bench.node(), "Ready") or {}
        assert condition["status"] == "False"
        assert condition["message"].endswith("node has no pod CIDR yet")
        began = bench.now()
        patch = {"spec": {"podCIDR": "10.9.0.0/24", "podCIDRs": ["10.9.0.0/24"]}}
        await bench.client.patch(kinds.NODE, "", "node-1", patch)
        pod = await bench.until_ready()
        assert pod["status"]["podIP"] == "10.9.0.2"
        assert bench.now() - began < 1
        assert (condition_of(await bench.node(), "Ready") or {})["status"] == "True"
