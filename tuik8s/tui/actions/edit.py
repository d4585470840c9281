"""Edit an object in the person's own editor."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.app import SuspendNotSupported

from tuik8s.tui.actions.act import differing_file, kubectl_for, remember, title_of
from tuik8s.tui.actions.editing import Edited, edit_object, editor_command
from tuik8s.tui.actions.terminal import lend, run_program

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import App

    from tuik8s.tui.host import Host, Target

_SEVERITY = {"applied": "information", "cancelled": "warning", "failed": "error"}


async def edit(host: Host, targets: tuple[Target, ...]) -> None:
    target = targets[0]
    app = cast("App[Any]", host)
    original = await host.client.get(target.kind, target.namespace, target.name)
    command = editor_command(os.environ)

    async def editor(path: Path) -> int:
        return await lend(app, partial(run_program, [*command, str(path)]))

    async def apply(patch: Any) -> object:
        return await host.client.patch(target.kind, target.namespace, target.name, patch)

    try:
        ended = await edit_object(original, target.name, editor, apply)
    except SuspendNotSupported:
        host.notice("an editor needs a terminal, and this interface runs in none", "warning")
        return
    _tell(host, target, ended)


def _tell(host: Host, target: Target, ended: Edited) -> None:
    kubectl = kubectl_for(host, "object.edit", target)
    outcome = "edited" if ended.outcome == "applied" else f"{ended.outcome}, {ended.reason}"
    if ended.outcome == "applied":
        outcome += differing_file(host, target)
    notice = f"edit {title_of(target)}: {outcome}   $ {kubectl}"
    if ended.path is not None:
        notice = f"{ended.path} has your text; {outcome}"  # first, so that no narrow screen cuts it off
        outcome += f"; the text is in {ended.path}"
    if ended.outcome != "cancelled":
        remember(host, "edit", title_of(target), kubectl, outcome, failed=ended.outcome == "failed")
    host.notice(notice, cast("Any", _SEVERITY[ended.outcome]))
