"""What the client puts into a request, and what it remembers of the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tuik8s.api import kinds
from tuik8s.api.errors import Conflict, NotFound
from tuik8s.api.objects import copy, is_deleting, revision_of
from tuik8s.api.request import PatchType
from tuik8s.client import Cause, cause_of_this_task, writes_of_this_task

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


def config_map(name: str = "a", **data: str) -> Obj:
    return {"metadata": {"name": name, "namespace": "default"}, "data": data}


async def test_verbs(control_plane: ControlPlane) -> None:
    client = control_plane.client_for("system:kube-scheduler")
    made = await client.create(kinds.CONFIG_MAP, config_map(x="1"))
    assert made["data"] == {"x": "1"}
    assert await client.get(kinds.CONFIG_MAP, "default", "a") == made
    changed = await client.update(kinds.CONFIG_MAP, {**copy(made), "data": {"x": "2"}})
    assert changed["data"] == {"x": "2"}
    with pytest.raises(Conflict):
        await client.update(kinds.CONFIG_MAP, {**copy(made), "data": {"x": "3"}})
    patch = [{"op": "add", "path": "/data/y", "value": "3"}]
    patched = await client.patch(kinds.CONFIG_MAP, "default", "a", patch, patch_type=PatchType.JSON)
    assert patched["data"] == {"x": "2", "y": "3"}
    listed = await client.list(kinds.CONFIG_MAP, "default")
    assert [item["metadata"]["name"] for item in listed["items"]] == ["a"]
    await client.delete(kinds.CONFIG_MAP, "default", "a")
    with pytest.raises(NotFound):
        await client.get(kinds.CONFIG_MAP, "default", "a")


async def test_the_agent_is_the_author_and_field_manager(control_plane: ControlPlane) -> None:
    client = control_plane.client_for("system:kube-scheduler")
    made = await client.create(kinds.CONFIG_MAP, config_map(x="1"))
    record = await control_plane.store.record(revision_of(made))
    assert record is not None
    assert record.author == "kube-scheduler"
    assert [entry["manager"] for entry in made["metadata"]["managedFields"]] == ["kube-scheduler"]


async def test_a_cause_notes_the_last_write_of_each_kind(control_plane: ControlPlane) -> None:
    client = control_plane.client
    assert (cause_of_this_task(), writes_of_this_task()) == (0, {})
    with Cause(5):
        assert cause_of_this_task() == 5
        await client.create(kinds.CONFIG_MAP, config_map("one"))
        last = await client.create(kinds.CONFIG_MAP, config_map("two"))
        secret = await client.create(kinds.SECRET, {"metadata": {"name": "s", "namespace": "default"}})
        await client.create(kinds.CONFIG_MAP, config_map("three"), dry_run=True)
        assert writes_of_this_task() == {
            kinds.CONFIG_MAP: revision_of(last),
            kinds.SECRET: revision_of(secret),
        }
        record = await control_plane.store.record(revision_of(last))
        assert record is not None
        assert record.cause == 5
    assert cause_of_this_task() == 0


async def test_writes_of_child_tasks_count_as_their_parents(control_plane: ControlPlane) -> None:
    with Cause(5):
        await asyncio.gather(
            *(control_plane.client.create(kinds.CONFIG_MAP, config_map(str(number))) for number in range(5))
        )
        assert writes_of_this_task()[kinds.CONFIG_MAP] == control_plane.store.revision


async def test_a_deletion_is_noted_with_its_own_revision(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.CONFIG_MAP, config_map("a"))
    with Cause(5):
        await client.delete(kinds.CONFIG_MAP, "default", "a")
        assert writes_of_this_task() == {kinds.CONFIG_MAP: control_plane.store.revision}


async def test_a_foreground_deletion_answers_with_the_waiting_object(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.CONFIG_MAP, config_map("a"))
    waiting = await client.delete(kinds.CONFIG_MAP, "default", "a", propagation="Foreground")
    assert is_deleting(waiting)
    assert is_deleting(await client.get(kinds.CONFIG_MAP, "default", "a"))


async def test_preconditions_protect_a_later_object_of_the_same_name(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.CONFIG_MAP, config_map("a"))
    with pytest.raises(Conflict):
        await client.delete(kinds.CONFIG_MAP, "default", "a", uid="of-an-earlier-one")
    await client.get(kinds.CONFIG_MAP, "default", "a")


async def test_watch_follows_a_list(control_plane: ControlPlane) -> None:
    client = control_plane.client
    listed = await client.list(kinds.CONFIG_MAP, "default")
    watch = client.watch(kinds.CONFIG_MAP, "default", resource_version=listed["metadata"]["resourceVersion"])
    await client.create(kinds.CONFIG_MAP, config_map("a"))
    event = await anext(watch)
    assert (event.type, event.object["metadata"]["name"]) == ("ADDED", "a")
    await watch.aclose()  # type: ignore[attr-defined]
