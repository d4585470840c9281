"""The main screen as a person meets it: keys in, panes out."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.text import Text
from textual import events

from tests.tui.conftest import run_stage
from tests.tui.fakes import FakeInfo, FakeVitals, pod
from tuik8s.api.kinds import POD
from tuik8s.tui.settings import Settings
from tuik8s.tui.widgets.table_canvas import TIGHTENED_EVERY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tuik8s.api.objects import Obj
    from tuik8s.tui.host import DescribeContext, Host, Target


HANDLED = ("object.describe", "object.yaml", "object.logs", "pod.shell", "workload.scale", "object.delete")


def _about(obj: Obj, context: DescribeContext) -> list[Text]:
    return [Text(f"About {obj['metadata']['name']}")]


async def _nothing(host: Host, targets: tuple[Target, ...]) -> None:
    return None


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_layouts(size: tuple[int, int], same_as_snapshot: Callable[[str, str], None]) -> None:
    handlers = dict.fromkeys(HANDLED, _nothing)
    async with run_stage(size, describer=_about, handlers=handlers) as stage:
        await stage.press("end", "up")
        same_as_snapshot(f"main-{size[0]}x{size[1]}", stage.screen())


async def test_events_and_logs_follow_the_cursor() -> None:
    async with run_stage() as stage:
        main = stage.app.main
        main.subject_table.select("uid-default-web-7d9f8c6b5-9qwzt")
        await stage.settle()
        events = stage.text_of(main.table("events"))
        assert "BackOff" in events
        assert "FailedScheduling" not in events
        assert "FATAL cannot reach db-0.db:5432" in stage.text_of(main.query_one("#logs"))


async def test_a_deployments_events_include_those_of_its_pods() -> None:
    async with run_stage() as stage:
        await stage.press("g", "d", "end")
        events = stage.text_of(stage.app.main.table("events"))
        assert "ScalingReplicaSet" in events
        assert "Unhealthy" in events
        assert "FailedScheduling" not in events


async def test_filter_narrows_highlights_and_is_cleared_by_escape() -> None:
    async with run_stage() as stage:
        table = stage.app.main.table("main")
        await stage.press("/", *"web", "enter")
        assert len(table.order) == 3
        assert "/web" in stage.screen()
        await stage.press("escape")
        assert len(table.order) == 9


async def test_filter_by_label_and_inverse() -> None:
    async with run_stage() as stage:
        table = stage.app.main.table("main")
        await stage.press("/", *"-l app=api", "enter")
        assert {row.name for row in table.targets()} == {"api-5c7b9d-hh2vl"}
        assert len(table.order) == 2
        await stage.press("/", *["backspace"] * 11, *"!web", "enter")
        assert len(table.order) == 6


async def test_a_wrong_selector_is_reported_not_applied() -> None:
    async with run_stage() as stage:
        await stage.press("/", *"-l a=(", "enter")
        assert len(stage.app.main.table("main").order) == 9
        assert "filter:" in stage.screen()


async def test_namespaces_are_a_set_of_number_keys() -> None:
    async with run_stage() as stage:
        table = stage.app.main.table("main")
        await stage.press("2")
        assert {row.namespace for row in table._rows()} == {"prod"}
        await stage.press("1")
        assert {row.namespace for row in table._rows()} == {"default", "prod"}
        await stage.press("0")
        assert len(table.order) == 9


async def test_enter_drills_and_escape_returns_to_the_same_row() -> None:
    async with run_stage() as stage:
        main = stage.app.main
        await stage.press("g", "d", "down", "down", "enter")
        assert {row.name[:3] for row in main.table("main")._rows()} == {"web"}
        assert main.board.active == "main"
        await stage.press("escape")
        assert main.board.active == "deployments"
        assert len(main.table("main").order) == 9
        row = main.table("deployments").cursor_row
        assert row is not None
        assert row.name == "web"


async def test_node_enter_shows_its_pods_and_pod_enter_its_logs() -> None:
    async with run_stage() as stage:
        main = stage.app.main
        await stage.press("g", "n", "down", "enter")
        assert {row.object["spec"]["nodeName"] for row in main.table("main")._rows()} == {"node-2"}
        await stage.press("enter")
        assert main.board.active == "logs"


async def test_command_line_shows_kinds_objects_namespaces() -> None:
    async with run_stage() as stage:
        main = stage.app.main
        await stage.press(":", *"cm", "enter")
        assert "settings" in stage.text_of(main.table("main"))
        await stage.press(":", *"deploy web", "enter")
        row = main.subject_table.cursor_row
        assert main.board.active == "deployments"
        assert row is not None
        assert row.name == "web"
        await stage.press(":", *"ns kube-system,prod", "enter")
        assert main.namespaces == {"kube-system", "prod"}
        await stage.press(":", *"nonsense", "enter")
        assert "'nonsense' is neither a kind nor a command" in stage.screen()


async def test_zoom_fills_the_board_and_comes_back() -> None:
    async with run_stage() as stage:
        board = stage.app.main.board
        await stage.press("z")
        assert board.visible_panes == {"main"}
        await stage.press("z")
        assert len(board.visible_panes) == 7


async def test_tab_visits_every_pane_even_where_few_are_visible() -> None:
    async with run_stage((80, 24)) as stage:
        seen = []
        for _ in range(8):
            await stage.press("tab")
            seen.append(stage.app.main.board.active)
        assert {"events", "logs", "nodes", "deployments"} <= set(seen)


async def test_marks_advance_and_survive_changes() -> None:
    async with run_stage() as stage:
        table = stage.app.main.table("main")
        await stage.press("space", "space")
        assert [row.name for row in table.targets()] == ["api-5c7b9d-hh2vl", "api-5c7b9d-p0s8r"]
        stage.transport.put(POD, *pod("aaa-first"))
        await stage.settle()
        assert [row.name for row in table.targets()] == ["api-5c7b9d-hh2vl", "api-5c7b9d-p0s8r"]
        row = table.cursor_row
        assert row is not None
        assert row.name == "db-0"


async def test_room_that_no_row_needs_any_more_is_given_back() -> None:
    async with run_stage() as stage:
        table = stage.app.main.table("main")

        async def header_with(status: str, seconds: int = 0) -> str:
            stage.transport.put(POD, *pod("web-0", status=status, node="node-1"))
            await stage.settle()
            for _ in range(seconds):
                stage.app.main.every_second()
            await stage.settle()
            return stage.text_of(table).splitlines()[0]

        narrow = await header_with("Running")
        wide = await header_with("Init:CrashLoopBackOff")
        assert wide.index("RESTARTS") - wide.index("STATUS") > narrow.index("RESTARTS") - narrow.index(
            "STATUS"
        )
        assert await header_with("Running") == wide
        assert await header_with("Running", seconds=TIGHTENED_EVERY) == narrow


async def test_a_vanished_row_leaves_the_cursor_with_its_neighbour() -> None:
    async with run_stage() as stage:
        table = stage.app.main.table("main")
        await stage.press("down", "down")
        stage.transport.remove(POD, "uid-prod-db-0")
        await stage.settle()
        row = table.cursor_row
        assert row is not None
        assert row.name == "dns-6f5d4-lm3tz"


async def test_markup_in_data_is_shown_as_it_is() -> None:
    async with run_stage() as stage:
        obj, cells = pod("a-[/oops]")
        obj["metadata"]["namespace"] = "[red]ns"
        cells[2] = "[bold]\x1b[31mEvil\n"
        stage.transport.put(POD, obj, cells)
        await stage.settle()
        await stage.press("home")
        stage.app.notice("[/broken] notice [bold")
        await stage.press("/", *"[/oops]", "enter")
        screen = stage.screen()
        assert "a-[/oops]" in screen
        assert "[red]ns" in screen
        assert "[bold]·[31mEvil" in screen
        assert "[/broken] notice [bold" in screen


async def test_resizing_moves_between_layouts() -> None:
    async with run_stage((200, 60)) as stage:
        board = stage.app.main.board
        assert "describe" in board.visible_panes
        await stage.pilot.resize_terminal(80, 24)
        await stage.settle()
        assert board.visible_panes == {"main", "events"}
        await stage.pilot.resize_terminal(120, 40)
        await stage.settle()
        assert len(board.visible_panes) == 7
        await stage.pilot.resize_terminal(20, 5)
        await stage.settle()
        assert "main" in board.visible_panes


async def test_a_lost_api_is_a_banner_over_the_last_known_state() -> None:
    async with run_stage() as stage:
        stage.transport.break_down("etcd is gone")
        await stage.settle()
        assert "API lost: etcd is gone" in stage.screen()
        assert "web-7d9f" in stage.screen()
        stage.transport.down = ""
        await stage.pilot.pause(0.8)
        assert "API lost" not in stage.screen()


async def test_what_is_wrong_with_the_cluster_is_a_banner_until_it_is_right_again() -> None:
    info = FakeInfo()
    async with run_stage(info=info) as stage:
        info.troubles = ["docker 28.1 does not answer: [b]nodes are not ready[/b]"]
        stage.app.main.every_second()
        await stage.settle()
        assert "docker 28.1 does not answer: [b]nodes are not ready[/b]" in stage.screen()
        info.troubles = []
        stage.app.main.every_second()
        await stage.settle()
        assert "does not answer" not in stage.screen()


async def test_expired_history_is_listed_anew() -> None:
    async with run_stage() as stage:
        before = stage.transport.lists
        stage.transport.expire(POD)
        await stage.settle()
        assert stage.transport.lists == before + 1
        stage.transport.put(POD, *pod("after-relist"))
        await stage.settle()
        assert "after-relist" in stage.screen()


async def test_keys_file_remaps_and_reports(tmp_path: Path) -> None:
    keys = tmp_path / "keys.yaml"
    keys.write_text("view.zoom: Z\nno.such: x\nview.theme: ':'\n")
    async with run_stage(settings=Settings(keys_file=keys)) as stage:
        screen = stage.screen()
        assert "unknown action 'no.such'" in screen
        assert "taken by view.command" in screen
        await stage.press("Z")
        assert stage.app.main.board.visible_panes == {"main"}
        await stage.press("z")
        assert stage.app.main.board.visible_panes == {"main"}
        assert "Z zoom" in stage.screen()


async def test_help_is_generated_from_the_registry() -> None:
    async with run_stage((120, 40)) as stage:
        await stage.press("?")
        screen = stage.screen()
        assert "Let the pane fill the screen" in screen
        assert "view.zoom" in screen
        await stage.press("escape")
        assert stage.app.screen is stage.app.main


async def test_help_wraps_on_a_small_screen_and_keeps_the_ids_in_sight() -> None:
    async with run_stage((80, 24)) as stage:
        await stage.press("?")
        screen = stage.screen()
        assert "objects of a kind                                    nav.enter" in screen
        assert "view.command" in screen


async def test_themes_cycle() -> None:
    async with run_stage() as stage:
        seen = set()
        for _ in range(4):
            await stage.press("t")
            seen.add(stage.app.theme)
        assert seen == {"tuik8s-dark", "tuik8s-light", "ansi-dark", "ansi-light"}


async def test_another_theme_recolours_what_is_on_the_screen() -> None:
    async with run_stage() as stage:
        for theme in ("tuik8s-light", "tuik8s-dark"):
            stage.app.theme = theme
            await stage.settle()
            strip = stage.app.main.table("nodes").render_line(1)
            (ready,) = [part.style for part in strip if part.text.strip() == "Ready"]
            assert ready is not None
            assert ready.color is not None
            assert ready.color.name == stage.app.theme_variables["success"].lower()


async def test_without_cluster_info_the_panes_still_work() -> None:
    async with run_stage(info=None) as stage:
        assert "remote" in stage.screen()
        assert "web-7d9f" in stage.screen()


async def test_the_header_counts_pods_also_while_another_kind_is_shown() -> None:
    async with run_stage() as stage:
        await stage.press(":", *"cm", "enter")
        stage.transport.put(POD, *pod("late"))
        await stage.settle()
        assert "pods 7/9" in stage.screen()
        await stage.press("escape")
        assert "late" in stage.text_of(stage.app.main.table("main"))


async def test_a_failing_cluster_info_is_a_notice() -> None:
    class Broken(FakeInfo):
        def vitals(self) -> FakeVitals:
            raise RuntimeError("no [figures]")

    async with run_stage(info=Broken()) as stage:
        assert "cluster figures: no [figures]" in stage.screen()
        assert "web-7d9f" in stage.screen()


async def test_a_problem_of_a_file_is_told_until_it_is_solved() -> None:
    info = FakeInfo()
    broken = info.files[1]
    mended = replace(broken, state="applied", message="", line=0, column=0)

    info.files = []
    async with run_stage(info=info) as stage:
        for files in ([mended], []):
            for problem in ("spec.replica", "spec.image"):
                info.files = [replace(broken, message=f"unknown field {problem}")]
                stage.app.main.every_second()
                await stage.settle()
                assert f"bad.yaml:17:3: unknown field {problem}" in stage.screen()
                assert "PROBLEM" in stage.screen()
            info.files = files
            stage.app.main.every_second()
            await stage.settle()
            assert "unknown field" not in stage.screen()
            assert "PROBLEM" not in stage.screen()


async def test_a_failing_action_is_a_notice() -> None:
    async def broken(host: Host, targets: tuple[Target, ...]) -> None:
        raise RuntimeError(f"{targets[0].name} [/is] beyond help")

    async with run_stage(handlers={"object.delete": broken}) as stage:
        await stage.press("D")
        assert "delete: api-5c7b9d-hh2vl [/is] beyond help" in stage.screen()


async def test_read_only_hides_what_changes_the_cluster() -> None:
    handlers = dict.fromkeys(HANDLED, _nothing)
    async with run_stage(settings=Settings(read_only=True), handlers=handlers) as stage:
        screen = stage.screen()
        assert "[RO]" in screen
        assert "delete" not in screen
        assert "describe" in screen


async def test_marked_rows_are_the_targets_of_a_bulk_action() -> None:
    seen: list[tuple[str, ...]] = []

    async def note(host: Host, targets: tuple[Target, ...]) -> None:
        seen.append(tuple(target.name for target in targets))

    async with run_stage(handlers={"object.delete": note, "object.yaml": note}) as stage:
        await stage.press("space", "space", "D", "y")
        assert seen == [("api-5c7b9d-hh2vl", "api-5c7b9d-p0s8r"), ("db-0",)]


async def test_mouse_selects_sorts_and_opens() -> None:
    async with run_stage() as stage:
        main = stage.app.main
        table = main.table("main")
        await stage.pilot.click(table, offset=(18, 4))
        assert table.cursor_row is not None
        assert table.cursor_row.name == "db-0"
        await stage.pilot.click(table, offset=(18, 1))
        await stage.settle()
        assert table.order.reverse
        await stage.pilot.click(main.query_one("#namespaces"), offset=(10, 0))
        assert main.namespaces == {"default"}
        await stage.pilot.double_click(main.table("deployments"), offset=(5, 3))
        await stage.settle()
        assert table.order.scope is not None


async def test_copying_goes_through_the_terminal() -> None:
    async with run_stage() as stage:
        await stage.press("space", "space", "c")
        assert stage.app.clipboard == "api-5c7b9d-hh2vl\napi-5c7b9d-p0s8r"


async def test_the_palette_runs_actions() -> None:
    async with run_stage() as stage:
        await stage.press("ctrl+p", *"zoom")
        await stage.pilot.pause(0.5)
        await stage.press("enter")
        await stage.pilot.pause(0.3)
        assert stage.app.main.board.visible_panes == {"main"}


async def test_sorting_by_keys_and_wide_columns() -> None:
    async with run_stage() as stage:
        table = stage.app.main.table("main")
        await stage.press(">", ">", ">")
        assert table.order.sort_column == "Restarts"
        await stage.press("i")
        assert table.order[0].name == "web-7d9f8c6b5-9qwzt"
        await stage.press("w")
        assert "NOMINATED NODE" not in stage.text_of(table)
        await stage.press("right", "right", "right", "right", "right", "right", "right", "right")
        assert "NOMINATED NODE" in stage.text_of(table)


async def test_nothing_is_lost_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    async with run_stage() as stage:
        await stage.press("end", "home")
        colored = stage.screen()
    monkeypatch.setenv("NO_COLOR", "1")
    async with run_stage() as stage:
        await stage.press("end", "home")
        assert stage.app.no_color
        assert stage.screen() == colored


async def test_a_pull_under_way_is_told_in_the_pulse_line() -> None:
    info = FakeInfo()
    info.vital_signs = FakeVitals(pulls={"nginx:1.27": "4 of 7 layers"})
    async with run_stage(info=info) as stage:
        assert "pulling nginx:1.27 4 of 7 layers" in stage.screen()


@pytest.mark.parametrize(
    ("burst", "pane"),
    [("gd", "deployments"), (":deploy\n", "deployments"), ("gdgn", "nodes"), ("/xd\ngs", "services")],
)
async def test_keys_that_come_in_one_burst_are_all_heard(burst: str, pane: str) -> None:
    async with run_stage() as stage:
        for character in burst:
            key = {":": "colon", "/": "slash", "\n": "enter"}.get(character, character)
            stage.app.post_message(events.Key(key, character if character.isprintable() else None))
        async with asyncio.timeout(5):
            while stage.app.main.board.active != pane or stage.app.main.prompt.display:
                await stage.settle()
        assert stage.app.screen is stage.app.main
        assert stage.app.main.table("main").order.filter.text == ("xd" if "/" in burst else "")
