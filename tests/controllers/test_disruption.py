"""Disruption budgets: what they allow, and that evictions keep to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.controllers.machinery import NEVER_READY, Machinery, deployment, machinery, pod, replica_set
from tuik8s.api import kinds
from tuik8s.api.errors import InternalError, TooManyRequests
from tuik8s.api.objects import condition_of
from tuik8s.controllers import DeploymentController, DisruptionController, ReplicaSetController

if TYPE_CHECKING:
    from tests.controllers.machinery import Check
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime

EVICTION = {"apiVersion": "policy/v1", "kind": "Eviction"}
COUNTS = ("expectedPods", "desiredHealthy", "currentHealthy", "disruptionsAllowed")


def budget(name: str = "web", *, app: str = "web", **spec: Any) -> Obj:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": app}}, **spec},
    }


def counts(machines: Machinery, *wanted: int, name: str = "web") -> Check:
    async def check() -> bool:
        status = (await machines.get(kinds.POD_DISRUPTION_BUDGET, name)).get("status") or {}
        return tuple(status.get(field) for field in COUNTS) == wanted

    return check


async def evict(machines: Machinery, name: str) -> None:
    await machines.client.create_subresource(kinds.POD, "default", name, "eviction", EVICTION)


async def refusal(machines: Machinery, name: str) -> str:
    with pytest.raises(TooManyRequests, match="would violate the pod's disruption budget") as caught:
        await evict(machines, name)
    (cause,) = (caught.value.details or {})["causes"]
    assert cause["reason"] == "DisruptionBudget"
    return str(cause["message"])


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"minAvailable": 3}, (4, 3, 4, 1)),
        ({"minAvailable": 9}, (4, 9, 4, 0)),
        ({"minAvailable": "50%"}, (4, 2, 4, 2)),
        ({"minAvailable": "51%"}, (4, 3, 4, 1)),
        ({"maxUnavailable": 1}, (4, 3, 4, 1)),
        ({"maxUnavailable": "30%"}, (4, 2, 4, 2)),
        ({"maxUnavailable": "100%"}, (4, 0, 4, 4)),
        ({}, (0, 0, 4, 0)),
    ],
)
async def test_what_is_allowed(plane: ControlPlane, spec: Obj, wanted: tuple[int, ...]) -> None:
    async with machinery(plane, DeploymentController, ReplicaSetController, DisruptionController) as machines:
        await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=4))
        await machines.client.create(kinds.POD_DISRUPTION_BUDGET, budget(**spec))
        await machines.until(counts(machines, *wanted))
        found = await machines.get(kinds.POD_DISRUPTION_BUDGET, "web")
        condition = condition_of(found, "DisruptionAllowed") or {}
        assert condition["status"] == ("True" if wanted[-1] else "False")
        assert condition["reason"] == ("SufficientPods" if wanted[-1] else "InsufficientPods")
        assert found["status"]["observedGeneration"] == found["metadata"]["generation"]


async def test_evictions_are_granted_one_by_one(plane: ControlPlane) -> None:
    async with machinery(plane, ReplicaSetController, DisruptionController) as machines:
        await machines.client.create(kinds.REPLICA_SET, replica_set(replicas=3))
        await machines.client.create(kinds.POD_DISRUPTION_BUDGET, budget(maxUnavailable=1))
        await machines.until(counts(machines, 3, 2, 3, 1))
        first, second, _ = sorted(item["metadata"]["name"] for item in await machines.all(kinds.POD))
        await evict(machines, first)
        why = await refusal(machines, second)
        assert why.startswith("The disruption budget web needs 2 healthy pods and has ")
        await machines.until(counts(machines, 3, 2, 2, 0))
        await machines.until(counts(machines, 3, 2, 3, 1))  # the ReplicaSet has made another
        await evict(machines, second)


async def test_a_changed_budget_is_looked_at_first(plane: ControlPlane) -> None:
    async with machinery(plane, ReplicaSetController, DisruptionController) as machines:
        await machines.client.create(kinds.REPLICA_SET, replica_set(replicas=2))
        await machines.client.create(kinds.POD_DISRUPTION_BUDGET, budget(minAvailable=1))
        await machines.until(counts(machines, 2, 1, 2, 1))
        (name, *_) = [item["metadata"]["name"] for item in await machines.all(kinds.POD)]
        await machines.client.patch(
            kinds.POD_DISRUPTION_BUDGET, "default", "web", {"spec": {"minAvailable": 2}}
        )
        assert await refusal(machines, name) == (
            "The disruption budget web is still being processed by the server."
        )


async def test_a_granted_eviction_that_is_not_used_counts_again(plane: ControlPlane) -> None:
    async with machinery(plane, ReplicaSetController, DisruptionController) as machines:
        await machines.client.create(kinds.REPLICA_SET, replica_set(replicas=2))
        await machines.client.create(kinds.POD_DISRUPTION_BUDGET, budget(minAvailable=1))
        await machines.until(counts(machines, 2, 1, 2, 1))
        found = await machines.get(kinds.POD_DISRUPTION_BUDGET, "web")
        (name, *_) = [item["metadata"]["name"] for item in await machines.all(kinds.POD)]
        moment = found["status"]["conditions"][0]["lastTransitionTime"]
        await machines.change_status(
            kinds.POD_DISRUPTION_BUDGET,
            {**found, "status": {"disruptionsAllowed": 0, "disruptedPods": {name: moment}}},
        )
        await machines.until(counts(machines, 2, 1, 1, 0))
        await asyncio.sleep(121)
        await machines.until(counts(machines, 2, 1, 2, 1))
        assert await machines.events("NotDeleted")


async def test_pods_that_serve_nobody_may_go(plane: ControlPlane) -> None:
    async with machinery(plane, DisruptionController) as machines:
        broken = {"containers": [{"name": "a", "image": NEVER_READY}]}
        for name, spec in (("good", {}), ("bad", broken)):
            await machines.client.create(kinds.POD, pod(name, labels={"app": "web"}, **spec))
        await machines.client.create(kinds.POD_DISRUPTION_BUDGET, budget(minAvailable=1))
        await machines.until(counts(machines, 2, 1, 1, 0))
        await refusal(machines, "good")
        await evict(machines, "bad")


async def test_pods_nobody_controls_are_told_of(plane: ControlPlane) -> None:
    async with machinery(plane, DisruptionController) as machines:
        await machines.client.create(kinds.POD, pod("alone", labels={"app": "web"}))
        await machines.client.create(kinds.POD_DISRUPTION_BUDGET, budget(maxUnavailable=1))
        await machines.until(counts(machines, 0, 0, 1, 0))
        assert any("were found to be unmanaged" in text for text in await machines.events("UnmanagedPods"))


async def test_two_budgets_for_one_pod_are_refused(plane: ControlPlane) -> None:
    async with machinery(plane, DisruptionController) as machines:
        await machines.client.create(kinds.POD, pod("alone", labels={"app": "web"}))
        for name in ("one", "two"):
            await machines.client.create(kinds.POD_DISRUPTION_BUDGET, budget(name, minAvailable=0))
            await machines.until(counts(machines, 1, 0, 1, 1, name=name))
        with pytest.raises(InternalError, match="more than one PodDisruptionBudget"):
            await evict(machines, "alone")


@pytest.mark.parametrize("kind", [kinds.DEPLOYMENT, kinds.REPLICA_SET])
async def test_a_budget_waits_until_the_pods_controllers_are_known(plane: ControlPlane, kind: Kind) -> None:
    async with machinery(plane, DeploymentController, ReplicaSetController) as machines:
        await machines.client.create(kinds.DEPLOYMENT, deployment(replicas=2))
        await machines.client.create(kinds.POD_DISRUPTION_BUDGET, budget(maxUnavailable=1))
        await asyncio.sleep(5)
    async with machinery(plane, DisruptionController, late={kind: 5.0}) as machines:
        await machines.until(counts(machines, 2, 1, 2, 1))
        assert await machines.events("CalculateExpectedPodCountFailed") == []
