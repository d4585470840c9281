"""Restart policies, CrashLoopBackOff, phases at the end."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import pytest

from tests.kubelet.bench import container, phase, status_of, waiting
from tuik8s.api import kinds
from tuik8s.api.objects import condition_of

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime

FAILING: Obj = {"command": ["sh", "-c", "exit 3"]}
SUCCEEDING: Obj = {"command": ["true"]}


async def test_restarts_back_off_from_ten_seconds_doubling(bench: Bench) -> None:
    await bench.pod(containers=[container(**FAILING)])
    seen: list[float] = []
    for count in range(1, 8):
        await bench.until(lambda pod, count=count: status_of(pod).get("restartCount", 0) >= count)  # type: ignore[misc]
        seen.append(bench.now())
    gaps = [round(later - sooner, -1) for sooner, later in itertools.pairwise(seen)]
    assert gaps == [10, 20, 40, 80, 160, 300]


async def test_crash_loop_back_off_is_said_as_kubernetes_says_it(bench: Bench) -> None:
    created = await bench.pod(containers=[container(**FAILING)])
    pod = await bench.until(lambda pod: waiting(pod) == "CrashLoopBackOff")
    text = f"web_default({created['metadata']['uid']})"
    entry = status_of(pod)
    assert entry["state"]["waiting"]["message"] == f"back-off 10s restarting failed container=web pod={text}"
    assert entry["lastState"]["terminated"]["exitCode"] == 3
    assert entry["lastState"]["terminated"]["reason"] == "Error"
    assert entry["ready"] is False
    assert phase(pod) == "Running"
    assert ("BackOff", f"Back-off restarting failed container web in pod {text}") in await bench.events()


async def test_back_off_starts_anew_after_ten_good_minutes(bench: Bench) -> None:
    await bench.pod(containers=[container()], annotations={"crash-after": "11m"})
    await bench.until(lambda pod: status_of(pod).get("restartCount") == 1, timeout=3600)
    first = bench.now()
    await bench.until(lambda pod: status_of(pod).get("restartCount") == 3, timeout=3600)
    assert bench.now() - first < 2 * 11 * 60 + 5


async def test_never_fails_the_pod(bench: Bench) -> None:
    await bench.pod(restartPolicy="Never", containers=[container(**FAILING)])
    pod = await bench.until(lambda pod: phase(pod) == "Failed")
    await asyncio.sleep(60)
    assert status_of(await bench.get())["restartCount"] == 0
    assert (condition_of(pod, "Ready") or {})["reason"] == "PodFailed"
    assert status_of(pod)["state"]["terminated"]["exitCode"] == 3


async def test_on_failure_succeeds_once_the_command_does(bench: Bench) -> None:
    await bench.pod(restartPolicy="OnFailure", containers=[container(**SUCCEEDING)])
    pod = await bench.until(lambda pod: phase(pod) == "Succeeded")
    terminated = status_of(pod)["state"]["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (0, "Completed")
    assert (condition_of(pod, "Ready") or {})["reason"] == "PodCompleted"
    assert (condition_of(pod, "PodReadyToStartContainers") or {})["status"] == "False"


async def test_on_failure_restarts_a_failing_container(bench: Bench) -> None:
    await bench.pod(restartPolicy="OnFailure", containers=[container(**FAILING)])
    pod = await bench.until(lambda pod: status_of(pod).get("restartCount", 0) >= 2)
    assert phase(pod) == "Running"


async def test_one_of_two_ended_leaves_the_pod_running(bench: Bench) -> None:
    await bench.pod(restartPolicy="Never", containers=[container(**SUCCEEDING), container("stays")])
    pod = await bench.until(lambda pod: "terminated" in status_of(pod)["state"])
    assert phase(pod) == "Running"
    assert (condition_of(pod, "Ready") or {})["message"] == "containers with unready status: [web]"


async def test_a_restart_keeps_the_last_two_instances_only(bench: Bench) -> None:
    created = await bench.pod(containers=[container(**FAILING)])
    await bench.until(lambda pod: status_of(pod).get("restartCount", 0) >= 4)
    assert len(await bench.runtime.list_containers(created["metadata"]["uid"])) <= 2


async def test_out_of_memory(bench: Bench) -> None:
    await bench.pod(restartPolicy="Never", annotations={"oom-after": "3"})
    pod = await bench.until(lambda pod: phase(pod) == "Failed")
    terminated = status_of(pod)["state"]["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (137, "OOMKilled")


async def test_a_start_that_fails_counts_as_an_instance(bench: Bench) -> None:
    await bench.pod(annotations={"fail-start": "exec format error"})
    pod = await bench.until(lambda pod: status_of(pod).get("restartCount", 0) >= 1)
    assert await bench.reasons()
    pod = await bench.until(lambda pod: waiting(pod) == "CrashLoopBackOff")
    assert "exec format error" in status_of(pod)["lastState"]["terminated"]["message"]


async def test_a_dead_sandbox_is_made_again(bench: Bench) -> None:
    created = await bench.pod()
    await bench.until_ready()
    sandbox = (await bench.runtime.list_sandboxes(created["metadata"]["uid"]))[0]
    await bench.runtime.stop_sandbox(sandbox.id)
    pod = await bench.until(lambda pod: status_of(pod).get("restartCount") == 1 and status_of(pod)["ready"])
    assert pod["status"]["podIP"] == "10.244.1.2"
    told = ("SandboxChanged", "Pod sandbox changed, it will be killed and re-created.")
    assert told in await bench.events()


async def test_a_new_image_replaces_the_container(bench: Bench) -> None:
    await bench.pod()
    await bench.until_ready()
    patch = {"spec": {"containers": [container(image="other")]}}
    await bench.client.patch(kinds.POD, "default", "web", patch)
    pod = await bench.until(lambda pod: status_of(pod).get("image") == "other" and status_of(pod)["ready"])
    assert status_of(pod)["restartCount"] == 1
    assert ("Killing", "Container web definition changed, will be restarted") in await bench.events()


async def test_active_deadline(bench: Bench) -> None:
    await bench.pod(activeDeadlineSeconds=30)
    pod = await bench.until(lambda pod: phase(pod) == "Failed")
    assert pod["status"]["reason"] == "DeadlineExceeded"
    assert pod["status"]["message"] == "Pod was active on the node longer than the specified deadline"
    await asyncio.sleep(5)
    assert await bench.runtime.running_names() == []


async def test_an_instance_that_was_made_but_never_started_is_backed_off_too(bench: Bench) -> None:
    bench.runtime.faults["start_container"] = ["cannot start"] * 4
    await bench.pod()
    await bench.until_ready()
    assert bench.now() >= 10 + 20 + 40


async def test_one_report_tells_of_the_end(bench: Bench) -> None:
    await bench.pod(restartPolicy="Never", containers=[container(command=["sleep", "5"])])
    before = int((await bench.until_ready())["metadata"]["resourceVersion"])
    seen = []
    pod = await bench.until(lambda pod: phase(pod) == "Succeeded")
    async for event in bench.client.watch(kinds.POD, resource_version=str(before)):
        seen.append(event)
        if phase(event.object) == "Succeeded":
            break
    assert len(seen) == 1
    assert phase(pod) == "Succeeded"
