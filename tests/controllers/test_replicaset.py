"""ReplicaSets keep the asked number of pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.controllers.machinery import Machinery, machinery, pod, replica_set
from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden
from tuik8s.api.objects import controller_of, uid_of
from tuik8s.controllers.replicaset import ReplicaSetController, ReplicationManager

if TYPE_CHECKING:
    from tests.controllers.machinery import Check
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


def ready(machines: Machinery, count: int, name: str = "web") -> Check:
    async def check() -> bool:
        status = (await machines.get(kinds.REPLICA_SET, name)).get("status", {})
        return bool(status.get("readyReplicas", 0) == status.get("replicas") == count)

    return check


async def test_pods_are_created_from_the_template(plane: ControlPlane) -> None:
    async with machinery(plane, ReplicaSetController) as machines:
        created = await machines.client.create(kinds.REPLICA_SET, replica_set(replicas=3))
        await machines.until(ready(machines, 3))
        pods = await machines.all(kinds.POD)
        assert len(pods) == 3
        for item in pods:
            assert item["metadata"]["name"].startswith("web-")
            assert item["metadata"]["labels"] == {"app": "web"}
            assert controller_of(item) == {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "name": "web",
                "uid": uid_of(created),
                "controller": True,
                "blockOwnerDeletion": True,
            }
        status = (await machines.get(kinds.REPLICA_SET, "web"))["status"]
        assert status == {
            "replicas": 3,
            "fullyLabeledReplicas": 3,
            "readyReplicas": 3,
            "availableReplicas": 3,
            "terminatingReplicas": 0,
            "observedGeneration": 1,
        }
        created_events = await machines.events("SuccessfulCreate")
        assert sorted(created_events) == sorted(f"Created pod: {item['metadata']['name']}" for item in pods)


async def test_pods_without_all_labels_of_the_template_count_but_not_as_fully_labeled(
    plane: ControlPlane,
) -> None:
    await plane.client.create(kinds.POD, pod("orphan", labels={"app": "web"}))
    wanted = replica_set(replicas=2)
    wanted["spec"]["template"]["metadata"] = {"labels": {"app": "web", "tier": "front"}}
    async with machinery(plane, ReplicaSetController) as machines:
        await machines.client.create(kinds.REPLICA_SET, wanted)
        await machines.until(ready(machines, 2))
        status = (await machines.get(kinds.REPLICA_SET, "web"))["status"]
        assert (status["replicas"], status["fullyLabeledReplicas"]) == (2, 1)


async def test_never_more_pods_than_asked_for(plane: ControlPlane) -> None:
    async with machinery(plane, ReplicaSetController) as machines:
        await machines.client.create(kinds.REPLICA_SET, replica_set(replicas=40))
        await machines.until(ready(machines, 40))
        history = [
            event for event in await machines.all(kinds.EVENT) if event["reason"] == "SuccessfulCreate"
        ]
        assert len(await machines.all(kinds.POD)) == 40
        assert sum(event["count"] for event in history) <= 40


async def test_a_lost_pod_is_replaced_and_a_failed_one_too(plane: ControlPlane) -> None:
    async with machinery(plane, ReplicaSetController) as machines:
        await machines.client.create(kinds.REPLICA_SET, replica_set(replicas=2))
        await machines.until(ready(machines, 2))
        first, second = await machines.all(kinds.POD)
        await machines.client.delete(kinds.POD, "default", first["metadata"]["name"])
        failed = {"status": {"phase": "Failed"}}
        await machines.client.patch(
            kinds.POD, "default", second["metadata"]["name"], failed, subresource="status"
        )

        async def replaced() -> bool:
            return await ready(machines, 2)() and not await machines.exists(
                kinds.POD, first["metadata"]["name"]
            )

        await machines.until(replaced)
        names = {item["metadata"]["name"] for item in await machines.all(kinds.POD)}
        assert first["metadata"]["name"] not in names
        assert second["metadata"]["name"] in names, "failed pods are kept for their logs"


async def test_scaling_down_deletes_with_event(plane: ControlPlane) -> None:
    async with machinery(plane, ReplicaSetController) as machines:
        made = await machines.client.create(kinds.REPLICA_SET, replica_set(replicas=3))
        await machines.until(ready(machines, 3))
        cheap = (await machines.all(kinds.POD))[1]
        costs = {"metadata": {"annotations": {"controller.kubernetes.io/pod-deletion-cost": "-5"}}}
        await machines.client.patch(kinds.POD, "default", cheap["metadata"]["name"], costs)

        def smaller(obj: Obj) -> None:
            obj["spec"]["replicas"] = 2

        await machines.change(kinds.REPLICA_SET, made, smaller)
        await machines.until(ready(machines, 2))
        assert await machines.events("SuccessfulDelete") == [f"Deleted pod: {cheap['metadata']['name']}"]


async def test_matching_orphans_are_adopted_and_relabelled_pods_released(plane: ControlPlane) -> None:
    orphan = await plane.client.create(kinds.POD, pod("orphan", labels={"app": "web"}))
    async with machinery(plane, ReplicaSetController) as machines:
        made = await machines.client.create(kinds.REPLICA_SET, replica_set(replicas=2))
        await machines.until(ready(machines, 2))
        adopted = await machines.get(kinds.POD, "orphan")
        assert uid_of(adopted) == uid_of(orphan)
        assert (controller_of(adopted) or {})["uid"] == uid_of(made)
        assert len(await machines.all(kinds.POD)) == 2

        await machines.client.patch(
            kinds.POD, "default", "orphan", {"metadata": {"labels": {"app": "other"}}}
        )

        async def released() -> bool:
            return controller_of(await machines.get(kinds.POD, "orphan")) is None

        await machines.until(released)
        await machines.until(ready(machines, 2))
        assert len(await machines.all(kinds.POD)) == 3


async def test_pods_of_another_controller_are_left_alone(plane: ControlPlane) -> None:
    taken = pod("taken", labels={"app": "web"})
    taken["metadata"]["ownerReferences"] = [
        {"apiVersion": "batch/v1", "kind": "Job", "name": "job", "uid": "u-1", "controller": True}
    ]
    await plane.client.create(kinds.POD, taken)
    async with machinery(plane, ReplicaSetController) as machines:
        await machines.client.create(kinds.REPLICA_SET, replica_set(replicas=1))
        await machines.until(ready(machines, 1))
        assert (controller_of(await machines.get(kinds.POD, "taken")) or {})["uid"] == "u-1"
        assert len(await machines.all(kinds.POD)) == 2


async def test_min_ready_seconds_delay_availability(plane: ControlPlane) -> None:
    async with machinery(plane, ReplicaSetController) as machines:
        await machines.client.create(kinds.REPLICA_SET, replica_set(replicas=1, minReadySeconds=30))
        await machines.until(ready(machines, 1))
        assert "availableReplicas" not in (await machines.get(kinds.REPLICA_SET, "web"))["status"]

        async def available() -> bool:
            return bool((await machines.get(kinds.REPLICA_SET, "web"))["status"].get("availableReplicas"))

        assert 28 <= await machines.until(available) <= 31


async def test_the_condition_says_why_pods_cannot_be_created(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machinery(plane, ReplicaSetController) as machines:
        create = machines.client.create
        attempts = 0

        async def refuse(kind: Kind, obj: Obj, **options: Any) -> Obj:
            nonlocal attempts
            if kind is not kinds.POD:
                return await create(kind, obj, **options)
            attempts += 1
            raise Forbidden.on("pods", "", "exceeded quota")

        monkeypatch.setattr(machines.client, "create", refuse)
        await create(kinds.REPLICA_SET, replica_set(replicas=100))

        async def failing() -> bool:
            return bool((await machines.get(kinds.REPLICA_SET, "web")).get("status", {}).get("conditions"))

        await machines.until(failing)
        condition = (await machines.get(kinds.REPLICA_SET, "web"))["status"]["conditions"][0]
        assert condition["type"] == "ReplicaFailure"
        assert condition["reason"] == "FailedCreate"
        assert condition["message"] == "pods is forbidden: exceeded quota"
        assert attempts < 20, "the first batch is one pod, not a hundred"
        assert "Error creating: pods is forbidden: exceeded quota" in await machines.events("FailedCreate")

        monkeypatch.undo()
        await machines.until(ready(machines, 100))
        assert "conditions" not in (await machines.get(kinds.REPLICA_SET, "web"))["status"]


async def test_one_that_cannot_be_served_does_not_hold_up_the_others(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with machinery(plane, ReplicaSetController) as machines:
        controller = machines.controllers[ReplicaSetController]
        scale = controller._scale

        async def explode(obj: Obj, pods: list[Obj]) -> None:
            if obj["metadata"]["name"] == "bad":
                raise RuntimeError("boom")
            await scale(obj, pods)

        monkeypatch.setattr(controller, "_scale", explode)
        await machines.client.create(kinds.REPLICA_SET, replica_set("bad"))
        await machines.client.create(kinds.REPLICA_SET, replica_set("good"))
        await machines.until(ready(machines, 2, "good"))
        statistics = controller.statistics()
        assert statistics.failed >= 1
        assert statistics.last_error == "default/bad: boom"


def _replication_controller(replicas: int) -> Obj:
    made = replica_set(replicas=replicas)
    template = made["spec"]["template"]
    return {
        "apiVersion": "v1",
        "kind": "ReplicationController",
        "metadata": made["metadata"],
        "spec": {"replicas": replicas, "selector": {"app": "web"}, "template": template},
    }


async def test_replication_controllers_keep_their_pods_too(plane: ControlPlane) -> None:
    kind = kinds.REPLICATION_CONTROLLER
    async with machinery(plane, ReplicationManager) as machines:
        orphan = await machines.client.create(kinds.POD, pod("web-orphan", labels={"app": "web"}))
        await machines.client.create(kind, _replication_controller(3))

        async def ready() -> bool:
            status = (await machines.get(kind, "web")).get("status", {})
            return bool(status.get("readyReplicas", 0) == status.get("replicas") == 3)

        await machines.until(ready)
        pods = await machines.all(kinds.POD)
        assert uid_of(orphan) in {uid_of(item) for item in pods}
        owners = {(controller_of(item) or {}).get("kind") for item in pods}
        assert (len(pods), owners) == (3, {"ReplicationController"})
        assert "terminatingReplicas" not in (await machines.get(kind, "web"))["status"]
        await machines.client.patch(kind, "default", "web", {"spec": {"replicas": 1}})

        async def one() -> bool:
            return bool((await machines.get(kind, "web"))["status"].get("replicas") == 1)

        await machines.until(one)
