"""From a binding to Running and Ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kubelet.bench import container, status_of, waiting
from tuik8s.api import kinds
from tuik8s.api.objects import condition_of

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench

pytestmark = pytest.mark.looptime


async def test_a_bound_pod_runs_and_becomes_ready(bench: Bench) -> None:
    await bench.pod()
    pod = await bench.until_ready()
    status, entry = pod["status"], status_of(pod)
    assert status["phase"] == "Running"
    assert status["podIP"] == "10.244.1.2"
    assert status["podIPs"] == [{"ip": "10.244.1.2"}]
    assert (status["hostIP"], status["qosClass"]) == ("192.0.2.10", "BestEffort")
    assert entry["ready"] is True
    assert entry["started"] is True
    assert entry["restartCount"] == 0
    assert entry["containerID"].startswith("simulated://")
    assert entry["state"]["running"]["startedAt"]


async def test_conditions_of_a_running_pod(bench: Bench) -> None:
    await bench.pod()
    pod = await bench.until_ready()
    kinds_true = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady")
    assert all((condition_of(pod, kind) or {}).get("status") == "True" for kind in kinds_true)


async def test_events_in_kubernetes_words(bench: Bench) -> None:
    await bench.pod()
    await bench.until_ready()
    assert await bench.events() == [
        ("Pulled", 'Container image "app" already present on machine and can be accessed by the pod'),
        ("Created", "Container created"),
        ("Started", "Container started"),
    ]


async def test_a_container_still_starting_is_reported_as_creating(bench: Bench) -> None:
    await bench.pod(containers=[container(image="org/app")], annotations={"pull-delay": "5"})
    pod = await bench.until(lambda pod: bool(waiting(pod)))
    assert waiting(pod) == "ContainerCreating"
    assert pod["status"]["phase"] == "Pending"
    assert (condition_of(pod, "Ready") or {})["reason"] == "ContainersNotReady"
    assert (condition_of(pod, "Ready") or {})["message"] == "containers with unready status: [web]"
    await bench.until_ready()


async def test_few_writes_per_pod(bench: Bench) -> None:
    await bench.pod("first")
    await bench.until_ready("first")
    await bench.recorder.flush()
    before = bench.plane.store.revision
    await bench.pod()
    await bench.until_ready()
    await bench.recorder.flush()
    # The pod itself, three events, one status.
    assert bench.plane.store.revision - before == 5


async def test_containers_of_one_pod_all_run(bench: Bench) -> None:
    await bench.pod(containers=[container("a"), container("b")])
    await bench.until_ready()
    assert await bench.runtime.running_names() == ["a", "b"]
    assert len(bench.runtime.sandbox_configs) == 1


async def test_addresses_differ_between_pods(bench: Bench) -> None:
    for name in ("one", "two", "three"):
        await bench.pod(name)
    found = [(await bench.until_ready(name))["status"]["podIP"] for name in ("one", "two", "three")]
    assert len(set(found)) == 3


async def test_host_network_shares_the_nodes_address(bench: Bench) -> None:
    await bench.pod(hostNetwork=True)
    pod = await bench.until_ready()
    assert pod["status"]["podIP"] == "192.0.2.10"
    assert bench.runtime.sandbox_configs[0].host_network is True


async def test_pods_of_other_nodes_are_left_alone(bench: Bench) -> None:
    await bench.create(kinds.NODE, "elsewhere")
    await bench.pod("other", node="elsewhere")
    await bench.pod("mine")
    await bench.until_ready("mine")
    assert "podIP" not in (await bench.get("other"))["status"]


async def test_a_failing_sandbox_is_reported_and_tried_again(bench: Bench) -> None:
    bench.runtime.faults["run_sandbox"] = ["no space left on device"]
    await bench.pod()
    began = bench.now()
    await bench.until_ready()
    assert bench.now() - began >= 10
    assert ("FailedCreatePodSandBox", "Failed to create pod sandbox: no space left on device") in (
        await bench.events()
    )


async def test_a_failing_create_is_a_waiting_reason(bench: Bench) -> None:
    bench.runtime.faults["create_container"] = ["invalid mount config"]
    await bench.pod()
    pod = await bench.until(lambda pod: waiting(pod) == "CreateContainerError")
    assert status_of(pod)["state"]["waiting"]["message"] == "invalid mount config"
    assert ("Failed", "Error: invalid mount config") in await bench.events()
    await bench.until_ready()
