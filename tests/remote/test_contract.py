"""What a `Transport` promises, kept by the in-process server and over HTTPS alike."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.http.conftest import pod
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.api.errors import (
    AlreadyExists,
    ApiError,
    BadRequest,
    Conflict,
    Expired,
    Invalid,
    NotFound,
)
from tuik8s.api.objects import copy, is_deleting, revision_of
from tuik8s.api.request import PatchType
from tuik8s.client import Cause, EventRecorder, writes_of_this_task
from tuik8s.controllers.replicaset import ReplicaSetController
from tuik8s.reconcile import Informers

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tests.http.conftest import Served
    from tuik8s.api.objects import Obj
    from tuik8s.client import Client


def config_map(name: str = "a", **data: str) -> Obj:
    return {"metadata": {"name": name, "namespace": "default"}, "data": data}


async def refused(work: Awaitable[object]) -> ApiError:
    with pytest.raises(ApiError) as raised:
        await work
    return raised.value


async def test_verbs(client: Client) -> None:
    made = await client.create(kinds.CONFIG_MAP, config_map(x="1"))
    assert (made["kind"], made["apiVersion"], made["data"]) == ("ConfigMap", "v1", {"x": "1"})
    assert await client.get(kinds.CONFIG_MAP, "default", "a") == made
    changed = await client.update(kinds.CONFIG_MAP, {**copy(made), "data": {"x": "2"}})
    assert changed["data"] == {"x": "2"}
    listed = await client.list(kinds.CONFIG_MAP, "default")
    assert listed["items"] == [changed]
    assert revision_of(listed) >= revision_of(changed)
    await client.delete(kinds.CONFIG_MAP, "default", "a")
    assert (await client.list(kinds.CONFIG_MAP))["items"] == []


@pytest.mark.parametrize(
    ("patch_type", "patch"),
    [
        (PatchType.MERGE, {"data": {"y": "2"}}),
        (PatchType.STRATEGIC, {"data": {"y": "2"}}),
        (PatchType.JSON, [{"op": "add", "path": "/data/y", "value": "2"}]),
    ],
)
async def test_patches(client: Client, patch_type: PatchType, patch: object) -> None:
    await client.create(kinds.CONFIG_MAP, config_map(x="1"))
    patched = await client.patch(kinds.CONFIG_MAP, "default", "a", patch, patch_type=patch_type)
    assert patched["data"] == {"x": "1", "y": "2"}


async def test_apply(client: Client) -> None:
    one = {**config_map(x="1"), "apiVersion": "v1", "kind": "ConfigMap"}
    response = await client.apply(kinds.CONFIG_MAP, one, field_manager="one")
    assert [entry["manager"] for entry in response.object["metadata"]["managedFields"]] == ["one"]
    two = {**config_map(x="2"), "apiVersion": "v1", "kind": "ConfigMap"}
    error = await refused(client.apply(kinds.CONFIG_MAP, two, field_manager="two"))
    assert isinstance(error, Conflict)
    forced = await client.apply(kinds.CONFIG_MAP, two, field_manager="two", force=True)
    assert forced.object["data"] == {"x": "2"}


async def test_subresources(client: Client) -> None:
    deployment = {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod("web")["spec"]},
        },
    }
    made = await client.create(kinds.DEPLOYMENT, deployment)
    scale = await client.get(kinds.DEPLOYMENT, "default", "web", subresource="scale")
    assert (scale["kind"], scale["spec"]["replicas"]) == ("Scale", 1)
    scaled = await client.update(
        kinds.DEPLOYMENT, {"metadata": scale["metadata"], "spec": {"replicas": 3}}, subresource="scale"
    )
    assert scaled["spec"]["replicas"] == 3
    status = await client.update_status(
        kinds.DEPLOYMENT,
        {
            "metadata": {"name": "web", "namespace": "default"},
            "spec": made["spec"],
            "status": {"replicas": 2},
        },
    )
    assert (status["spec"]["replicas"], status["status"]["replicas"]) == (3, 2)
    await client.create(kinds.POD, pod("p"), namespace="default")
    await client.create(kinds.NODE, {"metadata": {"name": "n"}})
    binding = {"metadata": {"name": "p", "namespace": "default"}, "target": {"kind": "Node", "name": "n"}}
    await client.create_subresource(kinds.POD, "default", "p", "binding", binding)
    assert (await client.get(kinds.POD, "default", "p"))["spec"]["nodeName"] == "n"


async def test_refusals_keep_their_class_message_and_details(client: Client, served: Served) -> None:
    made = await client.create(kinds.CONFIG_MAP, config_map(x="1"))
    await client.update(kinds.CONFIG_MAP, {**copy(made), "data": {}})
    wrong = {"metadata": {"name": "Bad Name"}, "data": {"a b": "1"}}
    bad_patch = [{"op": "test", "path": "/data/none", "value": "1"}]
    found = [
        await refused(client.get(kinds.CONFIG_MAP, "default", "none")),
        await refused(client.create(kinds.CONFIG_MAP, config_map())),
        await refused(client.update(kinds.CONFIG_MAP, made)),
        await refused(client.create(kinds.CONFIG_MAP, wrong, namespace="default")),
        await refused(client.create(kinds.CONFIG_MAP, {**config_map("b"), "nonsense": 1})),
        await refused(client.patch(kinds.CONFIG_MAP, "default", "a", bad_patch, patch_type=PatchType.JSON)),
        await refused(client.delete(kinds.CONFIG_MAP, "default", "a", uid="other")),
        await refused(client.list(kinds.CONFIG_MAP, label_selector="a in")),
        await refused(client.get(kinds.CONFIG_MAP, "default", "a", subresource="status")),
    ]
    expected = [
        NotFound,
        AlreadyExists,
        Conflict,
        Invalid,
        BadRequest,
        Invalid,
        Conflict,
        BadRequest,
        NotFound,
    ]
    assert all(map(isinstance, found, expected)), found
    assert found[0].message == 'configmaps "none" not found'
    assert found[3].details is not None
    assert [cause["field"] for cause in found[3].details["causes"]] == ["metadata.name", "data[a b]"]


async def test_pages(client: Client) -> None:
    for number in range(5):
        await client.create(kinds.CONFIG_MAP, config_map(f"m{number}"))
    first = await client.list(kinds.CONFIG_MAP, "default", limit=2)
    token = first["metadata"]["continue"]
    second = await client.list(kinds.CONFIG_MAP, "default", limit=3, continue_token=token)
    names = [item["metadata"]["name"] for item in (*first["items"], *second["items"])]
    assert names == ["m0", "m1", "m2", "m3", "m4"]
    assert not second["metadata"].get("continue")


async def test_tables(client: Client) -> None:
    made = await client.create(kinds.POD, pod("p"), namespace="default")
    table = await client.list(kinds.POD, "default", as_table=True)
    assert table["columnDefinitions"][0]["name"] == "Name"
    assert [row["object"] for row in table["rows"]] == [made]
    watch = client.watch(kinds.POD, as_table=True, resource_version=table["metadata"]["resourceVersion"])
    for name in ("q", "r"):
        await client.create(kinds.POD, pod(name), namespace="default")
        event = await anext(watch)
        assert (event.type, event.object["rows"][0]["cells"][0]) == ("ADDED", name)
        assert event.object["columnDefinitions"] == table["columnDefinitions"]
        assert event.object["rows"][0]["object"]["kind"] == "Pod"
    await watch.aclose()  # type: ignore[attr-defined]


async def test_watches_follow_a_list(client: Client) -> None:
    listed = await client.list(kinds.CONFIG_MAP, "default")
    watch = client.watch(kinds.CONFIG_MAP, "default", resource_version=listed["metadata"]["resourceVersion"])
    made = await client.create(kinds.CONFIG_MAP, config_map("a"))
    await client.create(kinds.CONFIG_MAP, {"metadata": {"name": "x", "namespace": "kube-system"}})
    await client.delete(kinds.CONFIG_MAP, "default", "a")
    first, second = await anext(watch), await anext(watch)
    assert (first.type, first.object) == ("ADDED", made)
    assert (second.type, second.object["metadata"]["name"]) == ("DELETED", "a")
    await watch.aclose()  # type: ignore[attr-defined]


async def test_a_watch_ends_in_time_and_bookmarks(client: Client) -> None:
    await client.create(kinds.CONFIG_MAP, config_map("a"))
    events = [
        event
        async for event in client.watch(
            kinds.CONFIG_MAP,
            send_initial_events=True,
            resource_version_match="NotOlderThan",
            allow_bookmarks=True,
            timeout_seconds=1,
        )
    ]
    assert [event.type for event in events][:2] == ["ADDED", "BOOKMARK"]
    assert revision_of(events[1].object) > 0


async def test_history_that_is_gone(client: Client, served: Served) -> None:
    for number in range(3):
        await client.create(kinds.CONFIG_MAP, config_map(f"m{number}"))
    await served.plane.store.compact(served.plane.store.revision)
    error = await refused(anext(client.watch(kinds.CONFIG_MAP, resource_version="1")))
    assert isinstance(error, Expired)


async def test_deletions(client: Client) -> None:
    await client.create(kinds.CONFIG_MAP, config_map("a"))
    waiting = await client.delete(kinds.CONFIG_MAP, "default", "a", propagation="Foreground")
    assert is_deleting(waiting)
    for name in ("b", "c"):
        labelled = config_map(name)
        labelled["metadata"]["labels"] = {"app": "x"}
        await client.create(kinds.CONFIG_MAP, labelled)
    await client.delete_collection(kinds.CONFIG_MAP, "default", label_selector="app=x")
    names = [item["metadata"]["name"] for item in (await client.list(kinds.CONFIG_MAP, "default"))["items"]]
    assert names == ["a"]
    await client.create(kinds.POD, pod("p"), namespace="default")
    gone = await client.delete(kinds.POD, "default", "p", grace_period_seconds=0)
    assert gone["metadata"]["name"] == "p"


async def test_dry_runs_change_nothing(client: Client) -> None:
    made = await client.create(kinds.CONFIG_MAP, config_map("a", x="1"), dry_run=True)
    assert made["data"] == {"x": "1"}
    assert isinstance(await refused(client.get(kinds.CONFIG_MAP, "default", "a")), NotFound)
    await client.create(kinds.CONFIG_MAP, config_map("b"))
    await client.delete(kinds.CONFIG_MAP, "default", "b", dry_run=True)
    await client.get(kinds.CONFIG_MAP, "default", "b")


async def test_writes_are_noted_for_the_cache(client: Client) -> None:
    with Cause(5):
        last = await client.create(kinds.CONFIG_MAP, config_map("a"))
        assert writes_of_this_task() == {kinds.CONFIG_MAP: revision_of(last)}


async def test_names_never_become_paths(client: Client) -> None:
    for name in ("../secrets", "a/b", "a?watch=1", "a%2Fb", "ü"):
        error = await refused(client.get(kinds.CONFIG_MAP, "default", name))
        assert isinstance(error, NotFound), name


async def test_a_controller_runs_over_it(client: Client, served: Served) -> None:
    informers = Informers(client)
    recorder = EventRecorder(client, "replicaset-controller", clock=served.plane.clock)
    controller = ReplicaSetController(client, informers, recorder, clock=served.plane.clock)
    tasks = [asyncio.create_task(part.run()) for part in (informers, recorder, controller)]
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod("web")["spec"]}
    spec = {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": template}
    try:
        made = {"metadata": {"name": "web", "namespace": "default"}, "spec": spec}
        await client.create(kinds.REPLICA_SET, made)
        await until(client, kinds.POD, lambda pods: len(pods) == 3, limit=20)
        await client.patch(kinds.REPLICA_SET, "default", "web", {"spec": {"replicas": 1}})
        await until(client, kinds.POD, lambda pods: len(pods) == 1, limit=20)
        await until(client, kinds.REPLICA_SET, _has_one, limit=20)
        await recorder.flush()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    reasons = {event["reason"] for event in (await client.list(kinds.EVENT))["items"]}
    assert reasons == {"SuccessfulCreate", "SuccessfulDelete"}
    assert controller.statistics().failed == 0


def _has_one(replica_sets: list[Obj]) -> bool:
    return (replica_sets[0].get("status") or {}).get("replicas") == 1
