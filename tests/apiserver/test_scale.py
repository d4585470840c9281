"""The scale subresource of Deployments and ReplicaSets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.apiserver.objects import deployment
from tuik8s.api import kinds
from tuik8s.api.errors import Conflict, Invalid, MethodNotSupported, NotFound
from tuik8s.api.objects import Obj, copy
from tuik8s.api.request import PatchType

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.looptime


async def scale(plane: ControlPlane) -> Obj:
    return copy(await plane.client.get(kinds.DEPLOYMENT, "default", "web", subresource="scale"))


async def test_get(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.DEPLOYMENT, deployment(replicas=3))

    found = await scale(control_plane)

    meta = made["metadata"]
    assert found == {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {
            "name": "web", "namespace": "default", "uid": meta["uid"],
            "resourceVersion": meta["resourceVersion"], "creationTimestamp": meta["creationTimestamp"],
        },
        "spec": {"replicas": 3},
        "status": {"replicas": 0, "selector": "app=web"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("patch_type", "patch"),
    [
        (PatchType.MERGE, {"spec": {"replicas": 7}}),
        (PatchType.STRATEGIC, {"spec": {"replicas": 7}}),
        (PatchType.JSON, [{"op": "replace", "path": "/spec/replicas", "value": 7}]),
    ],
)
async def test_patch(control_plane: ControlPlane, patch_type: PatchType, patch: Any) -> None:
    client = control_plane.client
    await client.create(kinds.DEPLOYMENT, deployment())

    scaled = await client.patch(
        kinds.DEPLOYMENT, "default", "web", patch, patch_type=patch_type, subresource="scale"
    )

    changed = await client.get(kinds.DEPLOYMENT, "default", "web")
    assert scaled["spec"]["replicas"] == 7
    assert (changed["spec"]["replicas"], changed["metadata"]["generation"]) == (7, 2)
    entry = next(e for e in changed["metadata"]["managedFields"] if e.get("subresource") == "scale")
    assert entry["fieldsV1"] == {"f:spec": {"f:replicas": {}}}


async def test_update_with_a_stale_scale(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.DEPLOYMENT, deployment())
    stale = await scale(control_plane)
    fresh = await scale(control_plane)
    fresh["spec"]["replicas"] = 5
    await client.update(kinds.DEPLOYMENT, fresh, subresource="scale")
    stale["spec"]["replicas"] = 6

    with pytest.raises(Conflict, match="the object has been modified"):
        await client.update(kinds.DEPLOYMENT, stale, subresource="scale")

    assert (await client.get(kinds.DEPLOYMENT, "default", "web"))["spec"]["replicas"] == 5


async def test_negative_replicas(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.DEPLOYMENT, deployment())

    with pytest.raises(Invalid) as caught:
        await control_plane.client.patch(
            kinds.DEPLOYMENT, "default", "web", {"spec": {"replicas": -1}}, subresource="scale"
        )

    assert caught.value.message == (
        'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: '
        "must be greater than or equal to 0"
    )


async def test_scaling_to_the_same_size_writes_nothing(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.DEPLOYMENT, deployment(replicas=2))
    before = control_plane.store.revision

    await control_plane.client.patch(
        kinds.DEPLOYMENT, "default", "web", {"spec": {"replicas": 2}}, subresource="scale"
    )

    assert control_plane.store.revision == before


async def test_what_has_no_scale(control_plane: ControlPlane) -> None:
    with pytest.raises(NotFound, match=r'deployments.apps "web" not found'):
        await scale(control_plane)
    with pytest.raises(NotFound, match="could not find the requested resource"):
        await control_plane.client.get(kinds.POD, "default", "web", subresource="scale")
    await control_plane.client.create(kinds.DEPLOYMENT, deployment())
    with pytest.raises(MethodNotSupported):
        await control_plane.client.create_subresource(kinds.DEPLOYMENT, "default", "web", "scale", {})
