"""Logs: the ring, what reaches the terminal, following, and the feed across restarts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.tui.conftest import run_stage
from tests.tui.fakes import FakeTransport, deployment, fake_client, pod
from tuik8s.api.errors import BadRequest, NotFound
from tuik8s.api.kinds import DEPLOYMENT, POD
from tuik8s.tui.feed.logs import LogFeed, LogWindow
from tuik8s.tui.rows.log_buffer import LogBuffer, colored, plain, printable, split_time
from tuik8s.tui.rows.log_sources import LogSource, sources_of
from tuik8s.tui.rows.model import TableModel
from tuik8s.tui.widgets.log import LogView

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.message import Message

    from tests.tui.conftest import Stage
    from tuik8s.api.request import User
    from tuik8s.client import LogOptions


def test_the_ring_keeps_the_latest_and_counts_the_rest() -> None:
    buffer = LogBuffer(limit=80)
    for number in range(1000):
        buffer.append("", "", f"line {number}")
    assert 80 <= len(buffer.lines) <= 90
    assert buffer.lines[-1].text == "line 999"
    assert buffer.lost + len(buffer.lines) == 1000
    assert buffer.lines[0].number == buffer.lost


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        ("a\x1b[2Jb\x1b[10;10Hc", "abc"),
        ("\x1b]0;title\x07rest", "rest"),
        ("\x1b]52;c;cm0=\x1b\\x", "x"),
        ("bell\x07 back\x08", "bell back"),
        ("\x1bcreset", "reset"),
        ("a\tb", "a       b"),
        ("\x9b2Jx", "2Jx"),
    ],
)
def test_only_colours_reach_the_terminal(raw: str, safe: str) -> None:
    assert printable(raw) == safe
    assert "\x1b" not in plain(raw)


def test_colours_become_styles_and_markup_stays_text() -> None:
    text = colored("[bold]x\x1b[31mred\x1b[0m[/oops]")
    assert text.plain == "[bold]xred[/oops]"
    assert len(text.spans) == 1


def test_timestamps_are_split_off() -> None:
    assert split_time("2026-01-02T11:58:20.000000001Z hello you") == (
        "2026-01-02T11:58:20.000000001Z",
        "hello you",
    )
    assert split_time("no time here") == ("", "no time here")
    assert split_time("") == ("", "")


class _Scripted(FakeTransport):
    """Each connection to a log gives the next item of the script, or raises it."""

    def __init__(self, *script: list[bytes] | Exception) -> None:
        super().__init__()
        self.script = list(script)

    async def logs(self, user: User, namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        self.log_requests.append((namespace, pod, options))
        item = self.script.pop(0) if self.script else NotFound.of("pods", pod)
        if isinstance(item, Exception):
            raise item
        for line in item:
            yield line


def _line(second: int, text: str) -> bytes:
    return f"2026-01-02T11:58:{second:02d}.000000000Z {text}\n".encode()


@pytest.mark.looptime
async def test_the_feed_goes_on_after_a_restart_without_repeating_lines() -> None:
    transport = _Scripted(
        BadRequest('container "main" in pod "a" is waiting to start: ContainerCreating'),
        [_line(1, "one"), _line(2, "two")],
        [_line(2, "two"), _line(3, "three")],
    )
    messages: list[Message] = []
    feed = LogFeed(fake_client(transport), "test", messages.append, limit=100)
    feed.follow([LogSource("default", "a", "main")])
    await asyncio.sleep(0.5)
    assert list(feed.states.values()) == [
        'container "main" in pod "a" is waiting to start: ContainerCreating'
    ]
    await asyncio.sleep(30)
    assert [line.text for line in feed.buffer.lines] == ["one", "two", "three"]
    assert list(feed.states.values()) == ['pods "a" not found']
    assert transport.log_requests[2][2].since is not None
    await feed.close()


@pytest.mark.looptime
async def test_a_flood_is_announced_at_most_four_times_a_second() -> None:
    transport = _Scripted([_line(n % 60, f"line {n}") for n in range(5_000)])
    messages: list[Message] = []
    feed = LogFeed(fake_client(transport), "test", messages.append, limit=1_000)
    feed.follow([LogSource("default", "a")], LogWindow(tail=None))
    await asyncio.sleep(1)
    assert feed.buffer.end == 5_000
    assert 1 <= len(messages) <= 5
    await feed.close()


def test_a_deployment_has_the_logs_of_its_pods() -> None:
    def model(items: list[tuple[dict[str, object], list[object]]]) -> TableModel:
        found = TableModel(namespaced=True)
        found.replace([{"cells": cells, "object": obj} for obj, cells in items])
        return found

    pods = list(model([pod("web-1-aaaaa"), pod("api-1-bbbbb", app="api"), pod("web-1-ccccc")]).rows.values())
    row = next(iter(model([deployment("web", "default", 2, 2, 10, "img")]).rows.values()))
    sources = sources_of(DEPLOYMENT, row, pods)
    assert sources is not None
    assert [source.label for source in sources] == ["aaaaa", "ccccc"]
    assert sources_of(POD, pods[0], []) == [LogSource("default", "web-1-aaaaa", "main")]


async def _with_log(stage: Stage, count: int) -> LogView:
    view = stage.app.main.query_one("#logs", LogView)
    buffer = LogBuffer(200)
    for number in range(count):
        buffer.append("", f"2026-01-02T11:58:20.{number:09d}Z", f"line {number} {'x' * 100}")
    view.show(buffer)
    stage.app.main.board.activate("logs")
    await stage.settle()
    return view


async def test_following_stops_when_the_person_scrolls_and_keeps_the_place() -> None:
    async with run_stage() as stage:
        view = await _with_log(stage, 50)
        assert "line 49" in stage.text_of(view)
        await stage.press("k", "k")
        for number in range(50, 400):
            view.buffer.append("", "", f"line {number}")
        view.refresh_lines_shown()
        await stage.settle()
        assert view.buffer.lost > 0
        assert "follow" not in view.states
        assert "line 399" not in stage.text_of(view)
        await stage.press("end")
        assert "line 399" in stage.text_of(view)
        assert "lost" in stage.screen()


async def test_the_line_under_the_eye_stays_while_old_ones_leave() -> None:
    async with run_stage() as stage:
        view = await _with_log(stage, 200)
        await stage.press("pageup")
        first = view.render_line(0).text
        for number in range(60):
            view.buffer.append("", "", f"new {number}")
        view.refresh_lines_shown()
        await stage.settle()
        assert view.buffer.lost > 0
        assert view.render_line(0).text == first


async def test_search_wrap_and_timestamps() -> None:
    async with run_stage() as stage:
        view = await _with_log(stage, 100)
        await stage.press("/", *"line 42", "enter")
        assert "line 42" in stage.text_of(view)
        assert not view.following
        before = view.virtual_size.height
        await stage.press("w")
        assert view.virtual_size.height > before
        await stage.press("T")
        assert "2026-01-02T11:58:20" in stage.text_of(view)
        view.set_search("line 9")
        await stage.press("n")
        await stage.press("N")
        assert "line 9" in stage.text_of(view)


async def test_a_very_long_line_is_clipped_not_fatal() -> None:
    async with run_stage() as stage:
        view = await _with_log(stage, 1)
        view.buffer.append("", "", "y" * 90_000)
        view.refresh_lines_shown()
        await stage.press("w")
        assert "yyy" in stage.text_of(view)
        assert view.virtual_size.height < 200
