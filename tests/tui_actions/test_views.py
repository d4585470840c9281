"""Full-screen views of one object, the menu, the owner, the history."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from textual.widgets import Input, OptionList

from tests.tui.conftest import run_stage
from tests.tui.fakes import plain, pod
from tests.tui_actions.test_dialogs import Server, start
from tuik8s.api.kinds import CONFIG_MAP, DEPLOYMENT, POD, SECRET
from tuik8s.api.objects import copy
from tuik8s.tui.screens.dialogs import ChoiceDialog, ConfirmDialog
from tuik8s.tui.screens.history import HistoryScreen
from tuik8s.tui.screens.object import DescribeScreen, YamlScreen
from tuik8s.tui.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.conftest import Stage
    from tuik8s.tui.widgets.document import DocumentPane

WEB = "web-7d9f8c6b5-2xk4m"


async def refresh(stage: Stage) -> None:
    """Until the view has looked at the caches again."""
    await stage.pilot.pause(0.3)
    await stage.settle()


async def test_yaml_follows_the_object_and_keeps_its_last_state() -> None:
    async with run_stage() as stage:
        view = await start(stage, "object.yaml", POD, WEB)
        assert isinstance(view, YamlScreen)
        assert "get pod/web-7d9f8c6b5-2xk4m -n default" in stage.screen()
        changed, cells = pod(WEB, node="node-9")
        stage.transport.put(POD, changed, cells)
        await refresh(stage)
        assert "nodeName: node-9" in stage.screen()
        stage.transport.remove(POD, changed["metadata"]["uid"])
        await refresh(stage)
        assert "deleted: this is its last state" in stage.screen()
        assert "nodeName: node-9" in stage.screen()
        await stage.press("q")
        assert stage.app.screen is stage.app.main


async def test_describe_shows_new_events_and_keeps_its_place() -> None:
    async with run_stage((80, 24)) as stage:
        view = await start(stage, "object.describe", POD, "web-7d9f8c6b5-9qwzt")
        assert isinstance(view, DescribeScreen)
        assert "Back-off restarting failed container" in view.whole_text()
        view.pane.scroll_to(y=5, animate=False)
        changed = copy(view.object)
        changed["metadata"]["labels"]["tier"] = "[blue]front[/blue]"
        stage.transport.put(POD, changed, ["web-7d9f8c6b5-9qwzt", "1/1", "Running", "0", "?", "", "", "", ""])
        await refresh(stage)
        assert "tier=[blue]front[/blue]" in view.whole_text()
        assert view.pane.scroll_offset.y == 5


async def test_search_highlights_goes_round_and_ends_with_escape() -> None:
    async with run_stage() as stage:
        view: Any = await start(stage, "object.yaml", POD, WEB)
        await stage.press("/", *"NAME", "enter")
        pane = view.pane
        assert len(pane.matches) >= 3
        seen = [pane.current]
        for _ in pane.matches:
            await stage.press("n")
            seen.append(pane.current)
        assert seen[0] == seen[-1]
        assert sorted(set(seen)) == pane.matches
        await stage.press("N")
        assert pane.current == seen[-2]
        assert f"/NAME: {len(pane.matches)}/{len(pane.matches)}" in stage.screen()
        await stage.press("escape")
        assert (stage.app.screen, pane.search) == (view, "")
        await stage.press("escape")
        assert stage.app.screen is stage.app.main


async def test_managed_fields_and_secrets_are_shown_on_demand() -> None:
    async with run_stage() as stage:
        secret, cells = plain(SECRET, "credentials", "default", 5, ["Opaque", 1, "?"])
        secret["data"] = {"password": base64.b64encode(b"hunter2").decode()}
        secret["metadata"]["managedFields"] = [{"manager": "kubectl"}]
        stage.transport.put(SECRET, secret, cells)
        view: Any = await start(stage, "object.yaml", SECRET, "credentials")
        assert "managedFields" not in view.whole_text()
        await stage.press("m", "x")
        assert "password: hunter2" in view.whole_text()
        assert "manager: kubectl" in view.whole_text()
        await stage.press("x")
        assert "hunter2" not in view.whole_text()


async def test_decoding_is_offered_for_secrets_alone() -> None:
    async with run_stage() as stage:
        await start(stage, "object.yaml", POD, WEB)
        assert "decode" not in stage.screen().splitlines()[-1]
        assert "managedFields" in stage.screen().splitlines()[-1]


async def test_copy_takes_the_whole_text() -> None:
    async with run_stage() as stage:
        view: Any = await start(stage, "object.yaml", CONFIG_MAP, "settings")
        await stage.press("c")
        assert stage.app.clipboard == view.whole_text()
        assert "copied" in stage.screen()


async def test_saving_overwrites_only_when_told_to(tmp_path: Path) -> None:
    path = tmp_path / "kept.yaml"
    path.write_text("precious")
    async with run_stage() as stage:
        view: Any = await start(stage, "object.yaml", CONFIG_MAP, "settings")
        for answer in ("enter", "right"):
            await stage.press("ctrl+s")
            stage.app.screen.query_one(Input).value = str(path)
            await stage.press("enter")
            assert isinstance(stage.app.screen, ConfirmDialog)
            assert path.read_text() == "precious"
            await stage.press(answer)
        await stage.press("enter")
        assert path.read_text() == view.whole_text()
        assert f"saved to {path}" in stage.screen().replace("\n", "")


async def test_five_thousand_lines_cost_only_what_is_seen() -> None:
    painted: list[str] = []

    async with run_stage() as stage:
        view: Any = await start(stage, "object.yaml", CONFIG_MAP, "settings")
        pane: DocumentPane = view.pane
        paint = pane._paint
        pane._paint = lambda line: painted.append(line) or paint(line)  # type: ignore[func-returns-value]
        view.texts = lambda: [f"line {number} [not markup]" for number in range(5_000)]
        view.redraw()
        await stage.settle()
        assert len(painted) < 100
        pane.scroll_to(y=4_990, animate=False)
        await stage.settle()
        assert "line 4999 [not markup]" in stage.screen()
        assert len(painted) < 200


async def test_the_menu_offers_what_can_be_done_and_does_it() -> None:
    async with run_stage() as stage:
        menu = await start(stage, "object.menu", DEPLOYMENT, "web")
        assert isinstance(menu, ChoiceDialog)
        text = stage.screen()
        assert "kubectl rollout undo deployment/web -n default" in text
        assert "cordon" not in text
        await stage.press("down", "enter")
        assert isinstance(stage.app.screen, YamlScreen)


async def test_read_only_hides_what_changes_the_cluster() -> None:
    async with run_stage(settings=Settings(read_only=True)) as stage:
        menu = await start(stage, "object.menu", DEPLOYMENT, "web")
        labels = [str(menu.query_one(OptionList).get_option_at_index(n).prompt) for n in range(3)]
        text = stage.screen()
        assert "describe" in labels[0]
        assert not any(word in text for word in ("delete", "scale", "rollback", "edit", "restart"))
        await stage.press("escape", "D")
        assert stage.app.screen is stage.app.main


async def test_owner_puts_the_cursor_on_the_controller() -> None:
    async with run_stage() as stage:
        owned, cells = pod("owned")
        reference = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "name": "web-7d9f8c6b5",
            "controller": True,
        }
        owned["metadata"]["ownerReferences"] = [reference]
        stage.transport.put(POD, owned, cells)
        await start(stage, "object.owner", POD, "owned")
        row = stage.app.main.subject_table.cursor_row
        assert row is not None
        assert row.name == "web-7d9f8c6b5"
        await start(stage, "object.owner", DEPLOYMENT, "web")
        assert "has no owner" in stage.screen()


async def test_history_shows_outcomes_and_copies_commands() -> None:
    server = Server()
    async with run_stage(transport=server) as stage:
        await start(stage, "workload.restart", DEPLOYMENT, "web")
        server.down = "the API is away"
        await start(stage, "workload.pause", DEPLOYMENT, "web")
        server.down = ""
        view = await start(stage, "app.history", DEPLOYMENT, "web")
        assert isinstance(view, HistoryScreen)
        text = stage.screen()
        assert "restart deployment default/web  done" in text
        assert "the API is away" in text
        await stage.press("c")
        assert stage.app.clipboard == "kubectl rollout pause deployment/web -n default"
        script = view.whole_text()
        assert "\nkubectl rollout restart deployment/web -n default\n" in script
        assert "\n# kubectl rollout pause" in script
        await stage.press("/", *"restart", "enter")
        assert view.query_one(OptionList).option_count == 1


async def test_views_return_their_feeds() -> None:
    async with run_stage() as stage:
        before = dict(stage.app.hub._users)
        await start(stage, "object.yaml", CONFIG_MAP, "settings")
        assert stage.app.hub.feed(CONFIG_MAP) is not None
        await stage.press("q")
        await stage.settle()
        assert stage.app.hub._users == before
