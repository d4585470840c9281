"""The scheduler on a real API server, in virtual time."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.scheduler.objects import make_node, make_pod
from tuik8s.api import kinds
from tuik8s.api.errors import InternalError
from tuik8s.api.objects import condition_of, copy
from tuik8s.client import SeriesRecorder
from tuik8s.reconcile import Informers
from tuik8s.scheduler import Scheduler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


class Bench:
    """A running scheduler and what tests ask of it."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self.client = plane.client
        scheduler_client = plane.client_for("system:kube-scheduler")
        self.informers = Informers(scheduler_client)
        self.recorder = SeriesRecorder(plane.client, "default-scheduler", clock=plane.clock, host="here")
        self.scheduler = Scheduler(
            plane.client, self.informers, self.recorder, clock=plane.clock, random_source=random.Random(1)
        )

    async def add_nodes(self, *nodes: Obj) -> None:
        for node in nodes:
            await self.client.create(kinds.NODE, node)
            await self.client.update_status(kinds.NODE, node)

    async def add_pod(self, name: str, **fields: Any) -> Obj:
        pod = make_pod(name, **fields)
        del pod["metadata"]["uid"], pod["status"]
        return await self.client.create(kinds.POD, pod)

    async def pod(self, name: str) -> Obj:
        return await self.client.get(kinds.POD, "default", name)

    async def node_of(self, name: str) -> str:
        return str((await self.pod(name))["spec"].get("nodeName", ""))

    async def scheduled(self, name: str, limit: float = 60.0) -> str:
        async with asyncio.timeout(limit):
            while not await self.node_of(name):  # noqa: ASYNC110 - asked again and again, as a person would
                await asyncio.sleep(0.1)
        return await self.node_of(name)

    async def events(self, reason: str) -> list[str]:
        await self.recorder.flush()
        events = (await self.client.list(kinds.EVENT))["items"]
        return [event["message"] for event in events if event["reason"] == reason]


@asynccontextmanager
async def bench(plane: ControlPlane, *nodes: Obj) -> AsyncIterator[Bench]:
    made = Bench(plane)
    await made.add_nodes(*nodes)
    parts = (made.informers, made.recorder, made.scheduler)
    tasks = [asyncio.create_task(part.run()) for part in parts]
    try:
        yield made
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_pods_are_bound_and_it_is_said_where(control_plane: ControlPlane) -> None:
    async with bench(control_plane, make_node("a"), make_node("b")) as cluster:
        for name in ("p1", "p2"):
            await cluster.add_pod(name, requests={"cpu": "1"})
        nodes = {await cluster.scheduled("p1"), await cluster.scheduled("p2")}
        assert nodes == {"a", "b"}
        where = await cluster.node_of("p1")
        assert f"Successfully assigned default/p1 to {where}" in await cluster.events("Scheduled")
        statistics = cluster.scheduler.statistics()
        assert (statistics.scheduled, statistics.assumed, sum(statistics.queue)) == (2, 0, 0)


async def test_a_binding_names_the_write_that_caused_it(control_plane: ControlPlane) -> None:
    async with bench(control_plane, make_node("a")) as cluster:
        pod = await cluster.add_pod("p")
        await cluster.scheduled("p")
        history = await control_plane.store.history(kinds.POD.storage_key("default", "p"))
        assert history[1].cause == int(pod["metadata"]["resourceVersion"])


async def test_why_not_and_what_changes_it(control_plane: ControlPlane) -> None:
    async with bench(control_plane, make_node("a", cpu="1")) as cluster:
        await cluster.add_pod("p", requests={"cpu": "2"})
        await asyncio.sleep(30)
        message = (
            "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: "
            "1 Preemption is not helpful for scheduling."
        )
        condition = condition_of(await cluster.pod("p"), "PodScheduled") or {}
        assert (condition["status"], condition["reason"]) == ("False", "Unschedulable")
        assert condition["message"] == message
        assert await cluster.events("FailedScheduling") == [message]
        assert cluster.scheduler.statistics().queue.unschedulable == 1
        await cluster.add_nodes(make_node("b"))
        assert await cluster.scheduled("p", limit=1) == "b"
        condition = condition_of(await cluster.pod("p"), "PodScheduled") or {}
        assert condition["status"] == "True"


async def test_a_pod_that_goes_makes_room(control_plane: ControlPlane) -> None:
    async with bench(control_plane, make_node("a", cpu="1")) as cluster:
        await cluster.add_pod("first", requests={"cpu": "1"})
        await cluster.scheduled("first")
        await cluster.add_pod("second", requests={"cpu": "1"})
        await asyncio.sleep(20)
        assert await cluster.node_of("second") == ""
        await cluster.client.delete(kinds.POD, "default", "first", grace_period_seconds=0)
        assert await cluster.scheduled("second", limit=1) == "a"


async def test_changes_that_cannot_help_wake_nobody(control_plane: ControlPlane) -> None:
    async with bench(control_plane, make_node("a")) as cluster:
        await cluster.add_pod("p", nodeSelector={"disk": "ssd"})
        await cluster.add_pod("other")
        await asyncio.sleep(20)
        await cluster.add_nodes(make_node("b"))
        await cluster.client.delete(kinds.POD, "default", "other", grace_period_seconds=0)
        await asyncio.sleep(20)
        pod = await cluster.pod("p")
        assert len(cluster.scheduler.verdicts(pod["metadata"]["uid"])) == 1
        await cluster.client.patch(kinds.NODE, "", "b", {"metadata": {"labels": {"disk": "ssd"}}})
        assert await cluster.scheduled("p", limit=1) == "b"


