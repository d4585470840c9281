"""Lists and watches: selectors, pages, past revisions, bookmarks, expiry."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from tests.apiserver.objects import config_map, pod, revision, take
from tuik8s.api import kinds
from tuik8s.api.errors import ApiError, BadRequest, Expired, Invalid, ServerTimeout
from tuik8s.api.objects import Obj, copy

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.kinds import Kind

pytestmark = pytest.mark.looptime


def names(found: Obj) -> list[str]:
    return [item["metadata"]["name"] for item in found["items"]]


async def make(plane: ControlPlane, name: str, namespace: str = "default", **labels: str) -> Obj:
    config: Obj = {"metadata": {"name": name, "namespace": namespace, "labels": labels}}
    return await plane.client.create(kinds.CONFIG_MAP, config)


async def relabel(plane: ControlPlane, obj: Obj, **labels: str) -> Obj:
    changed = copy(obj)
    changed["metadata"]["labels"] = labels
    return await plane.client.update(kinds.CONFIG_MAP, changed)


async def test_list_of_one_namespace_and_of_all(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await make(control_plane, "b")
    await make(control_plane, "a", "kube-system")

    everywhere = await client.list(kinds.CONFIG_MAP)
    here = await client.list(kinds.CONFIG_MAP, "default")

    assert (names(everywhere), names(here)) == (["b", "a"], ["b"])
    assert (here["kind"], here["apiVersion"]) == ("ConfigMapList", "v1")
    assert here["metadata"] == {"resourceVersion": str(control_plane.store.revision)}


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        ({"label_selector": "tier=x"}, ["a", "c"]),
        ({"label_selector": "tier!=x"}, ["b", "d"]),
        ({"label_selector": "tier in (x,y),!old"}, ["a", "b"]),
        ({"field_selector": "metadata.name=b"}, ["b"]),
        ({"field_selector": "metadata.name!=b,metadata.namespace=default"}, ["a", "c", "d"]),
        ({"label_selector": "tier=x", "field_selector": "metadata.name=b"}, []),
    ],
)
async def test_selectors(control_plane: ControlPlane, selection: Any, found: list[str]) -> None:
    await make(control_plane, "a", tier="x")
    await make(control_plane, "b", tier="y")
    await make(control_plane, "c", tier="x", old="yes")
    await make(control_plane, "d")

    assert names(await control_plane.client.list(kinds.CONFIG_MAP, "default", **selection)) == found


async def test_pods_by_node(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.POD, pod("a", nodeName="node-1"))
    await control_plane.client.create(kinds.POD, pod("b"))

    found = await control_plane.client.list(kinds.POD, field_selector="spec.nodeName=node-1")

    assert names(found) == ["a"]


@pytest.mark.parametrize(
    ("kind", "selection", "text"),
    [
        (kinds.POD, {"field_selector": "spec.colour=red"}, "field label not supported: spec.colour"),
        (kinds.POD, {"label_selector": "a in b"}, "unable to parse requirement"),
        (kinds.CONFIG_MAP, {"continue_token": "nonsense!"}, "continue key is not valid"),
        (kinds.CONFIG_MAP, {"resource_version": "abc"}, "resourceVersion: Invalid value"),
    ],
)
async def test_bad_options(control_plane: ControlPlane, kind: Kind, selection: Any, text: str) -> None:
    with pytest.raises(BadRequest, match=text):
        await control_plane.client.list(kind, "default", **selection)


@pytest.mark.parametrize(
    "selection",
    [
        {"resource_version_match": "Exact"},
        {"resource_version_match": "Exact", "resource_version": "0"},
        {"resource_version_match": "NotOlderThan", "resource_version": "1", "continue_token": "x"},
        {"send_initial_events": True},
    ],
)
async def test_options_that_exclude_each_other(control_plane: ControlPlane, selection: Any) -> None:
    with pytest.raises(Invalid, match=r"ListOptions.meta.k8s.io \"\" is invalid: .*[Ff]orbidden"):
        await control_plane.client.list(kinds.CONFIG_MAP, **selection)


async def test_pages_show_one_revision(control_plane: ControlPlane) -> None:
    client = control_plane.client
    for number in range(7):
        await make(control_plane, f"n{number}")

    page = await client.list(kinds.CONFIG_MAP, "default", limit=3)
    first = page["metadata"]["resourceVersion"]
    assert page["metadata"]["remainingItemCount"] == 4
    await client.delete(kinds.CONFIG_MAP, "default", "n5")
    await make(control_plane, "n31")
    seen = names(page)
    while page["metadata"].get("continue"):
        token = page["metadata"]["continue"]
        page = await client.list(kinds.CONFIG_MAP, "default", limit=3, continue_token=token)
        assert page["metadata"]["resourceVersion"] == first
        seen += names(page)

    assert seen == [f"n{number}" for number in range(7)]


async def test_pages_with_a_selector(control_plane: ControlPlane) -> None:
    for number in range(9):
        await make(control_plane, f"n{number}", odd="yes" if number % 2 else "no")
    selection: Any = {"label_selector": "odd=no", "limit": 2}

    page = await control_plane.client.list(kinds.CONFIG_MAP, "default", **selection)
    pages = [names(page)]
    assert "remainingItemCount" not in page["metadata"]
    while token := page["metadata"].get("continue"):
        page = await control_plane.client.list(kinds.CONFIG_MAP, "default", **selection, continue_token=token)
        pages.append(names(page))

    assert pages == [["n0", "n2"], ["n4", "n6"], ["n8"]]


async def test_page_after_compaction_has_expired(control_plane: ControlPlane) -> None:
    for number in range(4):
        await make(control_plane, f"n{number}")
    page = await control_plane.client.list(kinds.CONFIG_MAP, "default", limit=2)
    await make(control_plane, "later")
    await control_plane.store.compact(control_plane.store.revision)

    with pytest.raises(Expired, match="continue parameter is too old"):
        await control_plane.client.list(
            kinds.CONFIG_MAP, "default", limit=2, continue_token=page["metadata"]["continue"]
        )


async def test_list_at_an_exact_past_revision(control_plane: ControlPlane) -> None:
    client = control_plane.client
    first = await make(control_plane, "a")
    await make(control_plane, "b")
    await client.delete(kinds.CONFIG_MAP, "default", "a")
    then = first["metadata"]["resourceVersion"]

    past = await client.list(
        kinds.CONFIG_MAP, "default", resource_version=then, resource_version_match="Exact"
    )
    now = await client.list(kinds.CONFIG_MAP, "default", resource_version=then)

    assert (names(past), names(now)) == (["a"], ["b"])
    assert past["metadata"]["resourceVersion"] == then
    await control_plane.store.compact(control_plane.store.revision)
    with pytest.raises(Expired):
        await client.list(kinds.CONFIG_MAP, "default", resource_version=then, resource_version_match="Exact")


async def test_revision_to_come_is_awaited_a_little(control_plane: ControlPlane) -> None:
    wanted = control_plane.store.revision + 1
    listing = asyncio.create_task(
        control_plane.client.list(kinds.CONFIG_MAP, "default", resource_version=str(wanted))
    )
    await asyncio.sleep(1)
    await make(control_plane, "a")

    assert names(await listing) == ["a"]


async def test_revision_far_ahead_times_out(control_plane: ControlPlane) -> None:
    with pytest.raises(ServerTimeout, match=r"^Timeout: Too large resource version: 999, current: \d+$"):
        await control_plane.client.list(kinds.CONFIG_MAP, resource_version="999")


async def test_watch_from_a_revision(control_plane: ControlPlane) -> None:
    start = control_plane.store.revision
    made = await make(control_plane, "a")
    await make(control_plane, "elsewhere", "kube-system")
    updated = await relabel(control_plane, made, x="y")
    gone = await control_plane.client.delete(kinds.CONFIG_MAP, "default", "a")

    watch = control_plane.client.watch(kinds.CONFIG_MAP, "default", resource_version=str(start))
    events = await take(watch, 3)

    assert [(e.type, revision(e.object)) for e in events] == [
        ("ADDED", revision(made)), ("MODIFIED", revision(updated)), ("DELETED", revision(gone)),
    ]  # fmt: skip


async def test_watch_without_a_revision_begins_with_what_is_there(control_plane: ControlPlane) -> None:
    await make(control_plane, "a")
    watch = control_plane.client.watch(kinds.CONFIG_MAP, "default")

    first = await anext(watch)
    await make(control_plane, "b")
    second = await anext(watch)

    assert [(e.type, e.object["metadata"]["name"]) for e in (first, second)] == [
        ("ADDED", "a"), ("ADDED", "b"),
    ]  # fmt: skip


async def test_object_that_begins_and_ceases_to_match(control_plane: ControlPlane) -> None:
    start = str(control_plane.store.revision)
    made = await make(control_plane, "a", tier="other")
    chosen = await relabel(control_plane, made, tier="x")
    changed = await relabel(control_plane, chosen, tier="x", more="yes")
    dropped = await relabel(control_plane, changed, tier="other")
    await control_plane.client.delete(kinds.CONFIG_MAP, "default", "a")
    await make(control_plane, "end", tier="x")

    watch = control_plane.client.watch(
        kinds.CONFIG_MAP, "default", resource_version=start, label_selector="tier=x"
    )
    events = await take(watch, 4)

    assert [(e.type, revision(e.object)) for e in events[:3]] == [
        ("ADDED", revision(chosen)), ("MODIFIED", revision(changed)), ("DELETED", revision(dropped)),
    ]  # fmt: skip
    assert events[2].object["metadata"]["labels"] == {"tier": "x", "more": "yes"}
    assert events[3].object["metadata"]["name"] == "end"


async def test_deletion_of_what_matched(control_plane: ControlPlane) -> None:
    await make(control_plane, "a", tier="x")
    await make(control_plane, "b", tier="y")
    start = str(control_plane.store.revision)
    await control_plane.client.delete(kinds.CONFIG_MAP, "default", "b")
    await control_plane.client.delete(kinds.CONFIG_MAP, "default", "a")

    watch = control_plane.client.watch(kinds.CONFIG_MAP, resource_version=start, label_selector="tier=x")

    event = await anext(watch)
    assert (event.type, event.object["metadata"]["name"]) == ("DELETED", "a")


async def test_initial_events_end_with_a_bookmark(control_plane: ControlPlane) -> None:
    await make(control_plane, "a")
    await make(control_plane, "b")
    watch = control_plane.client.watch(
        kinds.CONFIG_MAP, "default", send_initial_events=True, resource_version_match="NotOlderThan",
        allow_bookmarks=True,
    )  # fmt: skip

    events = await take(watch, 3)

    assert [e.type for e in events] == ["ADDED", "ADDED", "BOOKMARK"]
    assert events[2].object == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "resourceVersion": str(control_plane.store.revision),
            "creationTimestamp": None,
            "annotations": {"k8s.io/initial-events-end": "true"},
        },
    }


async def test_initial_events_need_a_match(control_plane: ControlPlane) -> None:
    with pytest.raises(Invalid, match="sendInitialEvents requires setting resourceVersionMatch"):
        await anext(control_plane.client.watch(kinds.CONFIG_MAP, send_initial_events=True))


async def test_bookmarks_follow_the_store_each_minute(control_plane: ControlPlane) -> None:
    start = str(control_plane.store.revision)
    watch = control_plane.client.watch(kinds.SECRET, resource_version=start, allow_bookmarks=True)
    began = asyncio.get_running_loop().time()
    waiting = asyncio.ensure_future(anext(watch))
    await asyncio.sleep(1)
    await make(control_plane, "other-kind")

    event = await waiting

    assert event.type == "BOOKMARK"
    assert revision(event.object) == control_plane.store.revision
    assert asyncio.get_running_loop().time() - began == pytest.approx(60)


async def test_no_bookmarks_unless_asked(control_plane: ControlPlane) -> None:
    watch = control_plane.client.watch(kinds.SECRET, timeout_seconds=300)

    assert [event async for event in watch] == []


async def test_watch_ends_after_its_timeout(control_plane: ControlPlane) -> None:
    start = str(control_plane.store.revision)
    began = asyncio.get_running_loop().time()
    watch = control_plane.client.watch(
        kinds.SECRET, resource_version=start, timeout_seconds=90, allow_bookmarks=True
    )

    types = [event.type async for event in watch]

    assert asyncio.get_running_loop().time() - began == pytest.approx(90)
    assert types == ["BOOKMARK", "BOOKMARK"]


async def test_watch_from_before_the_history(control_plane: ControlPlane) -> None:
    await make(control_plane, "a")
    await control_plane.store.compact(control_plane.store.revision)

    with pytest.raises(Expired, match=r"^too old resource version: 1 \(\d+\)$") as caught:
        await anext(control_plane.client.watch(kinds.CONFIG_MAP, resource_version="1"))
    assert caught.value.status()["code"] == 410


async def test_closing_a_watch_lets_go_of_it(control_plane: ControlPlane) -> None:
    watch: Any = control_plane.client.watch(kinds.CONFIG_MAP)
    async with aclosing(watch):
        await make(control_plane, "a")
        await anext(watch)
        assert control_plane.api.statistics().watches == 1
        assert control_plane.store.statistics().watchers == 1

    assert control_plane.api.statistics().watches == 0
    assert control_plane.store.statistics().watchers == 0


async def test_tables(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.POD, pod())

    table = await control_plane.client.list(kinds.POD, as_table=True)
    event = await anext(control_plane.client.watch(kinds.POD, as_table=True))

    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert table["metadata"]["resourceVersion"] == str(control_plane.store.revision)
    assert table["columnDefinitions"][0]["name"] == "Name"
    (row,) = table["rows"]
    assert row["cells"][:3] == ["web", "0/1", "Pending"]
    assert row["object"] == await control_plane.client.get(kinds.POD, "default", "web")
    assert event.object["rows"] == table["rows"]


async def test_both_views_of_an_event(control_plane: ControlPlane) -> None:
    client = control_plane.client
    about = {"kind": "Pod", "namespace": "default", "name": "web", "uid": "u"}
    event = {
        "metadata": {"name": "web.1", "namespace": "default"}, "involvedObject": about, "type": "Normal",
        "reason": "Pulled", "message": "done", "source": {"component": "kubelet"}, "count": 2,
        "firstTimestamp": "2026-01-01T00:00:00Z", "lastTimestamp": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    made = await client.create(kinds.EVENT, event)

    (seen,) = (await client.list(kinds.EVENTS_EVENT, field_selector="regarding.name=web"))["items"]
    deleted = await client.delete(kinds.EVENTS_EVENT, "default", "web.1")

    assert (seen["apiVersion"], seen["note"], seen["regarding"]) == ("events.k8s.io/v1", "done", about)
    assert (seen["deprecatedCount"], seen["deprecatedSource"]) == (2, {"component": "kubelet"})
    assert seen["metadata"] == made["metadata"]
    assert deleted["note"] == "done"
    assert (await client.list(kinds.EVENT))["items"] == []


async def test_statistics_count_requests(control_plane: ControlPlane) -> None:
    await make(control_plane, "a")
    with pytest.raises(ApiError):
        await make(control_plane, "a")

    statistics = control_plane.api.statistics()

    assert statistics.requests["create"] == 2
    assert statistics.errors == {409: 1}
    assert statistics.in_flight == 0
    good, bad = control_plane.api.recent_requests()[-2:]
    assert (good.verb, good.path, good.code, good.agent) == (
        "create", "/api/v1/namespaces/default/configmaps", 201, "test",
    )  # fmt: skip
    assert (bad.code, bad.milliseconds >= 0) == (409, True)


async def test_missing_object_in_a_watch_of_one_name(control_plane: ControlPlane) -> None:
    """What `kubectl get NAME -w` sends."""
    await control_plane.client.create(kinds.CONFIG_MAP, config_map("other"))
    watch = control_plane.client.watch(
        kinds.CONFIG_MAP, "default", resource_version="0", field_selector="metadata.name=wanted"
    )
    waiting = asyncio.ensure_future(anext(watch))
    await asyncio.sleep(1)
    await control_plane.client.create(kinds.CONFIG_MAP, config_map("wanted"))

    assert (await waiting).object["metadata"]["name"] == "wanted"
