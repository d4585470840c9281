"""Deletion: finalizers, propagation, preconditions, collections. Pods are in test_pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.apiserver.objects import config_map, deployment, service
from tuik8s.api import kinds
from tuik8s.api.errors import Conflict, Invalid, NotFound
from tuik8s.api.objects import Obj, copy

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.request import Propagation

pytestmark = pytest.mark.looptime


def held(**data: str) -> Obj:
    config = config_map(**data)
    config["metadata"]["finalizers"] = ["example.com/hold"]
    return config


async def test_without_finalizers_it_is_gone_at_once(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = await client.create(kinds.CONFIG_MAP, config_map())

    removed = await client.delete(kinds.CONFIG_MAP, "default", "settings")

    assert removed["metadata"]["uid"] == made["metadata"]["uid"]
    assert removed["metadata"]["resourceVersion"] == str(control_plane.store.revision)
    with pytest.raises(NotFound, match='configmaps "settings" not found'):
        await client.get(kinds.CONFIG_MAP, "default", "settings")
    with pytest.raises(NotFound):
        await client.delete(kinds.CONFIG_MAP, "default", "settings")


async def test_finalizer_holds_until_it_is_removed(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.CONFIG_MAP, held())

    waiting = await client.delete(kinds.CONFIG_MAP, "default", "settings")

    assert waiting["metadata"]["deletionTimestamp"] == "2026-01-01T00:00:00Z"
    assert waiting["metadata"]["deletionGracePeriodSeconds"] == 0
    still = copy(await client.get(kinds.CONFIG_MAP, "default", "settings"))
    del still["metadata"]["finalizers"]
    await client.update(kinds.CONFIG_MAP, still)
    with pytest.raises(NotFound):
        await client.get(kinds.CONFIG_MAP, "default", "settings")


async def test_last_finalizer_removed_by_a_patch(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.CONFIG_MAP, held())
    await client.delete(kinds.CONFIG_MAP, "default", "settings")

    await client.patch(kinds.CONFIG_MAP, "default", "settings", {"metadata": {"finalizers": None}})

    with pytest.raises(NotFound):
        await client.get(kinds.CONFIG_MAP, "default", "settings")


async def test_no_finalizer_is_added_while_deleting(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.CONFIG_MAP, held())
    waiting = copy(await client.delete(kinds.CONFIG_MAP, "default", "settings"))
    waiting["metadata"]["finalizers"].append("example.com/late")

    with pytest.raises(Invalid, match="no new finalizers can be added if the object is being deleted"):
        await client.update(kinds.CONFIG_MAP, waiting)


async def test_deleting_again_changes_nothing(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.CONFIG_MAP, held())
    first = await control_plane.client.delete(kinds.CONFIG_MAP, "default", "settings")

    assert await control_plane.client.delete(kinds.CONFIG_MAP, "default", "settings") == first


async def test_update_cannot_take_back_a_deletion(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.CONFIG_MAP, held())
    waiting = copy(await client.delete(kinds.CONFIG_MAP, "default", "settings"))
    del waiting["metadata"]["deletionTimestamp"]
    waiting["data"] = {"a": "b"}

    updated = await client.update(kinds.CONFIG_MAP, waiting)

    assert updated["metadata"]["deletionTimestamp"]


@pytest.mark.parametrize(
    ("propagation", "finalizers"), [("Orphan", ["orphan"]), ("Foreground", ["foregroundDeletion"])]
)
async def test_propagation_leaves_work_for_the_garbage_collector(
    control_plane: ControlPlane, propagation: Propagation, finalizers: list[str]
) -> None:
    client = control_plane.client
    await client.create(kinds.DEPLOYMENT, deployment())

    waiting = await client.delete(kinds.DEPLOYMENT, "default", "web", propagation=propagation)

    assert waiting["metadata"]["finalizers"] == finalizers
    assert waiting["metadata"]["deletionTimestamp"]
    assert waiting["metadata"]["generation"] == 2


async def test_background_takes_back_foreground(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.DEPLOYMENT, deployment())
    await client.delete(kinds.DEPLOYMENT, "default", "web", propagation="Foreground")

    await client.delete(kinds.DEPLOYMENT, "default", "web", propagation="Background")

    with pytest.raises(NotFound):
        await client.get(kinds.DEPLOYMENT, "default", "web")


async def test_preconditions(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = await client.create(kinds.CONFIG_MAP, config_map())
    uid, version = made["metadata"]["uid"], made["metadata"]["resourceVersion"]

    with pytest.raises(Conflict, match="Precondition failed: UID in precondition: other, UID in object meta"):
        await client.delete(kinds.CONFIG_MAP, "default", "settings", uid="other")
    with pytest.raises(Conflict, match="ResourceVersion in precondition: 1, ResourceVersion in object meta"):
        await client.delete(kinds.CONFIG_MAP, "default", "settings", resource_version="1")
    await client.delete(kinds.CONFIG_MAP, "default", "settings", uid=uid, resource_version=version)


async def test_collection_takes_what_is_selected(control_plane: ControlPlane) -> None:
    client = control_plane.client
    for name, tier in (("a", "x"), ("b", "y"), ("c", "x")):
        config = config_map(name)
        config["metadata"]["labels"] = {"tier": tier}
        await client.create(kinds.CONFIG_MAP, config)

    deleted = await client.delete_collection(kinds.CONFIG_MAP, "default", label_selector="tier=x")

    left = await client.list(kinds.CONFIG_MAP, "default")
    assert [item["metadata"]["name"] for item in deleted["items"]] == ["a", "c"]
    assert [item["metadata"]["name"] for item in left["items"]] == ["b"]


async def test_name_can_be_used_again(control_plane: ControlPlane) -> None:
    client = control_plane.client
    first = await client.create(kinds.SERVICE, service())
    await client.delete(kinds.SERVICE, "default", "web")

    second = await client.create(kinds.SERVICE, service())

    assert first["metadata"]["uid"] != second["metadata"]["uid"]
