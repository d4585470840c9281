"""Cordon and drain."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.tui.actions import operations
from tuik8s.tui.actions.act import act, ask, kubectl_for
from tuik8s.tui.screens.dialogs import ConfirmDialog

if TYPE_CHECKING:
    from tuik8s.tui.host import Host, Target


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
    pods = (await host.client.list(kinds.POD, field_selector=f"spec.nodeName={target.name}"))["items"]
    names = [f"{pod['metadata']['namespace']}/{pod['metadata']['name']}" for pod in pods]
    lines = [f"No new pods on {target.name}, and these {len(names)} are evicted:", *names[:12]]
    if len(names) > 12:
        lines.append(f"… and {len(names) - 12} more")
    dialog = ConfirmDialog(f"Drain {target.name}", lines, confirm="Drain", command=command, danger=True)
    if await ask(host, dialog):
        await act(host, target, "drain", command, partial(_drain, host, target))


async def _drain(host: Host, target: Target) -> str:
    count = await operations.drain(host.client, target.name, host.notice)
    return f"{count} pods evicted"
