"""Logs of several containers: whose they are, their order, and the screen that shows them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.tui.conftest import run_stage
from tests.tui.fakes import NOW, FakeTransport, fake_client, pod
from tests.tui_actions.test_dialogs import start
from tuik8s.api.errors import BadRequest
from tuik8s.api.kinds import DEPLOYMENT, POD
from tuik8s.tui.feed.logs import LogWindow
from tuik8s.tui.feed.merged_logs import MergedLogFeed
from tuik8s.tui.rows.log_choice import all_sources, containers_of
from tuik8s.tui.rows.log_sources import LogSource
from tuik8s.tui.rows.model import Row
from tuik8s.tui.screens.dialogs import ChoiceDialog
from tuik8s.tui.screens.logs import LogScreen
from tuik8s.tui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tuik8s.api.objects import Obj
    from tuik8s.api.request import User
    from tuik8s.client import LogOptions

WEB: Obj = {
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default", "uid": "w"},
    "spec": {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"spec": {"containers": [{"name": "main"}]}},
    },
}


def row(name: str, *containers: str, **options: Any) -> Row:
    obj, cells = pod(name, **options)
    if containers:
        obj["spec"]["containers"] = [{"name": container} for container in containers]
    meta = obj["metadata"]
    return Row(meta["uid"], meta["namespace"], name, tuple(cells), obj, 0)


def test_a_pod_with_one_container_needs_no_label() -> None:
    only = row("web-1")
    assert all_sources(POD, only.object, []) == [LogSource("default", "web-1", "main", "")]


def test_containers_of_one_pod_are_told_apart_by_their_names() -> None:
    several = row("web-1", "app", "sidecar")
    several.object["spec"]["initContainers"] = [{"name": "setup"}]
    assert containers_of(POD, several.object) == ["setup", "app", "sidecar"]
    assert [source.label for source in all_sources(POD, several.object, [])] == ["setup", "app", "sidecar"]
    assert [source.container for source in all_sources(POD, several.object, [], "app")] == ["app"]


def test_pods_of_a_workload_carry_pod_and_container() -> None:
    pods = [row("web-7d9f-2xk4m", "app", "proxy"), row("web-7d9f-9qwzt", "app"), row("db-0", "db", app="db")]
    found = all_sources(DEPLOYMENT, WEB, pods)
    assert [source.label for source in found] == ["2xk4m app", "2xk4m proxy", "9qwzt app"]


def test_short_suffixes_give_way_to_whole_names() -> None:
    found = all_sources(DEPLOYMENT, WEB, [row("web-0"), row("web-1")])
    assert [source.label for source in found] == ["web-0", "web-1"]


class Streams(FakeTransport):
    """Logs by pod that a test can add to; `refuse` makes a pod's log unavailable."""

    def __init__(self) -> None:
        super().__init__()
        self.queues: dict[str, asyncio.Queue[bytes]] = {}
        self.refuse: set[str] = set()

    async def logs(self, user: User, namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        self.log_requests.append((namespace, pod, options))
        if pod in self.refuse:
            raise BadRequest(f"container in pod {pod} is waiting to start")
        for line in self.log_lines.get((namespace, pod), []):
            yield line
        queue = self.queues.setdefault(pod, asyncio.Queue())
        while options.follow:
            line = await queue.get()
            if not line:
                return
            yield line


def lines(*seconds: int, word: str) -> list[bytes]:
    return [b"2026-01-02T11:00:%02d.000000000Z %s %d\n" % (s, word.encode(), s) for s in seconds]


def feed_of(streams: Streams) -> MergedLogFeed:
    return MergedLogFeed(fake_client(streams), "test", lambda message: None, limit=100)


def shown(feed: MergedLogFeed) -> list[str]:
    return [f"{line.source}:{line.text}" for line in feed.buffer.lines]


A, B, C = (LogSource("default", name, "main", name) for name in "abc")

looptime = pytest.mark.looptime


@looptime
async def test_the_past_of_all_is_in_order_of_time_and_nothing_comes_twice() -> None:
    streams = Streams()
    streams.log_lines = {("default", "a"): lines(1, 4, word="x"), ("default", "b"): lines(2, 3, 5, word="y")}
    feed = feed_of(streams)
    feed.show([A, B], LogWindow())
    await asyncio.sleep(0.1)
    assert shown(feed) == ["a:x 1", "b:y 2", "b:y 3", "a:x 4", "b:y 5"]
    streams.queues["a"].put_nowait(lines(6, word="x")[0])
    await asyncio.sleep(0.1)
    assert shown(feed)[-1] == "a:x 6"
    await feed.close()


@looptime
async def test_pods_that_come_later_are_taken_in_and_lines_of_those_gone_stay() -> None:
    streams = Streams()
    streams.log_lines = {("default", name): lines(n, word=name) for n, name in enumerate("abc")}
    feed = feed_of(streams)
    feed.show([A, B], LogWindow())
    await asyncio.sleep(0.1)
    feed.update([B, C])
    await asyncio.sleep(0.1)
    assert shown(feed) == ["a:a 0", "b:b 1", "c:c 2"]
    await feed.close()


@looptime
async def test_a_stream_that_ends_is_resumed_after_the_last_line() -> None:
    streams = Streams()
    streams.log_lines["default", "a"] = lines(1, 2, word="x")
    feed = feed_of(streams)
    feed.show([A], LogWindow())
    await asyncio.sleep(0.1)
    streams.log_lines["default", "a"] = lines(1, 2, 3, word="x")
    streams.queues["a"].put_nowait(b"")
    await asyncio.sleep(2)
    assert shown(feed) == ["a:x 1", "a:x 2", "a:x 3"]
    await feed.close()


@looptime
async def test_one_source_that_refuses_keeps_no_other_back() -> None:
    streams = Streams()
    streams.log_lines["default", "b"] = lines(1, word="y")
    streams.refuse.add("a")
    feed = feed_of(streams)
    feed.show([A, B], LogWindow())
    await asyncio.sleep(0.1)
    assert shown(feed) == ["b:y 1"]
    assert feed.states[A] == "container in pod a is waiting to start"
    await feed.close()


@looptime
async def test_a_previous_run_is_not_followed() -> None:
    streams = Streams()
    streams.log_lines = {("default", name): lines(1, word=name) for name in "ab"}
    feed = feed_of(streams)
    feed.show([A, B], LogWindow(previous=True))
    await asyncio.sleep(60)
    assert all(options.previous and not options.follow for _, _, options in streams.log_requests)
    assert len(streams.log_requests) == 2
    await feed.close()


CRASH = "web-7d9f8c6b5-9qwzt"


async def test_the_screen_shows_the_log_of_a_pod_and_its_window() -> None:
    async with run_stage() as stage:
        view = await start(stage, "object.logs", POD, CRASH)
        assert isinstance(view, LogScreen)
        assert "FATAL cannot reach" in stage.screen()
        await stage.press("3")
        _, _, options = stage.transport.log_requests[-1]
        assert (options.since, options.tail_lines) == (NOW - timedelta(minutes=5), None)
        assert "last 5m" in stage.screen()
        await stage.press("p")
        _, _, options = stage.transport.log_requests[-1]
        assert options.previous
        assert "previous run" in stage.screen()
        await stage.press("q")
        assert stage.app.screen is stage.app.main


async def test_previous_logs_start_with_the_previous_run() -> None:
    async with run_stage() as stage:
        await start(stage, "object.previous_logs", POD, CRASH)
        assert stage.transport.log_requests[-1][2].previous


async def test_a_workloads_new_pods_are_picked_up() -> None:
    async with run_stage() as stage:
        await start(stage, "object.logs", DEPLOYMENT, "web")
        assert "3 pods" in stage.screen()
        stage.transport.log_lines["default", "web-7d9f8c6b5-fresh"] = lines(9, word="hello")
        stage.transport.put(POD, *pod("web-7d9f8c6b5-fresh"))
        await stage.pilot.pause(0.7)
        await stage.settle()
        assert "4 pods" in stage.screen()
        assert "fresh hello 9" in stage.screen()


async def test_one_container_can_be_chosen() -> None:
    async with run_stage() as stage:
        obj, cells = pod("both")
        obj["spec"]["containers"] = [{"name": "app"}, {"name": "sidecar"}]
        stage.transport.put(POD, obj, cells)
        await start(stage, "object.logs", POD, "both")
        await stage.press("C")
        assert isinstance(stage.app.screen, ChoiceDialog)
        await stage.press("down", "down", "enter")
        assert stage.transport.log_requests[-1][2].container == "sidecar"
        assert "container sidecar" in stage.screen()


async def test_search_stops_following_and_escape_ends_the_search_first() -> None:
    async with run_stage() as stage:
        view: Any = await start(stage, "object.logs", POD, CRASH)
        await stage.press("/", *"fatal", "enter")
        assert not view.view.following
        assert "/fatal" in stage.screen()
        await stage.press("escape")
        assert (stage.app.screen, view.view.search) == (view, "")
        await stage.press("escape")
        assert stage.app.screen is stage.app.main


async def test_saving_writes_every_line_kept(tmp_path: Path) -> None:
    async with run_stage() as stage:
        view: Any = await start(stage, "object.logs", POD, CRASH)
        await stage.press("ctrl+s")
        field = stage.app.screen.query_one("Input")
        assert field.value == f"{CRASH}.log"  # type: ignore[attr-defined]
        field.value = str(tmp_path / "out.log")  # type: ignore[attr-defined]
        await stage.press("enter")
        saved = (tmp_path / "out.log").read_text()
        assert saved == view.whole_text()
        assert saved.splitlines()[1].startswith("FATAL cannot reach db-0.db:5432")


async def test_lost_lines_are_counted_in_the_title() -> None:
    async with run_stage(settings=Settings(log_lines=20)) as stage:
        await start(stage, "object.logs", POD, "api-5c7b9d-hh2vl")
        assert "lost 20" in stage.screen() or "lost 1" in stage.screen()
