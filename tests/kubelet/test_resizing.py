"""In-place resize of running pods."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubelet.bench import container, status_of
from tuik8s.api import kinds
from tuik8s.api.objects import condition_of
from tuik8s.api.request import PatchType
from tuik8s.cri import RuntimeFault

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime
PENDING, IN_PROGRESS = "PodResizePending", "PodResizeInProgress"


def sized(cpu: str, memory: str = "64Mi", **fields: Any) -> Obj:
    amounts = {"cpu": cpu, "memory": memory}
    return container(resources={"requests": dict(amounts), "limits": dict(amounts)}, **fields)


async def resize(bench: Bench, cpu: str, memory: str = "64Mi", name: str = "web") -> None:
    amounts = {"cpu": cpu, "memory": memory}
    resources = {"requests": amounts, "limits": amounts}
    await bench.client.patch(
        kinds.POD, "default", name, {"spec": {"containers": [{"name": "web", "resources": resources}]}},
        patch_type=PatchType.STRATEGIC, subresource="resize",
    )  # fmt: skip


def has(pod: Obj, cpu: str) -> bool:
    return bool((status_of(pod).get("resources") or {}).get("limits", {}).get("cpu") == cpu)


async def runtime_quota(bench: Bench) -> int:
    [found] = await bench.runtime.list_containers()
    assert found.resources is not None
    return found.resources.cpu_quota


async def test_a_running_container_gets_more(bench: Bench) -> None:
    await bench.pod(containers=[sized("500m")])
    before = await bench.until_ready()
    assert status_of(before)["allocatedResources"] == {"cpu": "500m", "memory": "64Mi"}
    await resize(bench, "1", "128Mi")
    pod = await bench.until(lambda pod: has(pod, "1") and condition_of(pod, IN_PROGRESS) is None)
    assert status_of(pod)["resources"]["limits"] == {"cpu": "1", "memory": "128Mi"}
    assert status_of(pod)["allocatedResources"]["memory"] == "128Mi"
    assert status_of(pod)["restartCount"] == 0
    assert status_of(pod)["containerID"] == status_of(before)["containerID"]
    assert await runtime_quota(bench) == 100_000
    events = dict(await bench.events())
    assert "ResizeCompleted" in events
    text, _, summary = events["ResizeStarted"].partition(": ")
    assert text == "Pod resize started"
    assert json.loads(summary)["containers"][0]["resources"]["limits"]["cpu"] == "1"
    assert pod["metadata"]["generation"] == pod["status"]["observedGeneration"] == 2


async def test_a_resize_policy_may_want_a_restart(bench: Bench) -> None:
    policy = [{"resourceName": "memory", "restartPolicy": "RestartContainer"}]
    await bench.pod(containers=[sized("500m", resizePolicy=policy)])
    await bench.until_ready()
    await resize(bench, "1")
    await bench.until(lambda pod: has(pod, "1"))
    await resize(bench, "1", "32Mi")
    pod = await bench.until(lambda pod: status_of(pod)["restartCount"] == 1 and status_of(pod)["ready"])
    assert status_of(pod)["resources"]["limits"]["memory"] == "32Mi"
    assert ("Killing", "Container web resize requires restart") in await bench.events()


async def test_what_no_node_of_this_size_has_is_infeasible(bench: Bench) -> None:
    await bench.pod(containers=[sized("500m")])
    await bench.until_ready()
    await resize(bench, "64")
    pod = await bench.until(lambda pod: condition_of(pod, PENDING) is not None)
    condition = condition_of(pod, PENDING)
    assert condition is not None
    assert (condition["reason"], condition["message"]) == (
        "Infeasible", "Node didn't have enough capacity: cpu, requested: 64000, capacity: 4000",
    )  # fmt: skip
    assert has(pod, "500m")
    assert await runtime_quota(bench) == 50_000
    await resize(bench, "500m")
    await bench.until(lambda pod: condition_of(pod, PENDING) is None)
    assert (await bench.reasons()).count("ResizeInfeasible") == 1


async def test_what_others_hold_is_waited_for(bench: Bench) -> None:
    await bench.pod(containers=[sized("500m")])
    await bench.pod("other", containers=[sized("3")])
    await bench.until_ready()
    await bench.until_ready("other")
    await resize(bench, "2")
    pod = await bench.until(lambda pod: condition_of(pod, PENDING) is not None)
    condition = condition_of(pod, PENDING)
    assert condition is not None
    assert (condition["reason"], condition["message"]) == (
        "Deferred",
        "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
    )
    await resize(bench, "1", name="other")
    pod = await bench.until(lambda pod: has(pod, "2"))
    assert condition_of(pod, PENDING) is None


async def test_what_the_runtime_refuses_is_told_and_tried_again(bench: Bench) -> None:
    update = bench.runtime.update_container

    async def refuse(container_id: str, resources: Any) -> None:
        raise RuntimeFault("memory is in use")

    bench.runtime.update_container = refuse  # type: ignore[method-assign]
    await bench.pod(containers=[sized("500m")])
    await bench.until_ready()
    await resize(bench, "1")
    pod = await bench.until(lambda pod: (condition_of(pod, IN_PROGRESS) or {}).get("reason") == "Error")
    assert (condition_of(pod, IN_PROGRESS) or {})["message"] == "memory is in use"
    assert has(pod, "500m")
    bench.runtime.update_container = update  # type: ignore[method-assign]
    await bench.until(lambda pod: has(pod, "1") and condition_of(pod, IN_PROGRESS) is None)
    assert (await bench.reasons()).count("ResizeError") == 1
