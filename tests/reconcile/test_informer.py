"""Informers keep a cache true through everything that can happen to a watch."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.reconcile.transport import ScriptedTransport, config_map
from tuik8s.api import kinds
from tuik8s.api.errors import Expired, ServiceUnavailable
from tuik8s.api.request import Verb
from tuik8s.reconcile import Informer, Informers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


@asynccontextmanager
async def informing(transport: ScriptedTransport) -> AsyncIterator[tuple[Informer, list[tuple[str, str]]]]:
    """A running informer and the changes it told of, as (what, name)."""
    informer = Informer(transport.client, kinds.CONFIG_MAP)
    told: list[tuple[str, str]] = []

    def handler(old: Obj | None, new: Obj | None) -> None:
        what = "add" if old is None else "delete" if new is None else "update"
        told.append((what, (new or old or {})["metadata"]["name"]))

    informer.subscribe(handler)
    running = asyncio.create_task(informer.run())
    await informer.synced.wait()
    try:
        yield informer, told
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_lists_then_watches_from_there() -> None:
    transport = ScriptedTransport()
    transport.revision = 5
    transport.objects["a"] = config_map("a", 3)
    async with informing(transport) as (informer, told):
        assert told == [("add", "a")]
        transport.push("ADDED", config_map("b", 6))
        transport.push("MODIFIED", config_map("a", 7))
        transport.push("DELETED", config_map("b", 8))
        await informer.reached(8)
        assert told == [("add", "a"), ("add", "b"), ("update", "a"), ("delete", "b")]
        assert [obj["metadata"]["name"] for obj in informer.list()] == ["a"]
        watch = next(request for request in transport.requests if request.verb is Verb.WATCH)
        assert watch.selection.resource_version == "5"
        assert watch.selection.allow_bookmarks
        assert transport.lists() == 1


async def test_a_watch_that_ends_is_resumed_without_listing() -> None:
    transport = ScriptedTransport()
    async with informing(transport) as (informer, _):
        transport.push("ADDED", config_map("a", 4))
        transport.end_watch()
        transport.push("ADDED", config_map("b", 9))
        await informer.reached(9)
        assert transport.lists() == 1
        versions = [r.selection.resource_version for r in transport.requests if r.verb is Verb.WATCH]
        assert versions == ["1", "4"]


async def test_bookmarks_move_the_place_to_resume_from() -> None:
    transport = ScriptedTransport()
    async with informing(transport) as (informer, told):
        transport.push("BOOKMARK", {"metadata": {"resourceVersion": "40"}})
        transport.fail(ServiceUnavailable("the server is restarting"))
        await informer.reached(40)
        await asyncio.sleep(60)
        assert told == []
        assert transport.requests[-1].selection.resource_version == "40"


async def test_history_gone_lists_again_and_finds_what_was_missed() -> None:
    transport = ScriptedTransport()
    transport.objects = {name: config_map(name, 1) for name in ("stays", "changes", "goes")}
    async with informing(transport) as (informer, told):
        told.clear()
        transport.objects = {
            "stays": config_map("stays", 1),
            "changes": config_map("changes", 50),
            "comes": config_map("comes", 51),
        }
        transport.revision = 60
        transport.fail(Expired("too old resource version: 1 (55)"))
        await informer.reached(60)
        assert sorted(told) == [("add", "comes"), ("delete", "goes"), ("update", "changes")]
        assert transport.lists() == 2


async def test_errors_back_off_and_keep_the_cache() -> None:
    transport = ScriptedTransport()
    transport.objects["a"] = config_map("a", 1)
    async with informing(transport) as (informer, _):
        began = len(transport.requests)
        for _attempt in range(5):
            transport.fail(ServiceUnavailable("no"))
        await asyncio.sleep(3)
        assert informer.list() != []
        tries = len(transport.requests) - began
        assert 1 <= tries <= 4, "no busy loop"


async def test_a_watch_that_always_ends_at_once_is_no_busy_loop() -> None:
    transport = ScriptedTransport()
    async with informing(transport):
        for _ in range(1000):
            transport.end_watch()
        began = len(transport.requests)
        await asyncio.sleep(30)
        assert len(transport.requests) - began < 20


async def test_a_first_list_that_fails_is_tried_again() -> None:
    transport = ScriptedTransport()
    transport.list_errors = [ServiceUnavailable("starting"), ServiceUnavailable("starting")]
    async with informing(transport) as (informer, _):
        assert transport.lists() == 3
        assert informer.statistics().lists == 1


async def test_indexes_follow_every_change() -> None:
    transport = ScriptedTransport()
    transport.objects["a"] = config_map("a", 1, data={"color": "red"})
    async with informing(transport) as (informer, _):
        informer.add_index("color", lambda obj: [obj.get("data", {}).get("color", "none")])
        assert [obj["metadata"]["name"] for obj in informer.by_index("color", "red")] == ["a"]
        transport.push("MODIFIED", config_map("a", 2, data={"color": "blue"}))
        transport.push("ADDED", config_map("b", 3, data={"color": "blue"}))
        await informer.reached(3)
        assert list(informer.by_index("color", "red")) == []
        assert len(list(informer.by_index("color", "blue"))) == 2
        transport.push("DELETED", config_map("b", 4, data={"color": "blue"}))
        await informer.reached(4)
        assert len(list(informer.by_index("color", "blue"))) == 1
        assert len(informer.list("default")) == 1
        assert informer.list("elsewhere") == []


async def test_a_late_subscriber_hears_of_what_is_there() -> None:
    transport = ScriptedTransport()
    transport.objects["a"] = config_map("a", 1)
    async with informing(transport) as (informer, _):
        heard: list[Obj | None] = []
        informer.subscribe(lambda _, new: heard.append(new))
        assert heard == [transport.objects["a"]]


async def test_a_handler_that_fails_does_not_stop_the_others() -> None:
    transport = ScriptedTransport()
    async with informing(transport) as (informer, _):

        def broken(_: Obj | None, __: Obj | None) -> None:
            raise KeyError("metadata")

        heard: list[str] = []
        informer.subscribe(broken)
        informer.subscribe(lambda _, new: heard.append((new or {})["metadata"]["name"]))
        transport.push("ADDED", config_map("a", 2))
        transport.push("ADDED", config_map("b", 3))
        await informer.reached(3)
        assert heard == ["a", "b"]


async def test_one_informer_per_kind_is_shared() -> None:
    informers = Informers(ScriptedTransport().client)
    assert informers.of(kinds.POD) is informers.of(kinds.POD)
    assert informers.get(kinds.NODE) is None
    assert len(list(informers)) == 1
