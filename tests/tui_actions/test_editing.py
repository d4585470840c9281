"""The edit loop: what is sent, what comes back, and that no text is lost."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api.errors import Conflict, Invalid, invalid
from tuik8s.tui.actions.editing import (
    Refused,
    difference,
    edit_object,
    editor_command,
    with_header,
    without_comments,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.tui.actions.editing import Edited

WEB: Obj = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "default",
        "managedFields": [{}],
        "labels": {"a": "1", "b": "2"},
    },
    "spec": {"replicas": 3},
}


class Desk:
    """An editor that does one thing after another, and a server with opinions."""

    def __init__(self, *steps: Callable[[str], str], refusals: tuple[Exception, ...] = ()) -> None:
        self._steps = list(steps)
        self._refusals = list(refusals)
        self.seen: list[str] = []
        self.patches: list[Any] = []
        self.path = Path()
        self.mode = 0

    async def edit(self, path: Path) -> int:
        self.path = path
        text = await asyncio.to_thread(path.read_text)
        self.mode = stat.S_IMODE((await asyncio.to_thread(path.stat)).st_mode)
        self.seen.append(text)
        await asyncio.to_thread(path.write_text, self._steps.pop(0)(text))
        return 0

    async def apply(self, patch: Any) -> None:
        self.patches.append(patch)
        if self._refusals:
            raise self._refusals.pop(0)

    async def run(self) -> Edited:
        return await edit_object(WEB, "web", self.edit, self.apply)


def scaled(number: str) -> Callable[[str], str]:
    return lambda text: text.replace("replicas: 3", f"replicas: {number}")


def same(text: str) -> str:
    return text


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


async def test_a_change_is_sent_as_the_difference_alone() -> None:
    desk = Desk(scaled("5"))
    assert (await desk.run()).outcome == "applied"
    assert desk.patches == [{"spec": {"replicas": 5}}]
    assert desk.mode == 0o600
    assert not desk.path.exists()


async def test_the_file_shows_the_object_without_managed_fields() -> None:
    desk = Desk(same)
    await desk.run()
    assert "name: web" in desk.seen[0]
    assert "managedFields" not in desk.seen[0]


@pytest.mark.parametrize(
    "step", [same, lambda text: "# only a comment\n" + text, lambda _: "", lambda _: "# x\n"]
)
async def test_unchanged_or_empty_cancels(step: Callable[[str], str]) -> None:
    desk = Desk(step)
    assert (await desk.run()).outcome == "cancelled"
    assert desk.patches == []
    assert not desk.path.exists()


async def test_another_layout_of_the_same_is_no_change() -> None:
    desk = Desk(lambda text: text.replace("replicas: 3", "replicas:   3"))
    assert (await desk.run()).outcome == "cancelled"
    assert desk.patches == []


async def test_a_refusal_comes_back_as_comments_above_the_text_that_was_written() -> None:
    refusal = Invalid.of("Deployment", "apps", "web", [invalid("spec.replicas", -1, "must be positive")])
    desk = Desk(scaled("-1"), lambda text: text.replace("replicas: -1", "replicas: 4"), refusals=(refusal,))
    assert (await desk.run()).outcome == "applied"
    comments = [line for line in desk.seen[1].splitlines() if line.startswith("#")]
    assert any("spec.replicas" in line and "must be positive" in line for line in comments)
    assert "replicas: -1" in desk.seen[1]
    assert desk.patches[-1] == {"spec": {"replicas": 4}}


async def test_giving_up_after_a_refusal_keeps_the_text() -> None:
    desk = Desk(scaled("5"), same, refusals=(Conflict("the object has been modified"),))
    ended = await desk.run()
    assert (ended.outcome, ended.path) == ("failed", desk.path)
    assert "replicas: 5" in desk.path.read_text()


async def test_an_emptied_file_after_a_refusal_still_tells_the_path() -> None:
    desk = Desk(scaled("5"), lambda _: "", refusals=(Conflict("no"),))
    ended = await desk.run()
    assert (ended.outcome, ended.path) == ("cancelled", desk.path)


async def test_a_lost_connection_keeps_the_text() -> None:
    desk = Desk(scaled("5"), refusals=(OSError("connection refused"),))
    ended = await desk.run()
    assert (ended.outcome, ended.reason, ended.path) == ("failed", "connection refused", desk.path)
    assert "replicas: 5" in desk.path.read_text()


async def test_broken_yaml_and_another_name_are_refused_before_the_server_hears_of_it() -> None:
    desk = Desk(
        lambda text: text + "\n  : : :",
        lambda _: with_header("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: other}\n", []),
        same,
    )
    ended = await desk.run()
    assert ended.outcome == "failed"
    assert desk.patches == []
    assert "# This was not accepted:" in desk.seen[1]
    assert "metadata.name cannot be changed here" in desk.seen[2]


async def test_an_editor_that_is_missing_or_fails_is_told() -> None:
    async def missing(path: Path) -> int:
        raise FileNotFoundError(2, "No such file or directory", "ed")

    async def failing(path: Path) -> int:
        return 1

    desk = Desk()
    assert (await edit_object(WEB, "web", missing, desk.apply)).outcome == "failed"
    ended = await edit_object(WEB, "web", failing, desk.apply)
    assert (ended.reason, ended.path) == ("the editor ended with exit code 1", None)


async def test_what_was_written_before_an_editor_failed_is_kept() -> None:
    desk = Desk(scaled("5"))

    async def failing(path: Path) -> int:
        await desk.edit(path)
        return 1

    ended = await edit_object(WEB, "web", failing, desk.apply)
    assert ended.path == desk.path
    assert "replicas: 5" in desk.path.read_text()
    assert desk.patches == []


def test_difference_is_a_merge_patch() -> None:
    before = {"a": 1, "b": {"c": [1, 2], "d": None}, "managedFields": [1], "gone": 0}
    after = {"a": 1, "b": {"c": [2]}, "managedFields": [2], "new": {}}
    assert difference(before, after) == {"b": {"c": [2], "d": None}, "gone": None, "new": {}}
    assert difference(before, before) == {}


def test_only_lines_that_begin_with_the_sign_are_comments() -> None:
    assert without_comments("# a\nb: |\n  # kept\n#c\nd: 1") == "b: |\n  # kept\nd: 1"


def test_the_editor_is_split_into_words_and_chosen_as_kubectl_does() -> None:
    assert editor_command({}) == ["vi"]
    assert editor_command({"EDITOR": "nano"}) == ["nano"]
    assert editor_command({"EDITOR": "nano", "KUBE_EDITOR": "code --wait '$(x)'"}) == [
        "code",
        "--wait",
        "$(x)",
    ]
    with pytest.raises(Refused):
        editor_command({"EDITOR": "vi '"})
