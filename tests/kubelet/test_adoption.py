"""The program stops and starts again; containers go on. Orphans. The runtime goes away."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kubelet.bench import container, node_config, phase, status_of, waiting
from tests.kubelet.fake_runtime import FakeRuntime
from tuik8s.api import kinds
from tuik8s.api.objects import condition_of, is_pod_ready
from tuik8s.kubelet.pleg import Pleg

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench

pytestmark = pytest.mark.looptime


async def test_running_containers_are_adopted(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await bench.pod()
        before = await bench.until_ready()
    async with bench.running():
        await asyncio.sleep(20)
        after = await bench.get()
        assert is_pod_ready(after)
        assert status_of(after)["containerID"] == status_of(before)["containerID"]
        assert status_of(after)["restartCount"] == 0
        assert after["status"]["podIP"] == before["status"]["podIP"]
        assert len(bench.runtime.sandbox_configs) == 1


async def test_nothing_is_written_about_a_pod_that_did_not_change(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await bench.pod()
        before = await bench.until_ready()
        await asyncio.sleep(1)
        before = await bench.get()
    async with bench.running():
        await asyncio.sleep(60)
        after = await bench.get()
        assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


async def test_a_ready_pod_stays_ready_although_its_probe_has_not_run_again(stopped_bench: Bench) -> None:
    bench = stopped_bench
    probe = {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 5, "periodSeconds": 30}
    async with bench.running():
        await bench.pod(containers=[container(readinessProbe=probe)])
        before = await bench.until_ready()
    async with bench.running():
        await asyncio.sleep(2)
        after = await bench.get()
        ready = condition_of(after, "Ready") or {}
        assert ready["lastTransitionTime"] == (condition_of(before, "Ready") or {})["lastTransitionTime"]


async def test_restart_counts_go_on(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await bench.pod(containers=[container(command=["false"])])
        await bench.until(lambda pod: waiting(pod) == "CrashLoopBackOff")
        await bench.until(lambda pod: status_of(pod).get("restartCount") == 2)
    async with bench.running():
        pod = await bench.until(lambda pod: status_of(pod).get("restartCount", 0) > 2)
        assert status_of(pod)["restartCount"] == 3


async def test_a_pod_deleted_meanwhile_is_ended(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await bench.pod()
        await bench.until_ready()
    await bench.delete()
    assert not await bench.gone()
    async with bench.running():
        await bench.until_gone()
        await asyncio.sleep(1)
        assert await bench.runtime.list_sandboxes() == []


async def test_orphans_of_this_node_are_removed_and_no_others(stopped_bench: Bench) -> None:
    bench = stopped_bench
    nodes = (node_config("node-1"), node_config("node-2"))
    async with bench.running(*nodes):
        await bench.pod("gone")
        await bench.pod("stays", node="node-2")
        await bench.until_ready("gone")
        await bench.until_ready("stays")
    await bench.delete("gone", grace_period_seconds=0)
    async with bench.running(*nodes):
        await asyncio.sleep(10)
        assert [sandbox.name for sandbox in await bench.runtime.list_sandboxes()] == ["stays"]
        assert is_pod_ready(await bench.get("stays"))
        assert bench.kubelet.statistics().orphans_removed == 1


async def test_an_adopted_address_is_not_given_away(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await bench.pod("one")
        await bench.until_ready("one")
    async with bench.running():
        await bench.pod("two")
        two = await bench.until_ready("two")
        assert two["status"]["podIP"] == "10.244.1.3"


async def test_an_outage_makes_the_node_not_ready_and_deletes_nothing(bench: Bench) -> None:
    await bench.pod()
    before = await bench.until_ready()
    bench.runtime.down = True
    await asyncio.sleep(20)
    condition = condition_of(await bench.node(), "Ready") or {}
    assert (condition["status"], condition["reason"]) == ("False", "KubeletNotReady")
    assert condition["message"] == "container runtime is down"
    pod = await bench.get()
    assert phase(pod) == "Running"
    assert status_of(pod)["containerID"] == status_of(before)["containerID"]
    bench.runtime.down = False
    await asyncio.sleep(5)
    assert (condition_of(await bench.node(), "Ready") or {})["status"] == "True"
    assert status_of(await bench.get())["restartCount"] == 0
    assert await bench.runtime.running_names() == ["web"]


async def test_pods_bound_during_an_outage_start_after_it(bench: Bench) -> None:
    await asyncio.sleep(5)
    bench.runtime.down = True
    await bench.pod()
    await asyncio.sleep(60)
    assert phase(await bench.get()) == "Pending"
    bench.runtime.down = False
    began = bench.now()
    await bench.until_ready()
    assert bench.now() - began < 5


async def test_a_pod_deleted_during_an_outage_ends_after_it(bench: Bench) -> None:
    await bench.pod()
    await bench.until_ready()
    bench.runtime.down = True
    await bench.delete()
    await asyncio.sleep(60)
    assert not await bench.gone()
    bench.runtime.down = False
    await bench.until_gone(timeout=20)


async def test_a_runtime_that_is_down_at_the_start(stopped_bench: Bench) -> None:
    bench = stopped_bench
    bench.runtime.down = True
    async with bench.running():
        await asyncio.sleep(15)
        assert (condition_of(await bench.node(), "Ready") or {})["status"] == "False"
        bench.runtime.down = False
        await bench.pod()
        await bench.until_ready()


async def test_one_list_serves_all_nodes(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running(*(node_config(f"node-{number}") for number in range(1, 11))):
        await asyncio.sleep(5)
        before = bench.runtime.lists
        await asyncio.sleep(50)
        assert bench.runtime.lists - before <= 11


async def test_what_events_missed_the_relist_finds(bench: Bench) -> None:
    created = await bench.pod(restartPolicy="Never")
    await bench.until_ready()
    found = (await bench.runtime.list_containers(created["metadata"]["uid"]))[0]
    bench.runtime.mute()
    await bench.runtime.stop_container(found.id, 1)
    began = bench.now()
    await bench.until(lambda pod: phase(pod) == "Succeeded")
    assert bench.now() - began <= 5.1


async def test_directories_of_forgotten_pods_are_removed(stopped_bench: Bench) -> None:
    bench = stopped_bench
    left = bench.root / "node-1" / "pods" / "0000-left-over" / "volumes"
    left.mkdir(parents=True)
    (left / "file").write_text("x")
    async with bench.running():
        await asyncio.sleep(5)
        assert not left.parent.exists()


async def test_mounted_config_maps_follow_also_after_a_restart(stopped_bench: Bench) -> None:
    bench = stopped_bench
    volume = {"name": "v", "configMap": {"name": "settings"}}
    mounts = [{"name": "v", "mountPath": "/data"}]
    async with bench.running():
        await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "1"})
        await bench.pod(volumes=[volume], containers=[container(volumeMounts=mounts)])
        await bench.until_ready()
    file = Path(bench.runtime.configs["web"].mounts[0].host_path) / "a"
    await bench.client.patch(kinds.CONFIG_MAP, "default", "settings", {"data": {"a": "2"}})
    async with bench.running():
        await asyncio.sleep(3)
        assert file.read_text() == "2"
        await bench.client.patch(kinds.CONFIG_MAP, "default", "settings", {"data": {"a": "3"}})
        await asyncio.sleep(1)
        assert file.read_text() == "3"


async def test_a_pod_that_ended_stays_ended(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await bench.pod(activeDeadlineSeconds=5)
        await bench.until(lambda pod: phase(pod) == "Failed")
        await asyncio.sleep(5)
    before = await bench.get()
    assert before["status"]["reason"] == "DeadlineExceeded"
    async with bench.running():
        await asyncio.sleep(30)
        assert (await bench.get())["status"] == before["status"]


async def test_a_rejected_pod_stays_rejected(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await bench.pod(nodeSelector={"disk": "ssd"})
        await bench.until(lambda pod: phase(pod) == "Failed")
    before = await bench.get()
    async with bench.running():
        await asyncio.sleep(30)
        assert (await bench.get())["status"] == before["status"]
        await bench.delete()
        await bench.until_gone()


async def test_a_paused_kubelet_goes_on_where_it_was(bench: Bench) -> None:
    await bench.pod("before")
    await bench.until_ready("before")
    await bench.kubelet.stop()
    uid = (await bench.get("before"))["metadata"]["uid"]
    assert Pleg.of(bench.runtime).state(uid).sandbox is not None
    await bench.pod("meanwhile")
    await asyncio.sleep(30)
    assert phase(await bench.get("meanwhile")) == "Pending"
    again = asyncio.create_task(bench.kubelet.run())
    try:
        await bench.until_ready("meanwhile")
        assert status_of(await bench.get("before"))["restartCount"] == 0
    finally:
        await bench.kubelet.stop()
        await asyncio.gather(again, return_exceptions=True)


async def test_a_container_made_but_not_started_before_a_crash_is_not_doubled(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await asyncio.sleep(1)
        bench.runtime.hang("start_container")
        await bench.pod()
        await asyncio.sleep(5)
    bench.runtime.hang("")
    async with bench.running():
        await bench.until_ready()
        assert await bench.runtime.running_names() == ["web"]
        assert len(await bench.runtime.list_sandboxes()) == 1


async def test_containers_that_vanished_with_the_program_count_as_restarted(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await bench.pod()
        before = await bench.until_ready()
    for restarts in (1, 2):
        bench.runtime = FakeRuntime(cluster="test", clock=bench.plane.clock)
        async with bench.running():
            await asyncio.sleep(1)
            after = await bench.until_ready()
            await asyncio.sleep(5)
        assert status_of(after)["restartCount"] == restarts
        assert status_of(after)["containerID"] != status_of(before)["containerID"]
        assert status_of(after)["lastState"]["terminated"]["reason"] == "ContainerStatusUnknown"
        assert status_of(after)["lastState"]["terminated"]["exitCode"] == 137
        assert after["status"]["phase"] == "Running"


async def test_a_container_that_had_ended_keeps_its_exit_code(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running():
        await bench.pod(containers=[container(command=["sh", "-c", "sleep 30; exit 3"])])
        await bench.until_ready()
        await asyncio.sleep(31)
        assert status_of(await bench.get())["restartCount"] == 1
    bench.runtime = FakeRuntime(cluster="test", clock=bench.plane.clock)
    async with bench.running():
        await bench.until(lambda pod: status_of(pod)["restartCount"] == 2 and is_pod_ready(pod))
