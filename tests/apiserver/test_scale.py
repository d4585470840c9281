"""The scale subresource of Deployments and ReplicaSets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.apiserver.objects import deployment
from tuik8s.api import kinds
from tuik8s.api.errors import Conflict, Invalid, MethodNotSupported, NotFound
from tuik8s.api.objects import Obj, copy
from tuik8s.api.request import PatchType, Request, Verb

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


async def apply(plane: ControlPlane, replicas: int, manager: str = "me", **options: Any) -> Obj:
    meta = {"name": "web", "namespace": "default", **options.pop("metadata", {})}
    body = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": meta, "spec": {"replicas": replicas}}
    request = Request(
        verb=Verb.PATCH, kind=kinds.DEPLOYMENT, namespace="default", name="web", subresource="scale",
        body=body, patch_type=PatchType.APPLY, field_manager=manager, **options,
    )  # fmt: skip
    return (await plane.api.send(request)).object


def owners_of_replicas(obj: Obj) -> list[tuple[str, str, str, str]]:
    return [
        (entry["manager"], entry["operation"], entry["apiVersion"], entry.get("subresource", ""))
        for entry in obj["metadata"]["managedFields"]
        if "f:replicas" in entry["fieldsV1"].get("f:spec", {})
    ]


async def test_apply_takes_the_replicas_by_force(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.DEPLOYMENT, deployment(), field_manager="maker")
    why = r'conflict with "maker" using autoscaling/v1: \.spec\.replicas'
    with pytest.raises(Conflict, match=why):
        await apply(control_plane, 5)

    scaled = await apply(control_plane, 5, force=True)

    changed = await client.get(kinds.DEPLOYMENT, "default", "web")
    assert (scaled["kind"], scaled["spec"], changed["spec"]["replicas"]) == ("Scale", {"replicas": 5}, 5)
    assert "managedFields" not in scaled["metadata"]
    assert owners_of_replicas(changed) == [("me", "Apply", "apps/v1", "scale")]
    assert await apply(control_plane, 5) == scaled
    with pytest.raises(Conflict, match=r'with "me" with subresource "scale": \.spec\.replicas'):
        await client.apply(kinds.DEPLOYMENT, deployment(), field_manager="other")

    await client.update(kinds.DEPLOYMENT, {**scaled, "spec": {"replicas": 6}}, subresource="scale")
    (owner,) = owners_of_replicas(await client.get(kinds.DEPLOYMENT, "default", "web"))
    assert owner[1:] == ("Update", "apps/v1", "scale")


async def test_apply_shares_the_replicas_it_does_not_change(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.DEPLOYMENT, deployment(replicas=5), field_manager="maker")

    await apply(control_plane, 5)

    shared = await control_plane.client.get(kinds.DEPLOYMENT, "default", "web")
    assert owners_of_replicas(shared) == [
        ("me", "Apply", "apps/v1", "scale"),
        ("maker", "Update", "apps/v1", ""),
    ]


async def test_refused_applies(control_plane: ControlPlane) -> None:
    with pytest.raises(NotFound, match=r'deployments\.apps "web" not found'):
        await apply(control_plane, 5)
    await control_plane.client.create(kinds.DEPLOYMENT, deployment())
    with pytest.raises(Invalid, match="fieldManager: Required value"):
        await apply(control_plane, 5, manager="")
    with pytest.raises(Conflict, match="the object has been modified"):
        await apply(control_plane, 5, force=True, metadata={"resourceVersion": "1"})
    with pytest.raises(Invalid, match=r"spec\.replicas: Invalid value: -1"):
        await apply(control_plane, -1, force=True)
