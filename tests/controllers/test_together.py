"""All controllers at once, and what they make of interruptions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.controllers.machinery import Machinery, deployment, machinery
from tuik8s.api import kinds
from tuik8s.api.objects import controller_of, is_deleting, key_of
from tuik8s.api.workloads import is_complete
from tuik8s.controllers import (
    CONTROLLERS,
    CertificateSigningController,
    RootCACertPublisher,
    ServiceAccountTokenController,
)
from tuik8s.controllers.deployment import DeploymentController
from tuik8s.controllers.replicaset import ReplicaSetController

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


async def register_nodes(plane: ControlPlane) -> None:
    for number in (1, 2, 3):
        await plane.client.create(kinds.NODE, {"metadata": {"name": f"node-{number}"}})


async def complete(machines: Machinery, image: str, limit: float = 120) -> None:
    async def check() -> bool:
        current = await machines.get(kinds.DEPLOYMENT, "web")
        wanted = current["spec"]["template"]["spec"]["containers"][0]["image"] == image
        return wanted and is_complete(current, current.get("status") or {})

    await machines.until(check, limit=limit)


async def pods_by_image(machines: Machinery) -> dict[str, int]:
    counts: dict[str, int] = {}
    for pod in await machines.all(kinds.POD):
        if not is_deleting(pod):
            image = pod["spec"]["containers"][0]["image"]
            counts[image] = counts.get(image, 0) + 1
    return counts


def set_image(image: str, obj: Obj) -> None:
    obj["spec"]["template"]["spec"]["containers"][0]["image"] = image


WITH_KEYS = (CertificateSigningController, RootCACertPublisher, ServiceAccountTokenController)
"""These need the cluster's authority, and nothing of a rollout concerns them."""
WITHOUT_KEYS = tuple(kind for kind in CONTROLLERS if kind not in WITH_KEYS)


def test_names_are_kubernetes_and_unique() -> None:
    names = [controller.name for controller in CONTROLLERS]
    assert len(set(names)) == len(names)
    assert "deployment-controller" in names
    assert all(name.endswith("-controller") for name in names)


async def test_a_rollout_and_its_end_with_everything_running(plane: ControlPlane) -> None:
    await register_nodes(plane)
    async with machinery(plane, *WITHOUT_KEYS) as machines:
        await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=5))
        await complete(machines, "web:1")
        made = await machines.get(kinds.DEPLOYMENT, "web")
        await machines.change(kinds.DEPLOYMENT, made, lambda obj: set_image("web:2", obj))
        await complete(machines, "web:2")
        await asyncio.sleep(5)
        assert await pods_by_image(machines) == {"web:2": 5}
        await machines.client.delete(kinds.DEPLOYMENT, "default", "web", propagation="Foreground")
        await asyncio.sleep(20)
        assert await machines.all(kinds.DEPLOYMENT) == []
        assert await machines.all(kinds.REPLICA_SET) == []
        assert await machines.all(kinds.POD) == []
        for controller in machines.controllers.values():
            assert controller.statistics().last_error == "", controller.name


async def test_nothing_is_written_once_all_is_well(plane: ControlPlane) -> None:
    await register_nodes(plane)
    async with machinery(plane, *WITHOUT_KEYS) as machines:
        await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=3))
        await complete(machines, "web:1")
        await asyncio.sleep(75)  # the nodes of this test never report, and are Unknown by then
        before = plane.store.revision
        await asyncio.sleep(3600)
        assert plane.store.revision == before


@pytest.mark.parametrize("after", [0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
async def test_new_controllers_take_over_in_the_middle_of_a_rollout(
    plane: ControlPlane, after: float
) -> None:
    both = (DeploymentController, ReplicaSetController)
    async with machinery(plane, *both) as machines:
        made = await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=6))
        await complete(machines, "web:1")
        await machines.change(kinds.DEPLOYMENT, made, lambda obj: set_image("web:2", obj))
        await asyncio.sleep(after)
    # Everything they knew is gone; only the store remains.
    async with machinery(plane, *both) as machines:
        await complete(machines, "web:2")
        await asyncio.sleep(5)
        assert await pods_by_image(machines) == {"web:2": 6}
        assert len(await machines.all(kinds.REPLICA_SET)) == 2


async def test_a_controller_that_missed_the_history_lists_again(plane: ControlPlane) -> None:
    async with machinery(plane, DeploymentController, ReplicaSetController) as machines:
        made = await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=3))
        await complete(machines, "web:1")
        informing = machines.task_of(machines.informers)
        informing.cancel()
        await asyncio.gather(informing, return_exceptions=True)
        victim = (await machines.all(kinds.POD))[0]
        await machines.client.delete(kinds.POD, "default", victim["metadata"]["name"], grace_period_seconds=0)
        await machines.change(kinds.DEPLOYMENT, made, lambda obj: set_image("web:2", obj))
        await plane.store.compact(plane.store.revision)
        machines.restart(machines.informers)
        await complete(machines, "web:2")
        await asyncio.sleep(5)
        assert await pods_by_image(machines) == {"web:2": 3}
        assert all(informer.statistics().lists >= 1 for informer in machines.informers)


async def test_two_deployments_with_one_selector_do_not_steal_from_each_other(plane: ControlPlane) -> None:
    async with machinery(plane, DeploymentController, ReplicaSetController) as machines:
        one, two = deployment("one"), deployment("two", image="web:2")
        for obj in (one, two):
            obj["spec"]["selector"] = {"matchLabels": {"app": "shared"}}
            obj["spec"]["template"]["metadata"]["labels"] = {"app": "shared"}
            await machines.client.create(kinds.DEPLOYMENT, obj)
        await asyncio.sleep(30)
        owners = {
            key_of(item).name: (controller_of(item) or {})["name"]
            for item in await machines.all(kinds.REPLICA_SET)
        }
        assert sorted(owners.values()) == ["one", "two"]
        assert len(await machines.all(kinds.POD)) == 4
