"""Init containers in order, sidecars beside the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubelet.bench import container, phase, status_of, waiting
from tuik8s.api.objects import condition_of

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime

STEP: Obj = {"command": ["sleep", "5"]}


def sidecar(name: str, **fields: Any) -> Obj:
    return container(name, restartPolicy="Always", **fields)


async def test_init_containers_run_one_after_the_other_before_the_rest(bench: Bench) -> None:
    await bench.pod(initContainers=[container("first", **STEP), container("second", **STEP)])
    pod = await bench.until(lambda pod: "running" in status_of(pod, "first")["state"])
    assert phase(pod) == "Pending"
    assert waiting(pod, "second") == "PodInitializing"
    assert waiting(pod, "web") == "PodInitializing"
    condition = condition_of(pod, "Initialized") or {}
    assert condition["reason"] == "ContainersNotInitialized"
    assert condition["message"] == "containers with incomplete status: [first second]"
    pod = await bench.until(lambda pod: "running" in status_of(pod, "second")["state"])
    assert status_of(pod, "first")["state"]["terminated"]["reason"] == "Completed"
    assert status_of(pod, "first")["ready"] is True
    assert await bench.runtime.running_names() == ["second"]
    pod = await bench.until_ready()
    assert (condition_of(pod, "Initialized") or {})["status"] == "True"
    assert bench.now() >= 10


async def test_a_failing_init_container_is_tried_again(bench: Bench) -> None:
    await bench.pod(initContainers=[container("first", command=["false"])])
    pod = await bench.until(lambda pod: waiting(pod, "first") == "CrashLoopBackOff")
    assert phase(pod) == "Pending"
    assert await bench.runtime.running_names() == []


async def test_a_failing_init_container_fails_a_pod_that_never_restarts(bench: Bench) -> None:
    await bench.pod(restartPolicy="Never", initContainers=[container("first", command=["false"])])
    pod = await bench.until(lambda pod: phase(pod) == "Failed")
    assert status_of(pod, "first")["state"]["terminated"]["exitCode"] == 1
    assert "web" not in bench.runtime.configs


async def test_init_containers_do_not_run_again_with_a_container(bench: Bench) -> None:
    await bench.pod(
        initContainers=[container("first", command=["true"])], containers=[container(command=["false"])]
    )
    pod = await bench.until(lambda pod: status_of(pod).get("restartCount", 0) >= 2)
    assert status_of(pod, "first")["restartCount"] == 0


async def test_a_sidecar_starts_first_and_stays(bench: Bench) -> None:
    await bench.pod(initContainers=[sidecar("proxy"), container("after", command=["true"])])
    pod = await bench.until_ready()
    assert await bench.runtime.running_names() == ["proxy", "web"]
    assert status_of(pod, "proxy")["ready"] is True
    assert status_of(pod, "proxy")["started"] is True


async def test_a_sidecars_startup_probe_gates_what_follows(bench: Bench) -> None:
    probe = {"exec": {"command": ["true"]}, "periodSeconds": 1, "failureThreshold": 60}
    await bench.pod(
        initContainers=[sidecar("proxy", startupProbe=probe)], annotations={"proxy.ready-after": "20"}
    )
    await bench.until(lambda pod: "running" in status_of(pod, "proxy")["state"])
    await asyncio.sleep(10)
    assert "web" not in bench.runtime.configs
    await bench.until_ready()
    assert bench.now() >= 20


async def test_a_sidecar_is_restarted_whatever_the_pods_policy(bench: Bench) -> None:
    await bench.pod(
        restartPolicy="Never", initContainers=[sidecar("proxy")], annotations={"proxy.crash-after": "5"}
    )
    pod = await bench.until(lambda pod: status_of(pod, "proxy").get("restartCount", 0) >= 1)
    assert phase(pod) == "Running"


async def test_sidecars_do_not_keep_a_pod_alive(bench: Bench) -> None:
    await bench.pod(
        restartPolicy="Never",
        initContainers=[sidecar("proxy")],
        containers=[container(command=["sleep", "5"])],
    )
    pod = await bench.until(lambda pod: phase(pod) in ("Succeeded", "Failed"))
    assert phase(pod) == "Succeeded"
    assert "terminated" in status_of(pod, "proxy")["state"]
    assert await bench.runtime.running_names() == []


async def test_sidecars_are_stopped_last_and_in_reverse(bench: Bench) -> None:
    await bench.pod(initContainers=[sidecar("one"), sidecar("two")])
    await bench.until_ready()
    await bench.delete()
    await bench.until_gone()
    assert [name for name, _ in bench.runtime.stopped] == ["web", "two", "one"]
