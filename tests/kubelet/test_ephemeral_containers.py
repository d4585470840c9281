"""Ephemeral containers: added to a pod that runs, run once, and change nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.kubelet.bench import phase, status_of
from tuik8s.api import kinds
from tuik8s.api.request import PatchType

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


async def add(bench: Bench, **fields: Any) -> None:
    debugger = {"name": "debugger", "image": "busybox", "imagePullPolicy": "IfNotPresent", **fields}
    await bench.client.patch(
        kinds.POD, "default", "web", {"spec": {"ephemeralContainers": [debugger]}},
        patch_type=PatchType.STRATEGIC, subresource="ephemeralcontainers",
    )  # fmt: skip


def debugger(pod: Obj) -> Obj:
    found: list[Obj] = (pod.get("status") or {}).get("ephemeralContainerStatuses") or []
    return found[0]["state"] if found else {}


async def test_it_runs_once_beside_the_others(bench: Bench) -> None:
    await bench.pod()
    before = await bench.until_ready()
    await add(bench, command=["sh", "-c", "echo looking around; exit 3"])
    pod = await bench.until(lambda pod: "terminated" in debugger(pod))
    assert debugger(pod)["terminated"]["exitCode"] == 3
    assert phase(pod) == "Running"
    assert status_of(pod)["containerID"] == status_of(before)["containerID"]
    assert pod["status"]["ephemeralContainerStatuses"][0]["restartCount"] == 0
    await bench.recorder.flush()
    started = [e for e in (await bench.client.list(kinds.EVENT))["items"] if e["reason"] == "Started"]
    paths = {event["involvedObject"]["fieldPath"] for event in started}
    assert paths == {"spec.containers{web}", "spec.ephemeralContainers{debugger}"}


async def test_it_shares_the_processes_of_its_target(bench: Bench) -> None:
    configs = []
    create = bench.runtime.create_container

    async def noted(sandbox_id: str, config: Any, pod: Any) -> str:
        configs.append(config)
        return await create(sandbox_id, config, pod)

    bench.runtime.create_container = noted  # type: ignore[method-assign]
    await bench.pod()
    pod = await bench.until_ready()
    await add(bench, command=["sleep", "5"], targetContainerName="web")
    await bench.until(lambda pod: "running" in debugger(pod))
    assert status_of(pod)["containerID"].endswith(configs[-1].process_target)


async def test_it_may_mount_what_nobody_did(bench: Bench) -> None:
    await bench.pod(volumes=[{"name": "spare", "emptyDir": {}}])
    await bench.until_ready()
    mounts = [{"name": "spare", "mountPath": "/spare"}]
    await add(bench, command=["sh", "-c", "echo kept > /spare/file; cat /spare/file"], volumeMounts=mounts)
    pod = await bench.until(lambda pod: "terminated" in debugger(pod))
    assert debugger(pod)["terminated"]["exitCode"] == 0


async def test_an_image_that_is_not_there(bench: Bench) -> None:
    await bench.pod(annotations={"image-missing": "org/*"})
    await bench.until_ready()
    await add(bench, image="org/none")
    pod = await bench.until(
        lambda pod: (debugger(pod).get("waiting") or {}).get("reason") == "ImagePullBackOff"
    )
    assert phase(pod) == "Running"


async def test_one_that_the_runtime_forgot_does_not_run_again(bench: Bench) -> None:
    await bench.pod()
    await bench.until_ready()
    await add(bench, command=["sleep", "10000"])
    await bench.until(lambda pod: "running" in debugger(pod))
    for sandbox in bench.runtime.sandbox_ids():
        await bench.runtime.remove_sandbox(sandbox)
    pod = await bench.until(lambda pod: "terminated" in debugger(pod))
    assert debugger(pod)["terminated"]["reason"] == "ContainerStatusUnknown"
    pod = await bench.until(lambda pod: status_of(pod)["restartCount"] == 1)
    assert "terminated" in debugger(pod)


async def test_it_ends_with_its_pod(bench: Bench) -> None:
    await bench.pod()
    await bench.until_ready()
    await add(bench, command=["sleep", "10000"])
    await bench.until(lambda pod: "running" in debugger(pod))
    await bench.delete(grace_period_seconds=1)
    await bench.until_gone()
    assert await bench.runtime.list_containers() == []
