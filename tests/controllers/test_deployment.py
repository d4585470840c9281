"""Deployments roll from template to template within their limits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.controllers.machinery import Machinery, deployment, machinery
from tuik8s.api import kinds
from tuik8s.api.objects import (
    annotations_of,
    condition_of,
    controller_of,
    is_deleting,
    is_pod_finished,
    labels_of,
    uid_of,
)
from tuik8s.api.request import PatchType
from tuik8s.api.workloads import (
    find_revision,
    is_complete,
    max_surge,
    max_unavailable,
    restart_patch,
    revisions,
    rollback_patch,
)
from tuik8s.controllers.deployment import DeploymentController
from tuik8s.controllers.replicaset import ReplicaSetController

if TYPE_CHECKING:
    from tests.controllers.machinery import Edit
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime
BOTH = (DeploymentController, ReplicaSetController)


def set_image(image: str) -> Edit:
    def edit(obj: Obj) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = image

    return edit


def set_spec(**fields: Any) -> Edit:
    def edit(obj: Obj) -> None:
        obj["spec"].update(fields)

    return edit


async def complete(machines: Machinery, name: str = "web", limit: float = 300.0) -> float:
    async def check() -> bool:
        current = await machines.get(kinds.DEPLOYMENT, name)
        return is_complete(current, current.get("status") or {})

    return await machines.until(check, limit=limit)


async def replica_sets(machines: Machinery) -> dict[str, Obj]:
    """By the image of their template."""
    found = await machines.all(kinds.REPLICA_SET)
    return {item["spec"]["template"]["spec"]["containers"][0]["image"]: item for item in found}


async def assert_within_limits(plane: ControlPlane, wanted: Obj, since: int) -> None:
    """At every revision: never more pods asked for than replicas + maxSurge, never fewer available than the
    least, once all were available at `since`."""
    most = wanted["spec"]["replicas"] + max_surge(wanted)
    least = wanted["spec"]["replicas"] - max_unavailable(wanted)
    prefix = kinds.REPLICA_SET.prefix
    sizes: dict[str, int] = {}
    pods: dict[str, Obj] = {}
    for revision in range(1, plane.store.revision + 1):
        record = await plane.store.record(revision)
        if record is None:
            continue
        if record.key.startswith(prefix):
            sizes[record.key] = 0 if record.operation == "delete" else record.value["spec"]["replicas"]
            assert revision < since or sum(sizes.values()) <= most, f"surge exceeded at {revision}"
        elif record.key.startswith(kinds.POD.prefix):
            pods[record.key] = record.value
            if record.operation == "delete":
                del pods[record.key]
            alive = [pod for pod in pods.values() if not is_deleting(pod) and not is_pod_finished(pod)]
            ready = [pod for pod in alive if (condition_of(pod, "Ready") or {}).get("status") == "True"]
            assert revision < since or len(alive) <= most, f"too many pods at {revision}"
            assert revision < since or len(ready) >= least, f"too few pods at {revision}"


async def test_first_rollout(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        wanted = deployment(replicas=2)
        wanted["metadata"]["annotations"] = {"kubernetes.io/change-cause": "first try"}
        await machines.client.create(kinds.DEPLOYMENT, wanted)
        await complete(machines)
        current = await machines.get(kinds.DEPLOYMENT, "web")
        (replica_set,) = await machines.all(kinds.REPLICA_SET)
        name = replica_set["metadata"]["name"]
        hashed = labels_of(replica_set)["pod-template-hash"]
        assert name == f"web-{hashed}"
        assert replica_set["spec"]["selector"]["matchLabels"] == {"app": "web", "pod-template-hash": hashed}
        assert labels_of(replica_set["spec"]["template"]) == {"app": "web", "pod-template-hash": hashed}
        assert (controller_of(replica_set) or {})["uid"] == uid_of(current)
        assert annotations_of(replica_set) == {
            "deployment.kubernetes.io/revision": "1",
            "deployment.kubernetes.io/desired-replicas": "2",
            "deployment.kubernetes.io/max-replicas": "3",
            "kubernetes.io/change-cause": "first try",
        }
        assert annotations_of(current)["deployment.kubernetes.io/revision"] == "1"
        status = dict(current["status"])
        conditions = {condition["type"]: condition for condition in status.pop("conditions")}
        assert status == {
            "observedGeneration": 1,
            "replicas": 2,
            "updatedReplicas": 2,
            "readyReplicas": 2,
            "availableReplicas": 2,
            "terminatingReplicas": 0,
        }
        available, progressing = conditions["Available"], conditions["Progressing"]
        assert (available["status"], available["reason"]) == ("True", "MinimumReplicasAvailable")
        assert available["message"] == "Deployment has minimum availability."
        assert (progressing["status"], progressing["reason"]) == ("True", "NewReplicaSetAvailable")
        assert progressing["message"] == f'ReplicaSet "{name}" has successfully progressed.'
        assert await machines.events("ScalingReplicaSet") == [f"Scaled up replica set {name} from 0 to 2"]


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable"),
    [(10, "25%", "25%"), (4, 1, 0), (4, 0, 1), (3, "100%", 0), (5, "1%", "0%"), (7, 3, "50%")],
)
async def test_a_rolling_update_keeps_its_limits(
    plane: ControlPlane, replicas: int, surge: int | str, unavailable: int | str
) -> None:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    async with machinery(plane, *BOTH) as machines:
        wanted = await machines.client.create(
            kinds.DEPLOYMENT, deployment(replicas=replicas, strategy=strategy)
        )
        await complete(machines)
        since = plane.store.revision
        await machines.change(kinds.DEPLOYMENT, wanted, set_image("web:2"))
        await asyncio.sleep(0.5)
        await complete(machines)
        sets = await replica_sets(machines)
        assert sets["web:1"]["spec"]["replicas"] == 0
        assert sets["web:2"]["spec"]["replicas"] == replicas
        await assert_within_limits(plane, wanted, since)


async def test_a_template_changed_in_the_middle_of_a_rollout_rolls_over(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        wanted = await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=8))
        await complete(machines)
        since = plane.store.revision
        for image in ("web:2", "broken:3", "web:4", "web:1", "web:5"):
            await machines.change(kinds.DEPLOYMENT, wanted, set_image(image))
            await asyncio.sleep(1.7)
        await complete(machines)
        await asyncio.sleep(5)
        sizes = {image: item["spec"]["replicas"] for image, item in (await replica_sets(machines)).items()}
        assert sizes == {"web:1": 0, "web:2": 0, "broken:3": 0, "web:4": 0, "web:5": 8}
        await assert_within_limits(plane, wanted, since)


async def test_recreate_starts_nothing_before_the_last_old_pod_is_gone(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        machines.kubelet.stop_delay = 12.0
        wanted = await machines.client.create(
            kinds.DEPLOYMENT, deployment(replicas=3, strategy={"type": "Recreate"})
        )
        await complete(machines)
        await machines.change(kinds.DEPLOYMENT, wanted, set_image("web:2"))
        await asyncio.sleep(0.5)
        assert 12 <= await complete(machines) <= 20
        old: set[str] = set()
        for revision in range(1, plane.store.revision + 1):
            record = await plane.store.record(revision)
            if record is None or not record.key.startswith(kinds.POD.prefix):
                continue
            image = record.value["spec"]["containers"][0]["image"]
            if record.operation == "delete":
                old.discard(record.key)
            elif image == "web:1":
                old.add(record.key)
            else:
                assert not old, f"an old pod was still there at {revision}"


async def test_paused_changes_wait_but_sizes_do_not(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        wanted = await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=2))
        await complete(machines)
        await machines.change(kinds.DEPLOYMENT, wanted, set_spec(paused=True))
        await machines.change(kinds.DEPLOYMENT, wanted, set_image("web:2"))
        await machines.change(kinds.DEPLOYMENT, wanted, set_spec(replicas=4))
        await asyncio.sleep(700)
        (replica_set,) = await machines.all(kinds.REPLICA_SET)
        assert replica_set["spec"]["replicas"] == 4
        condition = condition_of(await machines.get(kinds.DEPLOYMENT, "web"), "Progressing") or {}
        assert (condition["status"], condition["reason"]) == ("Unknown", "DeploymentPaused")
        assert condition["message"] == "Deployment is paused"
        await machines.change(kinds.DEPLOYMENT, wanted, set_spec(paused=False))
        await asyncio.sleep(0.5)
        await complete(machines)
        assert (await replica_sets(machines))["web:2"]["spec"]["replicas"] == 4
        records = [await plane.store.record(revision) for revision in range(1, plane.store.revision + 1)]
        seen = [
            (condition_of(record.value, "Progressing") or {}).get("reason")
            for record in records
            if record is not None and record.key.startswith(kinds.DEPLOYMENT.prefix)
        ]
        assert "DeploymentResumed" in seen
        assert "ProgressDeadlineExceeded" not in seen


async def test_rollback_and_history(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        wanted = await machines.client.create(kinds.DEPLOYMENT, deployment(revisionHistoryLimit=2))
        await complete(machines)
        for image in ("web:2", "web:3", "web:4"):
            await machines.change(kinds.DEPLOYMENT, wanted, set_image(image))
            await asyncio.sleep(0.5)
            await complete(machines)
        await asyncio.sleep(5)
        sets = await machines.all(kinds.REPLICA_SET)
        current = await machines.get(kinds.DEPLOYMENT, "web")
        assert [(item.number, item.images, item.current) for item in revisions(current, sets)] == [
            (4, ("web:4",), True),
            (3, ("web:3",), False),
            (2, ("web:2",), False),
        ]
        patch = rollback_patch(current, find_revision(current, sets, 2))
        await machines.client.patch(kinds.DEPLOYMENT, "default", "web", patch, patch_type=PatchType.JSON)
        await asyncio.sleep(0.5)
        await complete(machines)
        current = await machines.get(kinds.DEPLOYMENT, "web")
        assert annotations_of(current)["deployment.kubernetes.io/revision"] == "5"
        back = (await replica_sets(machines))["web:2"]
        assert annotations_of(back)["deployment.kubernetes.io/revision"] == "5"
        assert annotations_of(back)["deployment.kubernetes.io/revision-history"] == "2"
        assert back["spec"]["replicas"] == 2


async def test_restart_replaces_all_pods(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=2))
        await complete(machines)
        before = {uid_of(pod) for pod in await machines.all(kinds.POD)}
        patch = restart_patch(plane.clock.now())
        await machines.client.patch(kinds.DEPLOYMENT, "default", "web", patch, patch_type=PatchType.STRATEGIC)
        await asyncio.sleep(0.5)
        await complete(machines)
        await asyncio.sleep(5)
        assert not before & {uid_of(pod) for pod in await machines.all(kinds.POD)}


async def test_scaling_in_the_middle_of_a_rollout_is_shared_out(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        rolling = {"maxSurge": 3, "maxUnavailable": 2}
        wanted = await machines.client.create(
            kinds.DEPLOYMENT,
            deployment(replicas=10, strategy={"type": "RollingUpdate", "rollingUpdate": rolling}),
        )
        await complete(machines)
        await machines.change(kinds.DEPLOYMENT, wanted, set_image("broken:2"))
        await asyncio.sleep(10)
        sets = await replica_sets(machines)
        assert {image: item["spec"]["replicas"] for image, item in sets.items()} == {
            "web:1": 8,
            "broken:2": 5,
        }
        # The example of the Kubernetes documentation: from 10 to 15 with 8 old and 5 new pods.
        await machines.change(kinds.DEPLOYMENT, wanted, set_spec(replicas=15))
        await asyncio.sleep(10)
        sets = await replica_sets(machines)
        assert {image: item["spec"]["replicas"] for image, item in sets.items()} == {
            "web:1": 11,
            "broken:2": 7,
        }


async def test_the_deadline_passes_when_nothing_moves(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        await machines.client.create(
            kinds.DEPLOYMENT, deployment(image="broken:1", progressDeadlineSeconds=60)
        )

        async def timed_out() -> bool:
            condition = condition_of(await machines.get(kinds.DEPLOYMENT, "web"), "Progressing")
            return condition is not None and condition["reason"] == "ProgressDeadlineExceeded"

        assert 59 <= await machines.until(timed_out) <= 64
        current = await machines.get(kinds.DEPLOYMENT, "web")
        (replica_set,) = await machines.all(kinds.REPLICA_SET)
        condition = condition_of(current, "Progressing") or {}
        assert condition["status"] == "False"
        name = replica_set["metadata"]["name"]
        assert condition["message"] == f'ReplicaSet "{name}" has timed out progressing.'
        available = condition_of(current, "Available") or {}
        assert (available["status"], available["reason"]) == ("False", "MinimumReplicasUnavailable")
        assert available["message"] == "Deployment does not have minimum availability."
        # A good template afterwards still converges.
        await machines.change(kinds.DEPLOYMENT, current, set_image("web:2"))
        await asyncio.sleep(0.5)
        await complete(machines)


async def test_unhealthy_old_pods_do_not_block_a_rollout(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        wanted = await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=3, image="broken:1"))
        await asyncio.sleep(5)
        await machines.change(kinds.DEPLOYMENT, wanted, set_image("web:2"))
        await asyncio.sleep(0.5)
        assert await complete(machines) < 30


async def test_min_ready_seconds_slow_a_rollout_down(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        wanted = await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=2, minReadySeconds=20))
        assert 20 <= await complete(machines) <= 24
        await machines.change(kinds.DEPLOYMENT, wanted, set_image("web:2"))
        await asyncio.sleep(0.5)
        assert 40 <= await complete(machines) <= 48


async def test_orphaned_replica_sets_are_adopted_again(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=2))
        await complete(machines)
        (before,) = await machines.all(kinds.REPLICA_SET)
        pods = {uid_of(pod) for pod in await machines.all(kinds.POD)}
        name = before["metadata"]["name"]
        await machines.client.patch(
            kinds.REPLICA_SET, "default", name, {"metadata": {"ownerReferences": None}}
        )

        async def adopted() -> bool:
            return controller_of(await machines.get(kinds.REPLICA_SET, name)) is not None

        await machines.until(adopted)
        assert len(await machines.all(kinds.REPLICA_SET)) == 1
        assert {uid_of(pod) for pod in await machines.all(kinds.POD)} == pods


async def test_a_taken_name_counts_a_collision(plane: ControlPlane) -> None:
    async with machinery(plane, *BOTH) as machines:
        wanted = deployment(replicas=1)
        await machines.client.create(kinds.DEPLOYMENT, wanted)
        await complete(machines)
        (first,) = await machines.all(kinds.REPLICA_SET)
        await machines.client.delete(kinds.DEPLOYMENT, "default", "web", propagation="Background")
        # Without a garbage collector the ReplicaSet stays, owned by a Deployment that is no more.
        await machines.client.create(kinds.DEPLOYMENT, wanted)
        await asyncio.sleep(0.5)
        await complete(machines)
        current = await machines.get(kinds.DEPLOYMENT, "web")
        assert current["status"]["collisionCount"] == 1
        names = {item["metadata"]["name"] for item in await machines.all(kinds.REPLICA_SET)}
        assert first["metadata"]["name"] in names
        assert len(names) == 2
