"""A dry run does everything but write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.apiserver.objects import bound_pod, config_map, deployment, service
from tuik8s.api import kinds
from tuik8s.api.errors import AlreadyExists, Invalid, NotFound
from tuik8s.api.objects import copy

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.looptime


async def test_create(control_plane: ControlPlane) -> None:
    before = control_plane.store.revision

    made = await control_plane.client.create(kinds.DEPLOYMENT, deployment(), dry_run=True)

    assert made["metadata"]["uid"]
    assert made["spec"]["progressDeadlineSeconds"] == 600
    assert control_plane.store.revision == before
    with pytest.raises(NotFound):
        await control_plane.client.get(kinds.DEPLOYMENT, "default", "web")


async def test_create_still_refuses(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.CONFIG_MAP, config_map())

    with pytest.raises(AlreadyExists):
        await control_plane.client.create(kinds.CONFIG_MAP, config_map(), dry_run=True)
    with pytest.raises(Invalid):
        await control_plane.client.create(kinds.DEPLOYMENT, deployment(replicas=-1), dry_run=True)


async def test_update_patch_and_apply(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = await client.create(kinds.DEPLOYMENT, deployment())
    body: Any = copy(made)
    body["spec"]["replicas"] = 8
    before = control_plane.store.revision

    updated = await client.update(kinds.DEPLOYMENT, body, dry_run=True)
    patched = await client.patch(kinds.DEPLOYMENT, "default", "web", {"spec": {"replicas": 8}}, dry_run=True)
    applied = await client.apply(
        kinds.DEPLOYMENT, deployment(replicas=8), field_manager="me", force=True, dry_run=True
    )

    assert [o["spec"]["replicas"] for o in (updated, patched, applied.object)] == [8, 8, 8]
    assert updated["metadata"]["generation"] == 2
    assert control_plane.store.revision == before
    assert await client.get(kinds.DEPLOYMENT, "default", "web") == made


async def test_delete(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await bound_pod(client)
    before = control_plane.store.revision

    graceful = await client.delete(kinds.POD, "default", "web", dry_run=True)
    forced = await client.delete(kinds.POD, "default", "web", grace_period_seconds=0, dry_run=True)

    assert graceful["metadata"]["deletionGracePeriodSeconds"] == 30
    assert forced["metadata"]["name"] == "web"
    assert control_plane.store.revision == before


async def test_allocations_are_given_back(control_plane: ControlPlane) -> None:
    client = control_plane.client
    wanted = service(type="NodePort", clusterIP="10.96.8.8", ports=[{"port": 80, "nodePort": 30777}])

    tried = await client.create(kinds.SERVICE, wanted, dry_run=True)
    made = await client.create(kinds.SERVICE, wanted)

    assert tried["spec"] == made["spec"]


async def test_dry_deletion_keeps_allocations(control_plane: ControlPlane) -> None:
    client = control_plane.client
    wanted = service(type="NodePort", clusterIP="10.96.8.8", ports=[{"port": 80, "nodePort": 30777}])
    await client.create(kinds.SERVICE, wanted)

    await client.delete(kinds.SERVICE, "default", "web", dry_run=True)

    wanted["metadata"]["name"] = "other"
    with pytest.raises(Invalid, match="already allocated"):
        await client.create(kinds.SERVICE, wanted)
