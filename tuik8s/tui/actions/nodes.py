"""Cordon and drain."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tuik8s.api.objects import controller_of, is_pod_finished
from tuik8s.tui.actions import operations
from tuik8s.tui.actions.act import act, ask, kubectl_for
from tuik8s.tui.screens.dialogs import ConfirmDialog

if TYPE_CHECKING:
    from tuik8s.tui.host import Host, Target

MOST_SHOWN = 8


async def cordon(host: Host, targets: tuple[Target, ...]) -> None:
    """Cordon what takes pods, uncordon what does not."""
    for target in targets:
        wanted = not (target.object.get("spec") or {}).get("unschedulable", False)
        verb = "cordon" if wanted else "uncordon"
        command = kubectl_for(host, "node.cordon", target).replace("cordon", verb)
        work = partial(operations.set_unschedulable, host.client, target.name, unschedulable=wanted)
        await act(host, target, verb, command, work)


async def drain(host: Host, targets: tuple[Target, ...]) -> None:
    target = targets[0]
    command = kubectl_for(host, "node.drain", target)
    pods = await operations.drainable(host.client, target.name)
    names = [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in pods]
    lines = [f"No new Pods on {target.name}, and these {len(names)} are evicted:", *names[:MOST_SHOWN]]
    if len(names) > MOST_SHOWN:
        lines.append(f"… and {len(names) - MOST_SHOWN} more")
    alone = sum(controller_of(pod) is None and not is_pod_finished(pod) for pod in pods)
    if alone:
        command += " --force"  # kubectl refuses to evict them otherwise
        lines += [
            "",
            f"{alone} of them {'has' if alone == 1 else 'have'} no controller and will not come back.",
        ]
    dialog = ConfirmDialog(f"Drain {target.name}", lines, confirm="Drain", command=command, danger=True)
    if await ask(host, dialog):
        await act(host, target, "drain", command, partial(_drain, host, target))


async def _drain(host: Host, target: Target) -> str:
    count = await operations.drain(host.client, target.name, host.notice)
    return f"{count} pods evicted"