async def test_uncordoning_lets_pods_in(control_plane: ControlPlane) -> None:
    async with bench(control_plane, make_node("a", unschedulable=True)) as cluster:
        await cluster.add_pod("p")
        await asyncio.sleep(20)
        assert await cluster.node_of("p") == ""
        await cluster.client.patch(kinds.NODE, "", "a", {"spec": {"unschedulable": None}})
        assert await cluster.scheduled("p", limit=1) == "a"


async def test_gates_hold_a_pod_back(control_plane: ControlPlane) -> None:
    async with bench(control_plane, make_node("a")) as cluster:
        await cluster.add_pod("p", schedulingGates=[{"name": "example.com/wait"}])
        await asyncio.sleep(5)
        assert await cluster.node_of("p") == ""
        condition = condition_of(await cluster.pod("p"), "PodScheduled") or {}
        assert condition.get("reason") == "SchedulingGated"
        opened = copy(await cluster.pod("p"))
        opened["spec"]["schedulingGates"] = []
        await cluster.client.update(kinds.POD, opened)
        assert await cluster.scheduled("p", limit=1) == "a"


async def test_pods_of_other_schedulers_are_left_alone(control_plane: ControlPlane) -> None:
    async with bench(control_plane, make_node("a")) as cluster:
        await cluster.add_pod("p", schedulerName="mine")
        await asyncio.sleep(30)
        assert await cluster.node_of("p") == ""
        assert await cluster.events("FailedScheduling") == []


async def test_a_refused_binding_is_forgotten_and_tried_again(
    control_plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bench(control_plane, make_node("a", cpu="1")) as cluster:
        real, refusals = cluster.client.create_subresource, iter([True])

        async def flaky(*arguments: Any, **options: Any) -> Obj:
            if next(refusals, False):
                raise InternalError("no")
            return await real(*arguments, **options)

        monkeypatch.setattr(cluster.client, "create_subresource", flaky)
        await cluster.add_pod("p", requests={"cpu": "1"})
        assert await cluster.scheduled("p", limit=1.5) == "a"
        assert await cluster.events("FailedScheduling") == ["binding rejected: no"]
        assert cluster.scheduler.statistics().failed == 1


async def test_deleting_a_waiting_pod_ends_it(control_plane: ControlPlane) -> None:
    async with bench(control_plane) as cluster:
        await cluster.add_pod("p")
        await asyncio.sleep(2)
        assert await cluster.events("FailedScheduling") == ["no nodes available to schedule pods"]
        await cluster.client.delete(kinds.POD, "default", "p", grace_period_seconds=0)
        await asyncio.sleep(2)
        assert sum(cluster.scheduler.statistics().queue) == 0


async def test_verdicts_explain_every_node(control_plane: ControlPlane) -> None:
    nodes = (make_node("a", cpu="1"), make_node("b"), make_node("c", cpu="8"))
    async with bench(control_plane, *nodes) as cluster:
        pod = await cluster.add_pod("p", requests={"cpu": "2"})
        assert await cluster.scheduled("p") == "c"
        (cycle,) = cluster.scheduler.verdicts(pod["metadata"]["uid"])
        assert (cycle.node, [verdict.node for verdict in cycle.verdicts]) == ("c", ["c", "b", "a"])
        best, second, rejected = cycle.verdicts
        assert best.total == sum(best.scores.values()) > second.total > 0
        assert best.scores["TaintToleration"] == 300
        assert (rejected.rejected_by, rejected.message) == ("NodeResourcesFit", "Insufficient cpu")


async def test_five_cycles_are_kept(control_plane: ControlPlane) -> None:
    async with bench(control_plane) as cluster:
        pod = await cluster.add_pod("p")
        for number in range(7):
            await asyncio.sleep(20)
            labels = {"metadata": {"labels": {"try": str(number)}}}
            await cluster.client.patch(kinds.POD, "default", "p", labels)
        await asyncio.sleep(20)
        cycles = cluster.scheduler.verdicts(pod["metadata"]["uid"])
        assert len(cycles) == 5
        assert cycles == sorted(cycles, key=lambda cycle: cycle.time)


async def test_finished_pods_free_what_they_had(control_plane: ControlPlane) -> None:
    async with bench(control_plane, make_node("a", cpu="1")) as cluster:
        await cluster.add_pod("first", requests={"cpu": "1"})
        await cluster.scheduled("first")
        done = copy(await cluster.pod("first"))
        done["status"] = {**done.get("status", {}), "phase": "Succeeded"}
        await cluster.client.update_status(kinds.POD, done)
        await cluster.add_pod("second", requests={"cpu": "1"})
        assert await cluster.scheduled("second", limit=1) == "a"


async def test_running_again_after_a_stop(control_plane: ControlPlane) -> None:
    made = Bench(control_plane)
    await made.add_nodes(make_node("a"))
    informers = asyncio.create_task(made.informers.run())
    first = asyncio.create_task(made.scheduler.run())
    await made.add_pod("p")
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    second = asyncio.create_task(made.scheduler.run())
    assert await made.scheduled("p", limit=2) == "a"
    for task in (second, informers):
        task.cancel()
    await asyncio.gather(second, informers, return_exceptions=True)
