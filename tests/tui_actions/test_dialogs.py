"""Dialogs: where they start, that leaving them does nothing, that confirming does it once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Button, Input, OptionList, RadioSet, Static

from tests.tui.conftest import run_stage
from tests.tui.fakes import FakeInfo, FakeTransport
from tuik8s.api.kinds import DEPLOYMENT, NODE, POD, REPLICA_SET
from tuik8s.api.request import Request, Verb
from tuik8s.tui.host import Target
from tuik8s.tui.screens.dialogs import (
    ChoiceDialog,
    ConfirmDialog,
    DeleteDialog,
    PathDialog,
    RollbackDialog,
    ScaleDialog,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.tui.conftest import Stage
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Response

WRITES = (Verb.CREATE, Verb.UPDATE, Verb.PATCH, Verb.DELETE)


class Server(FakeTransport):
    """Also answers lists of plain objects, as actions ask for them, and remembers writes."""

    async def send(self, request: Request) -> Response:
        answer = await super().send(request)
        if request.verb == Verb.LIST and not request.as_table:
            items = [row["object"] for row in self.rows.get(request.kind, {}).values()]
            answer.object.clear()
            answer.object["items"] = items
        return answer

    @property
    def writes(self) -> list[Request]:
        return [request for request in self.requests if request.verb in WRITES]


def target(stage: Stage, kind: Kind, name: str) -> Target:
    objects: list[Obj] = [row["object"] for row in stage.transport.rows[kind].values()]
    obj = next(found for found in objects if found["metadata"]["name"] == name)
    meta = obj["metadata"]
    return Target(kind, meta.get("namespace", ""), name, meta["uid"], obj)


async def start(stage: Stage, action: str, kind: Kind, name: str) -> Any:
    """The screen that the action opened, once it is drawn."""
    stage.app.run_handler(action, (target(stage, kind, name),))
    await stage.settle()
    for _ in range(20):
        if all(widget.region.height for widget in stage.app.screen.query("#box, #content, #board")):
            break
        await stage.settle()
    await stage.settle()
    return stage.app.screen


def command_of(dialog: Any) -> str:
    return str(dialog.query_one("#command", Static).render())


async def test_delete_starts_on_cancel_and_names_everything() -> None:
    async with run_stage((80, 24), transport=Server()) as stage:
        dialog = await start(stage, "object.delete", DEPLOYMENT, "web")
        assert isinstance(dialog, DeleteDialog)
        assert isinstance(dialog.focused, Button)
        assert dialog.focused.id == "cancel"
        text = stage.screen()
        assert "Delete deployment default/web" in text
        assert "goes with it (4): ReplicaSet web-7d9f8c6b5, Pod" in text
        assert command_of(dialog) == "$ kubectl delete deployment web -n default"


@pytest.mark.parametrize("keys", [("escape",), ("enter",)])
async def test_leaving_the_delete_dialog_deletes_nothing(keys: tuple[str, ...]) -> None:
    """Enter as well: the focus is on Cancel."""
    server = Server()
    async with run_stage((80, 24), transport=server) as stage:
        await start(stage, "object.delete", DEPLOYMENT, "web")
        await stage.press(*keys)
        assert stage.app.screen is stage.app.main
        assert server.writes == []
        assert not stage.app.history.deeds


async def test_delete_sends_one_request_for_that_incarnation_alone() -> None:
    server = Server()
    async with run_stage((80, 24), transport=server) as stage:
        dialog = await start(stage, "object.delete", DEPLOYMENT, "web")
        dialog.query_one(RadioSet).query("RadioButton")[2].toggle()
        dialog.query_one("#grace", Input).value = "0"
        await stage.settle()
        assert "stays, without an owner (4)" in stage.screen()
        command = "kubectl delete deployment web -n default --cascade=orphan --grace-period=0 --force"
        assert command_of(dialog) == f"$ {command}"
        await stage.pilot.click("#confirm")
        await stage.settle()
        (request,) = server.writes
        assert (request.verb, request.name, request.delete.uid) == (Verb.DELETE, "web", "uid-default-web")
        assert (request.delete.propagation, request.delete.grace_period_seconds) == ("Orphan", 0)
        (deed,) = stage.app.history.deeds
        assert deed.kubectl == command


async def test_a_wrong_grace_period_keeps_the_dialog_open() -> None:
    server = Server()
    async with run_stage((80, 24), transport=server) as stage:
        dialog = await start(stage, "object.delete", DEPLOYMENT, "web")
        dialog.query_one("#grace", Input).value = "-5"
        await stage.settle()
        await stage.pilot.click("#confirm")
        await stage.settle()
        assert stage.app.screen is dialog
        assert "the grace period is a number of seconds" in stage.screen()
        assert server.writes == []


async def test_scale_takes_the_number_and_shows_its_command() -> None:
    server, info = Server(), FakeInfo()
    async with run_stage((80, 24), transport=server, info=info) as stage:
        dialog = await start(stage, "workload.scale", DEPLOYMENT, "web")
        assert isinstance(dialog, ScaleDialog)
        assert isinstance(dialog.focused, Input)
        await stage.press("up", "up")
        assert command_of(dialog) == "$ kubectl scale deployment/web -n default --replicas=5"
        await stage.press("enter")
        (request,) = server.writes
        assert (request.subresource, request.body) == ("scale", {"spec": {"replicas": 5}})
        assert "web.yaml may differ now" in stage.screen() or "api.yaml" in stage.screen()
        assert info.actions[0]["kubectl"] == "kubectl scale deployment/web -n default --replicas=5"


async def test_scale_down_stops_at_zero_and_nonsense_is_refused() -> None:
    server = Server()
    async with run_stage((80, 24), transport=server) as stage:
        dialog = await start(stage, "workload.scale", DEPLOYMENT, "web")
        await stage.press(*["down"] * 5)
        assert dialog.query_one(Input).value == "0"
        dialog.query_one(Input).value = ""
        await stage.press("enter")
        assert stage.app.screen is dialog
        await stage.press("escape")
        assert server.writes == []


def with_revisions(server: Server) -> None:
    for number, image in ((1, "web:1.3"), (2, "web:1.4")):
        containers = {"containers": [{"name": "m", "image": image}]}
        template = {"metadata": {"labels": {"app": "web"}}, "spec": containers}
        server.put(REPLICA_SET, {
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": f"web-{number}", "namespace": "default", "uid": f"rs-{number}",
                "creationTimestamp": "2026-01-01T00:00:00Z",
                "annotations": {
                    "deployment.kubernetes.io/revision": str(number),
                    "kubernetes.io/change-cause": f"[red]release {number}",
                },
                "ownerReferences": [
                    {"kind": "Deployment", "name": "web", "uid": "uid-default-web", "controller": True}
                ],
            },
            "spec": {"replicas": number - 1, "template": template}, "status": {},
        }, [f"web-{number}", 1, 1, 1, "?"])  # fmt: skip
        row = server.rows[DEPLOYMENT]["uid-default-web"]
        row["object"]["spec"]["template"] = template


async def test_rollback_lists_revisions_with_a_diff_and_choosing_is_not_confirming() -> None:
    server = Server()
    async with run_stage((80, 24), transport=server) as stage:
        with_revisions(server)
        dialog = await start(stage, "workload.rollback", DEPLOYMENT, "web")
        assert isinstance(dialog, RollbackDialog)
        text = stage.screen()
        assert "[red]release 1" in text
        assert "-  - image: web:1.4" in text
        assert "+  - image: web:1.3" in text
        await stage.press("enter")
        assert server.writes == []
        await stage.press("enter")
        (request,) = server.writes
        assert request.name == "web"
        assert stage.app.history.deeds[0].kubectl.endswith("--to-revision=1")


async def test_escape_leaves_the_rollback_dialog() -> None:
    server = Server()
    async with run_stage((80, 24), transport=server) as stage:
        with_revisions(server)
        await start(stage, "workload.rollback", DEPLOYMENT, "web")
        await stage.press("escape")
        assert stage.app.screen is stage.app.main
        assert server.writes == []


async def test_drain_asks_first() -> None:
    server = Server()
    async with run_stage((80, 24), transport=server) as stage:
        dialog = await start(stage, "node.drain", NODE, "node-1")
        assert isinstance(dialog, ConfirmDialog)
        assert dialog.focused is dialog.query_one("#cancel")
        await stage.press("enter")
        assert server.writes == []


async def test_a_choice_is_made_by_enter_and_by_mouse() -> None:
    async with run_stage((80, 24)) as stage:
        answers: list[int | None] = []
        for _ in range(2):
            await stage.app.push_screen(ChoiceDialog("Which", ["one", "[/two]"]), answers.append)
            await stage.settle()
            assert "[/two]" in stage.screen()
            if answers:
                await stage.pilot.click(OptionList, offset=(2, 1))
            else:
                await stage.press("down", "enter")
            await stage.settle()
        assert answers == [1, 1]


async def test_a_path_must_be_no_directory(tmp_path: Path) -> None:
    async with run_stage((80, 24)) as stage:
        answers: list[Path | None] = []
        dialog = PathDialog("Save", str(tmp_path))
        await stage.app.push_screen(dialog, answers.append)
        await stage.press("enter")
        assert answers == []
        assert "is a directory" in str(dialog.query_one("#error", Static).render())
        dialog.query_one(Input).value = str(tmp_path / "a")
        await stage.press("enter")
        assert answers == [tmp_path / "a"]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_dialogs_fit_the_screen(size: tuple[int, int]) -> None:
    server = Server()
    async with run_stage(size, transport=server) as stage:
        with_revisions(server)
        for action, kind, name in (
            ("object.delete", DEPLOYMENT, "web"),
            ("workload.scale", DEPLOYMENT, "web"),
            ("workload.rollback", DEPLOYMENT, "web"),
            ("object.menu", POD, "web-7d9f8c6b5-2xk4m"),
        ):
            dialog = await start(stage, action, kind, name)
            assert stage.app.screen.region.contains_region(dialog.query_one("#confirm").region), action
            assert dialog.query_one("#box").max_scroll_y == 0, action
            await stage.press("escape")
