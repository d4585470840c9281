"""Shells, editors and drains as the interface starts them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.tui.conftest import run_stage
from tests.tui.fakes import pod
from tests.tui_actions.test_dialogs import Server, command_of, start
from tests.tui_actions.test_terminal import Process
from tuik8s.api.kinds import DEPLOYMENT, NODE, POD
from tuik8s.tui.actions import HANDLERS
from tuik8s.tui.actions import edit as edit_action
from tuik8s.tui.actions import shell as shell_action
from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.screens.dialogs import ChoiceDialog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    import pytest

    from tuik8s.api.request import User

WEB = "web-7d9f8c6b5-2xk4m"


class Containers(Server):
    """Runs whatever is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[tuple[str, str, tuple[str, ...]]] = []
        self.process = Process()

    async def exec(
        self, user: User, namespace: str, pod: str, container: str, command: Sequence[str], *,
        tty: bool, stdin: bool,
    ) -> Process:  # fmt: skip
        assert tty
        assert stdin
        self.started.append((pod, container, tuple(command)))
        return self.process


def lent(monkeypatch: pytest.MonkeyPatch, module: Any, result: Callable[[], Awaitable[int]]) -> None:
    async def lend(app: Any, work: Any) -> int:
        return await result()

    monkeypatch.setattr(module, "lend", lend)


def test_every_handler_can_be_loaded_and_belongs_to_an_action() -> None:
    assert all(callable(handler) for handler in HANDLERS.values())
    assert [action_id for action_id in HANDLERS if action_id not in REGISTRY] == []


async def test_a_refused_shell_is_a_notice_and_leaves_the_screen_alone() -> None:
    async with run_stage() as stage:
        await start(stage, "pod.shell", POD, WEB)
        assert "no containers here" in stage.screen()
        (deed,) = stage.app.history.deeds
        assert deed.failed
        assert deed.kubectl == f"kubectl exec -it {WEB} -n default -c main -- sh"


async def test_without_a_terminal_the_stream_is_closed_and_the_person_told() -> None:
    server = Containers()
    async with run_stage(transport=server) as stage:
        await start(stage, "pod.shell", POD, WEB)
        assert server.started == [(WEB, "main", ("sh",))]
        assert server.process.closed
        assert "a shell needs a terminal" in stage.screen()


async def test_the_container_is_chosen_where_there_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Containers()

    async def ended() -> int:
        return 0

    lent(monkeypatch, shell_action, ended)
    async with run_stage(transport=server) as stage:
        obj, cells = pod("both")
        obj["spec"]["containers"] = [{"name": "app"}, {"name": "sidecar"}]
        server.put(POD, obj, cells)
        dialog = await start(stage, "pod.shell", POD, "both")
        assert isinstance(dialog, ChoiceDialog)
        await stage.press("down", "enter")
        assert server.started == [("both", "sidecar", ("sh",))]
        assert "exit code 0" in stage.screen()


async def test_a_container_without_a_shell_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Containers()

    async def not_found() -> int:
        return 127

    lent(monkeypatch, shell_action, not_found)
    async with run_stage(transport=server) as stage:
        await start(stage, "pod.shell", POD, WEB)
        assert "exit code 127: no shell in this container" in stage.screen()


async def test_an_edit_is_sent_and_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A real program is the editor; only the terminal is left out."""
    script = tmp_path / "editor"
    script.write_text('#!/bin/sh\nsed -i "0,/replicas: 3/s//replicas: 4/" "$2"\n')
    script.chmod(0o700)
    monkeypatch.setenv("KUBE_EDITOR", f"'{script}' --wait")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    async def lend(app: Any, work: Callable[[], Awaitable[int]]) -> int:
        return await work()

    monkeypatch.setattr(edit_action, "lend", lend)
    server = Server()
    async with run_stage(transport=server) as stage:
        await start(stage, "object.edit", DEPLOYMENT, "web")
        for _ in range(50):
            if stage.app.history.deeds:
                break
            await stage.settle()
        (request,) = server.writes
        assert request.body == {"spec": {"replicas": 4}}
        (deed,) = stage.app.history.deeds
        assert (deed.label, deed.outcome) == ("edit", "edited; api.yaml may differ now")
        assert [path.name for path in tmp_path.iterdir()] == ["editor"]


async def test_drain_says_what_will_not_come_back() -> None:
    async with run_stage(transport=Server()) as stage:
        dialog = await start(stage, "node.drain", NODE, "node-1")
        assert "no controller and will not come back" in stage.screen()
        assert command_of(dialog).endswith("--force")
