"""What happens to dependents when owners go."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.controllers.machinery import Machinery, deployment, machinery
from tuik8s.api import kinds
from tuik8s.api.objects import is_deleting, uid_of
from tuik8s.controllers.deployment import DeploymentController
from tuik8s.controllers.garbage_collector import GarbageCollector
from tuik8s.controllers.replicaset import ReplicaSetController

if TYPE_CHECKING:
    from tests.controllers.machinery import Check
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime
ALL = (DeploymentController, ReplicaSetController, GarbageCollector)


def config_map(name: str, *owners: Obj, **metadata: Any) -> Obj:
    return {
        "metadata": {"name": name, "namespace": "default", "ownerReferences": list(owners), **metadata},
    }


def reference(owner: Obj, **fields: Any) -> Obj:
    meta = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": meta["name"],
        "uid": meta["uid"],
        **fields,
    }


async def running(machines: Machinery) -> None:
    await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=2))

    async def ready() -> bool:
        return bool((await machines.get(kinds.DEPLOYMENT, "web")).get("status", {}).get("readyReplicas") == 2)

    await machines.until(ready)


def gone(machines: Machinery, *wanted: Any) -> Check:
    async def check() -> bool:
        return not any([await machines.all(kind) for kind in wanted])

    return check


async def names(machines: Machinery) -> set[str]:
    found = await machines.all(kinds.CONFIG_MAP, "default")
    return {item["metadata"]["name"] for item in found} - {"kube-root-ca.crt"}


async def test_background_deletion_takes_the_deployment_first(plane: ControlPlane) -> None:
    async with machinery(plane, *ALL) as machines:
        await running(machines)
        await machines.client.delete(kinds.DEPLOYMENT, "default", "web", propagation="Background")
        assert not await machines.exists(kinds.DEPLOYMENT, "web")
        await machines.until(gone(machines, kinds.REPLICA_SET, kinds.POD))


async def test_foreground_deletion_takes_the_deployment_last(plane: ControlPlane) -> None:
    async with machinery(plane, *ALL) as machines:
        await running(machines)
        machines.kubelet.stop_delay = 5.0
        await machines.client.delete(kinds.DEPLOYMENT, "default", "web", propagation="Foreground")
        assert is_deleting(await machines.get(kinds.DEPLOYMENT, "web"))
        await machines.until(gone(machines, kinds.DEPLOYMENT))
        assert await gone(machines, kinds.REPLICA_SET, kinds.POD)()
        deleted = []
        for revision in range(1, plane.store.revision + 1):
            record = await plane.store.record(revision)
            if record is not None and record.operation == "delete":
                deleted.append(record.value["kind"])
        assert deleted == ["Pod", "Pod", "ReplicaSet", "Deployment"]


async def test_orphan_deletion_leaves_the_dependents(plane: ControlPlane) -> None:
    async with machinery(plane, *ALL) as machines:
        await running(machines)
        before = {uid_of(pod) for pod in await machines.all(kinds.POD)}
        await machines.client.delete(kinds.DEPLOYMENT, "default", "web", propagation="Orphan")
        await machines.until(gone(machines, kinds.DEPLOYMENT))
        await asyncio.sleep(30)
        (replica_set,) = await machines.all(kinds.REPLICA_SET)
        assert "ownerReferences" not in replica_set["metadata"]
        assert {uid_of(pod) for pod in await machines.all(kinds.POD)} == before


async def test_an_owner_that_never_was_is_as_good_as_gone(plane: ControlPlane) -> None:
    async with machinery(plane, GarbageCollector) as machines:
        owner = await machines.client.create(kinds.CONFIG_MAP, config_map("owner"))
        await machines.client.create(kinds.CONFIG_MAP, config_map("kept", reference(owner)))
        await machines.client.create(kinds.CONFIG_MAP, config_map("lost", reference(owner, uid="no-such")))
        await asyncio.sleep(1)
        assert await names(machines) == {"owner", "kept"}


async def test_an_object_with_another_owner_only_loses_the_reference(plane: ControlPlane) -> None:
    async with machinery(plane, GarbageCollector) as machines:
        first = await machines.client.create(kinds.CONFIG_MAP, config_map("first"))
        second = await machines.client.create(kinds.CONFIG_MAP, config_map("second"))
        both = config_map("both", reference(first), reference(second))
        await machines.client.create(kinds.CONFIG_MAP, both)
        await machines.client.delete(kinds.CONFIG_MAP, "default", "first")
        await asyncio.sleep(1)
        kept = await machines.get(kinds.CONFIG_MAP, "both")
        assert [item["name"] for item in kept["metadata"]["ownerReferences"]] == ["second"]
        await machines.client.delete(kinds.CONFIG_MAP, "default", "second")
        await asyncio.sleep(1)
        assert await names(machines) == set()


async def test_unknown_kinds_of_owners_are_left_alone_with_one_event(plane: ControlPlane) -> None:
    async with machinery(plane, GarbageCollector) as machines:
        foreign = {"apiVersion": "example.com/v1", "kind": "Thing", "name": "thing", "uid": "u-1"}
        made = await machines.client.create(kinds.CONFIG_MAP, config_map("strange", foreign))
        await asyncio.sleep(1)
        await machines.change(kinds.CONFIG_MAP, made, lambda obj: obj.update(data={"a": "b"}))
        await asyncio.sleep(1)
        assert await names(machines) == {"strange"}
        (event,) = [item for item in await machines.all(kinds.EVENT) if item["type"] == "Warning"]
        assert event["count"] == 1
        assert "example.com/v1/Thing" in event["message"]


async def test_owners_in_a_circle_can_be_deleted_in_the_foreground(plane: ControlPlane) -> None:
    async with machinery(plane, GarbageCollector) as machines:
        one = await machines.client.create(kinds.CONFIG_MAP, config_map("one"))
        blocking = reference(one, blockOwnerDeletion=True)
        two = await machines.client.create(kinds.CONFIG_MAP, config_map("two", blocking))

        def own(obj: Obj) -> None:
            obj["metadata"]["ownerReferences"] = [reference(two, blockOwnerDeletion=True)]

        await machines.change(kinds.CONFIG_MAP, one, own)
        await machines.client.delete(kinds.CONFIG_MAP, "default", "one", propagation="Foreground")
        await asyncio.sleep(5)
        assert await names(machines) == set()


async def test_a_finalizer_of_the_owner_keeps_its_dependents(plane: ControlPlane) -> None:
    async with machinery(plane, GarbageCollector) as machines:
        owner = await machines.client.create(
            kinds.CONFIG_MAP, config_map("owner", finalizers=["example.com/wait"])
        )
        await machines.client.create(kinds.CONFIG_MAP, config_map("child", reference(owner)))
        await machines.client.delete(kinds.CONFIG_MAP, "default", "owner")
        await asyncio.sleep(1)
        assert await names(machines) == {"owner", "child"}
        await machines.client.patch(kinds.CONFIG_MAP, "default", "owner", {"metadata": {"finalizers": None}})
        await asyncio.sleep(1)
        assert await names(machines) == set()


async def test_a_thousand_dependents(plane: ControlPlane) -> None:
    async with machinery(plane, GarbageCollector) as machines:
        owner = await machines.client.create(kinds.CONFIG_MAP, config_map("owner"))
        await asyncio.gather(
            *(
                machines.client.create(kinds.CONFIG_MAP, config_map(f"child-{number}", reference(owner)))
                for number in range(1000)
            )
        )
        await machines.client.delete(kinds.CONFIG_MAP, "default", "owner")
        await asyncio.sleep(5)
        assert await names(machines) == set()
