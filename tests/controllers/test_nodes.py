"""Nodes: address ranges, lost heartbeats, evictions, pods left behind."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.controllers.machinery import Machinery, machinery, pod
from tuik8s.api import kinds
from tuik8s.api.clock import micro_timestamp, timestamp
from tuik8s.api.objects import condition_of, copy, is_deleting, is_pod_ready
from tuik8s.controllers.node_ipam import NodeIpamController
from tuik8s.controllers.node_lifecycle import NodeLifecycleController
from tuik8s.controllers.pod_gc import PodGarbageCollector
from tuik8s.controllers.taint_eviction import TaintEvictionController

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.controllers.machinery import Check
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime
LIFECYCLE = (NodeLifecycleController, TaintEvictionController)
NODES = ("node-1", "node-2", "node-3")
NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"


def node(name: str) -> Obj:
    return {"metadata": {"name": name}, "spec": {}}


class Heart:
    """Renews the leases of the nodes that are `alive`, every 10 s."""

    def __init__(self, machines: Machinery, names: tuple[str, ...]) -> None:
        self.machines = machines
        self.alive = set(names)

    async def register(self, name: str) -> None:
        client, now = self.machines.client, self.machines.plane.clock.now()
        made = copy(await client.create(kinds.NODE, node(name)))
        made["status"] = {
            "conditions": [
                {
                    "type": kind,
                    "status": str(kind == "Ready"),
                    "reason": "KubeletReady",
                    "message": "kubelet is posting ready status",
                    "lastHeartbeatTime": timestamp(now),
                    "lastTransitionTime": timestamp(now),
                }
                for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
            ]
        }
        await self.machines.change_status(kinds.NODE, made)
        lease = {"metadata": {"name": name, "namespace": "kube-node-lease"}, "spec": {"holderIdentity": name}}
        await client.create(kinds.LEASE, lease)

    async def beat(self) -> None:
        while True:
            for name in sorted(self.alive):
                renewed = {"spec": {"renewTime": micro_timestamp(self.machines.plane.clock.now())}}
                await self.machines.client.patch(kinds.LEASE, "kube-node-lease", name, renewed)
            await asyncio.sleep(10)

    async def report_ready(self, name: str) -> None:
        """As a kubelet does that can reach the API server again."""
        current = copy(await self.machines.get(kinds.NODE, name, ""))
        for condition in current["status"]["conditions"]:
            condition["status"] = str(condition["type"] == "Ready")
            condition["lastHeartbeatTime"] = timestamp(self.machines.plane.clock.now())
        await self.machines.change_status(kinds.NODE, current)


@asynccontextmanager
async def nodes(
    plane: ControlPlane, *controllers: type, names: tuple[str, ...] = NODES, **options: Any
) -> AsyncIterator[tuple[Machinery, Heart]]:
    async with machinery(plane, *controllers, **options) as machines:
        heart = Heart(machines, names)
        for name in names:
            await heart.register(name)
        beating = asyncio.create_task(heart.beat())
        try:
            yield machines, heart
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)


def ready_is(machines: Machinery, name: str, status: str) -> Check:
    async def check() -> bool:
        ready = condition_of(await machines.get(kinds.NODE, name, ""), "Ready") or {}
        return bool(ready.get("status") == status)

    return check


def has_taint(machines: Machinery, name: str, key: str, effect: str, *, wanted: bool = True) -> Check:
    async def check() -> bool:
        taints = (await machines.get(kinds.NODE, name, ""))["spec"].get("taints") or []
        return any((item["key"], item["effect"]) == (key, effect) for item in taints) is wanted

    return check


async def bound_pod(machines: Machinery, name: str, node_name: str, **spec: Any) -> Obj:
    made = await machines.client.create(kinds.POD, pod(name, nodeName=node_name, **spec))

    async def ready() -> bool:
        return is_pod_ready(await machines.get(kinds.POD, name))

    await machines.until(ready)
    return made


async def test_a_silent_node_becomes_unknown_after_the_grace_period(plane: ControlPlane) -> None:
    async with nodes(plane, *LIFECYCLE) as (machines, heart):
        await bound_pod(machines, "app", "node-2")
        await asyncio.sleep(21)
        heart.alive.discard("node-2")
        took = await machines.until(ready_is(machines, "node-2", "Unknown"))
        assert 40 <= took <= 60
        silent = await machines.get(kinds.NODE, "node-2", "")
        for kind in ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure"):
            condition = condition_of(silent, kind) or {}
            assert (condition["status"], condition["reason"]) == ("Unknown", "NodeStatusUnknown")
            assert condition["message"] == "Kubelet stopped posting node status."
        assert await ready_is(machines, "node-1", "True")()
        await machines.until(has_taint(machines, "node-2", UNREACHABLE, "NoSchedule"), limit=1)
        await machines.until(has_taint(machines, "node-2", UNREACHABLE, "NoExecute"), limit=1)
        assert not is_pod_ready(await machines.get(kinds.POD, "app"))
        assert "Node node-2 status is now: NodeNotReady" in await machines.events("NodeNotReady")
        assert "Node is not ready" in await machines.events("NodeNotReady")

        heart.alive.add("node-2")
        await heart.report_ready("node-2")
        await machines.until(has_taint(machines, "node-2", UNREACHABLE, "NoSchedule", wanted=False), limit=1)
        await machines.until(has_taint(machines, "node-2", UNREACHABLE, "NoExecute", wanted=False), limit=1)
        await asyncio.sleep(120)
        assert await ready_is(machines, "node-2", "True")()


async def test_pods_are_evicted_when_their_patience_is_over(plane: ControlPlane) -> None:
    def tolerates(seconds: int | None) -> list[Obj]:
        toleration: Obj = {"key": UNREACHABLE, "operator": "Exists", "effect": "NoExecute"}
        return [toleration if seconds is None else {**toleration, "tolerationSeconds": seconds}]

    async with nodes(plane, *LIFECYCLE) as (machines, heart):
        for name, seconds in (("quick", 10), ("patient", 100), ("faithful", None), ("default", 300)):
            await bound_pod(machines, name, "node-2", tolerations=tolerates(seconds))
        heart.alive.discard("node-2")
        machines.kubelet.silent.add("node-2")
        await machines.until(has_taint(machines, "node-2", UNREACHABLE, "NoExecute"))

        def deleting(name: str) -> Check:
            async def check() -> bool:
                return is_deleting(await machines.get(kinds.POD, name))

            return check

        assert 9.8 <= await machines.until(deleting("quick")) <= 10.3
        assert 89.7 <= await machines.until(deleting("patient")) <= 90.3
        assert 199.7 <= await machines.until(deleting("default"), limit=250) <= 200.3
        assert not is_deleting(await machines.get(kinds.POD, "faithful"))
        evicted = await machines.get(kinds.POD, "quick")
        condition = condition_of(evicted, "DisruptionTarget") or {}
        assert condition["reason"] == "DeletionByTaintManager"
        assert "Marking for deletion Pod default/quick" in await machines.events("TaintManagerEviction")


async def test_an_eviction_is_called_off_when_the_node_returns(plane: ControlPlane) -> None:
    async with nodes(plane, *LIFECYCLE) as (machines, heart):
        await bound_pod(machines, "app", "node-2")
        heart.alive.discard("node-2")
        await machines.until(has_taint(machines, "node-2", UNREACHABLE, "NoExecute"))
        await asyncio.sleep(100)
        heart.alive.add("node-2")
        await heart.report_ready("node-2")
        await asyncio.sleep(400)
        assert not is_deleting(await machines.get(kinds.POD, "app"))
        assert await machines.events("TaintManagerEviction") == ["Cancelling deletion of Pod default/app"]


async def test_a_taint_without_toleration_evicts_at_once(plane: ControlPlane) -> None:
    async with nodes(plane, *LIFECYCLE) as (machines, _):
        await bound_pod(machines, "app", "node-1")
        await bound_pod(machines, "tolerant", "node-1", tolerations=[{"key": "gpu", "operator": "Exists"}])
        taint = {"spec": {"taints": [{"key": "gpu", "value": "yes", "effect": "NoExecute"}]}}
        await machines.client.patch(kinds.NODE, "", "node-1", taint)
        await asyncio.sleep(0.2)
        assert is_deleting(await machines.get(kinds.POD, "app"))
        assert not is_deleting(await machines.get(kinds.POD, "tolerant"))


async def test_nothing_is_evicted_while_every_node_is_silent(plane: ControlPlane) -> None:
    async with nodes(plane, *LIFECYCLE) as (machines, heart):
        await bound_pod(machines, "app", "node-2")
        heart.alive.clear()
        await machines.until(ready_is(machines, "node-2", "Unknown"))
        await asyncio.sleep(1000)
        for name in NODES:
            assert await has_taint(machines, name, UNREACHABLE, "NoExecute", wanted=False)()
            assert await has_taint(machines, name, UNREACHABLE, "NoSchedule")()
        assert not is_deleting(await machines.get(kinds.POD, "app"))


async def test_lost_nodes_are_given_up_one_in_ten_seconds(plane: ControlPlane) -> None:
    async with nodes(plane, *LIFECYCLE) as (machines, heart):
        heart.alive -= {"node-1", "node-2"}

        async def tainted() -> int:
            return sum([await has_taint(machines, name, UNREACHABLE, "NoExecute")() for name in NODES])

        async def one() -> bool:
            return await tainted() == 1

        async def two() -> bool:
            return await tainted() == 2

        await machines.until(one)
        assert 9 <= await machines.until(two) <= 11


async def test_cordon_taints(plane: ControlPlane) -> None:
    async with nodes(plane, *LIFECYCLE) as (machines, _):
        key = "node.kubernetes.io/unschedulable"
        await machines.client.patch(kinds.NODE, "", "node-1", {"spec": {"unschedulable": True}})
        await machines.until(has_taint(machines, "node-1", key, "NoSchedule"), limit=1)
        await machines.client.patch(kinds.NODE, "", "node-1", {"spec": {"unschedulable": None}})
        await machines.until(has_taint(machines, "node-1", key, "NoSchedule", wanted=False), limit=1)


async def test_a_node_that_never_reports_is_unknown_after_a_minute(plane: ControlPlane) -> None:
    async with machinery(plane, *LIFECYCLE) as machines:
        await machines.client.create(kinds.NODE, node("mute"))
        assert 60 <= await machines.until(ready_is(machines, "mute", "Unknown")) <= 71
        ready = condition_of(await machines.get(kinds.NODE, "mute", ""), "Ready") or {}
        assert (ready["reason"], ready["message"]) == (
            "NodeStatusNeverUpdated",
            "Kubelet never posted node status.",
        )
        registered = await machines.events("RegisteredNode")
        assert registered == ["Node mute event: Registered Node mute in Controller"]
        await machines.client.delete(kinds.NODE, "", "mute")
        await asyncio.sleep(6)
        assert await machines.events("RemovingNode") == [
            "Node mute event: Removing Node mute from Controller"
        ]


async def test_ranges_are_distinct_kept_and_released(plane: ControlPlane) -> None:
    taken = node("old")
    taken["spec"] = {"podCIDR": "10.1.0.0/26", "podCIDRs": ["10.1.0.0/26"]}
    await plane.client.create(kinds.NODE, taken)

    async def ranges(machines: Machinery) -> dict[str, str | None]:
        found = await machines.all(kinds.NODE)
        return {item["metadata"]["name"]: item["spec"].get("podCIDR") for item in found}

    async with machinery(plane, NodeIpamController, cluster_cidr="10.1.0.0/24", node_mask=26) as machines:
        for name in ("a", "b", "c", "d"):
            await machines.client.create(kinds.NODE, node(name))
        await asyncio.sleep(1)
        assigned = await ranges(machines)
        without = {name for name, cidr in assigned.items() if cidr is None}
        assert len(without) == 1
        assert {cidr for cidr in assigned.values() if cidr} == {
            "10.1.0.0/26", "10.1.0.64/26", "10.1.0.128/26", "10.1.0.192/26",
        }  # fmt: skip
        (one_without,) = without
        assert await machines.events("CIDRNotAvailable") == [
            f"Node {one_without} status is now: CIDRNotAvailable"
        ]
        await machines.client.delete(kinds.NODE, "", "old")
        await asyncio.sleep(0.5)
        assert (await ranges(machines))[one_without] == "10.1.0.0/26"


async def test_pods_of_a_node_that_was_deleted_are_removed(plane: ControlPlane) -> None:
    async with nodes(plane, PodGarbageCollector) as (machines, heart):
        await bound_pod(machines, "lost", "node-2")
        await bound_pod(machines, "kept", "node-1")
        heart.alive.discard("node-2")
        machines.kubelet.silent.add("node-2")
        await machines.client.delete(kinds.NODE, "", "node-2")

        async def removed() -> bool:
            return not await machines.exists(kinds.POD, "lost")

        assert 40 <= await machines.until(removed) <= 61
        assert await machines.exists(kinds.POD, "kept")
        records = [await plane.store.record(number) for number in range(1, plane.store.revision + 1)]
        last = [item for item in records if item and item.operation == "delete" and "pods" in item.key][-1]
        assert last.value["status"]["phase"] == "Failed"
        condition = condition_of(last.value, "DisruptionTarget") or {}
        assert condition["message"] == "PodGC: node no longer exists"


async def test_terminating_pods_that_nobody_will_end_are_removed(plane: ControlPlane) -> None:
    async with nodes(plane, PodGarbageCollector) as (machines, heart):
        for name in ("stuck", "waiting"):
            await bound_pod(machines, name, "node-2" if name == "stuck" else "node-1")
        machines.kubelet.silent |= {"node-1", "node-2"}
        for name in ("stuck", "waiting"):
            await machines.client.delete(kinds.POD, "default", name)
        for name in ("node-1", "node-2"):
            current = copy(await machines.get(kinds.NODE, name, ""))
            for condition in current["status"]["conditions"]:
                condition["status"] = "Unknown"
            await machines.change_status(kinds.NODE, current)
        taint = {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}
        await machines.client.patch(kinds.NODE, "", "node-2", {"spec": {"taints": [taint]}})
        heart.alive.clear()
        await asyncio.sleep(25)
        assert not await machines.exists(kinds.POD, "stuck")
        assert await machines.exists(kinds.POD, "waiting")


async def test_only_so_many_finished_pods_are_kept(plane: ControlPlane) -> None:
    async with machinery(plane, PodGarbageCollector, threshold=2) as machines:
        for number in range(4):
            made = await machines.client.create(kinds.POD, pod(f"done-{number}", nodeName="node-1"))
            await asyncio.sleep(2)
            finished = {"status": {"phase": "Succeeded"}}
            await machines.client.patch(
                kinds.POD, "default", made["metadata"]["name"], finished, subresource="status"
            )
        await asyncio.sleep(25)
        left = {item["metadata"]["name"] for item in await machines.all(kinds.POD)}
        assert left == {"done-2", "done-3"}
