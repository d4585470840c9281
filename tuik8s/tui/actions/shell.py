"""A shell in a container, on the whole terminal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.app import SuspendNotSupported

from tuik8s.api.errors import ApiError
from tuik8s.tui.actions.act import ask, kubectl_for, remember, title_of
from tuik8s.tui.actions.terminal import Attachment, lend
from tuik8s.tui.screens.dialogs import ChoiceDialog

if TYPE_CHECKING:
    from textual.app import App

    from tuik8s.tui.host import Host, Target

COMMAND = ("sh",)
NOT_STARTED = (126, 127)
"""What a runtime answers when there is no such program, or none that can be run."""


async def shell(host: Host, targets: tuple[Target, ...]) -> None:
    target = targets[0]
    container = await _container(host, target)
    if container is None:
        return
    command = kubectl_for(host, "pod.shell", target).replace(" -- ", f" -c {container} -- ")
    try:
        outcome, failed = await _session(host, target, container)
    except SuspendNotSupported:
        host.notice("a shell needs a terminal, and this interface runs in none", "warning")
        return
    except (ApiError, OSError) as error:
        outcome, failed = str(error), True
    remember(host, "shell", title_of(target), command, outcome, failed=failed)
    severity = "error" if failed else "information"
    host.notice(f"shell {title_of(target)}: {outcome}   $ {command}", cast("Any", severity))


async def _container(host: Host, target: Target) -> str | None:
    """The person's choice where there are several; those that do not run are said not to."""
    status = target.object.get("status") or {}
    running = {
        str(item["name"])
        for item in status.get("containerStatuses") or ()
        if "running" in item.get("state", {})
    }
    names = [str(container["name"]) for container in target.object["spec"]["containers"]]
    if len(names) == 1:
        return names[0]
    lines = [name if name in running else f"{name}  (does not run)" for name in names]
    chosen = await ask(host, ChoiceDialog(f"A shell in {target.name}", lines, confirm="Open"))
    return None if chosen is None else names[chosen]


async def _session(host: Host, target: Target, container: str) -> tuple[str, bool]:
    """What to tell afterwards, and whether it went wrong. The stream is opened before the screen is left, so
    that a refusal is only a notice."""
    stream = await host.client.exec(target.namespace, target.name, container, COMMAND, tty=True, stdin=True)
    attachment = Attachment.of_this_terminal(stream)

    greeting = f"{target.namespace}/{target.name}, container {container}: exit or Ctrl-D comes back"
    try:
        code = await lend(cast("App[Any]", host), partial(attachment.run, greeting))
    finally:
        await stream.close()
    if code in NOT_STARTED:
        said = attachment.last_output.decode(errors="replace").split("\n")
        reason = next((line.strip() for line in reversed(said) if line.strip()), "no shell in this container")
        return f"exit code {code}: {reason}", True
    return f"exit code {code}", False
