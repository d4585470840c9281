"""Deleting pods: grace, hooks, the order of things, what stays."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.kubelet.bench import container, phase, status_of, waiting
from tuik8s.api import kinds

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench

pytestmark = pytest.mark.looptime


async def test_a_deleted_pod_is_stopped_and_leaves_nothing(bench: Bench) -> None:
    created = await bench.pod()
    await bench.until_ready()
    await bench.delete()
    await bench.until_gone()
    await asyncio.sleep(1)
    uid = created["metadata"]["uid"]
    assert await bench.runtime.list_sandboxes(uid) == []
    assert await bench.runtime.list_containers(uid) == []
    assert not (bench.root / "node-1" / "pods" / uid).exists()
    assert ("Killing", "Stopping container web") in await bench.events()
    assert bench.kubelet.statistics().pods == 0


async def test_a_container_gets_its_grace_period(bench: Bench) -> None:
    await bench.pod(annotations={"stop-after": "100"}, terminationGracePeriodSeconds=20)
    await bench.until_ready()
    began = bench.now()
    await bench.delete()
    pod = await bench.until(lambda pod: "terminated" in status_of(pod)["state"])
    assert status_of(pod)["state"]["terminated"]["exitCode"] == 137
    await bench.until_gone()
    assert 20 <= bench.now() - began < 22


async def test_a_second_deletion_shortens_the_grace(bench: Bench) -> None:
    await bench.pod(annotations={"stop-after": "1000"}, terminationGracePeriodSeconds=600)
    await bench.until_ready()
    began = bench.now()
    await bench.delete()
    await asyncio.sleep(5)
    await bench.delete(grace_period_seconds=3)
    await bench.until_gone()
    assert bench.now() - began < 12


async def test_the_pod_goes_on_being_reported_while_it_ends(bench: Bench) -> None:
    await bench.pod(annotations={"stop-after": "10"})
    await bench.until_ready()
    await bench.delete()
    await asyncio.sleep(5)
    pod = await bench.get()
    assert phase(pod) == "Running"
    assert "running" in status_of(pod)["state"]


async def test_pre_stop_counts_against_the_grace_period(bench: Bench) -> None:
    hook = {"preStop": {"sleep": {"seconds": 8}}}
    await bench.pod(
        containers=[container(lifecycle=hook)],
        annotations={"stop-after": "100"},
        terminationGracePeriodSeconds=20,
    )
    await bench.until_ready()
    began = bench.now()
    await bench.delete()
    await bench.until_gone()
    ((name, grace),) = bench.runtime.stopped
    assert (name, round(grace)) == ("web", 12)
    assert 20 <= bench.now() - began < 22


async def test_a_pre_stop_hook_that_takes_too_long_is_given_up(bench: Bench) -> None:
    hook = {"preStop": {"exec": {"command": ["sleep", "100"]}}}
    await bench.pod(containers=[container(lifecycle=hook)], terminationGracePeriodSeconds=10)
    await bench.until_ready()
    await bench.delete()
    await bench.until_gone()
    assert bench.runtime.stopped == [("web", 2.0)]


async def test_a_failing_pre_stop_hook_is_told(bench: Bench) -> None:
    hook = {"preStop": {"exec": {"command": ["false"]}}}
    await bench.pod(containers=[container(lifecycle=hook)])
    await bench.until_ready()
    await bench.delete()
    await bench.until_gone()
    assert "FailedPreStopHook" in await bench.reasons()


async def test_a_failing_post_start_hook_kills_the_container(bench: Bench) -> None:
    hook = {"postStart": {"exec": {"command": ["false"]}}}
    await bench.pod(containers=[container(lifecycle=hook)])
    await bench.until(lambda pod: status_of(pod).get("restartCount", 0) >= 1)
    assert {"FailedPostStartHook", "Killing"} <= set(await bench.reasons())


async def test_force_deletion_stops_what_the_api_forgot(bench: Bench) -> None:
    await bench.pod()
    await bench.until_ready()
    await bench.delete(grace_period_seconds=0)
    assert await bench.gone()
    await asyncio.sleep(5)
    assert await bench.runtime.running_names() == []
    assert await bench.runtime.list_sandboxes() == []


async def test_a_pod_deleted_before_it_could_start_is_gone_at_once(bench: Bench) -> None:
    await bench.pod(containers=[container(image="org/app")], annotations={"pull-delay": "1h"})
    await bench.until(lambda pod: bool(waiting(pod)))
    began = bench.now()
    await bench.delete()
    await bench.until_gone()
    assert bench.now() - began < 5


async def test_a_pod_of_the_same_name_may_follow_at_once(bench: Bench) -> None:
    first = await bench.pod()
    await bench.until_ready()
    await bench.delete(grace_period_seconds=0)
    second = await bench.pod()
    await bench.until_ready()
    await asyncio.sleep(40)
    left = await bench.runtime.list_sandboxes()
    assert [sandbox.uid for sandbox in left] == [second["metadata"]["uid"]]
    assert first["metadata"]["uid"] != second["metadata"]["uid"]


async def test_an_ended_pod_keeps_its_containers_for_their_logs_until_it_is_deleted(bench: Bench) -> None:
    created = await bench.pod(restartPolicy="Never", containers=[container(command=["true"])])
    await bench.until(lambda pod: phase(pod) == "Succeeded")
    uid = created["metadata"]["uid"]
    assert len(await bench.runtime.list_containers(uid)) == 1
    await bench.delete()
    await bench.until_gone()
    await asyncio.sleep(1)
    assert await bench.runtime.list_containers(uid) == []


async def test_finalizers_hold_the_object_but_not_the_containers(bench: Bench) -> None:
    await bench.pod()
    await bench.client.patch(kinds.POD, "default", "web", {"metadata": {"finalizers": ["example.com/hold"]}})
    await bench.until_ready()
    await bench.delete()
    await asyncio.sleep(60)
    assert not await bench.gone()
    assert await bench.runtime.running_names() == []
    await bench.client.patch(kinds.POD, "default", "web", {"metadata": {"finalizers": []}})
    await bench.until_gone()
