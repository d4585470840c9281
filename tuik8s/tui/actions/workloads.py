"""Scale, restart, pause and roll back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tuik8s.api.workloads import replicas_of
from tuik8s.tui.actions import operations
from tuik8s.tui.actions.act import act, ask, kubectl_for, title_of
from tuik8s.tui.default_keys import SCALABLE
from tuik8s.tui.screens.dialogs import RollbackDialog, ScaleDialog

if TYPE_CHECKING:
    from tuik8s.tui.host import Host, Target


async def scale(host: Host, targets: tuple[Target, ...]) -> None:
    first = targets[0]
    template = kubectl_for(host, "workload.scale", first)
    dialog = ScaleDialog(
        [title_of(target) for target in targets],
        await _replicas(host, first),
        lambda number: template.replace("=N", f"={number}"),
    )
    replicas = await ask(host, dialog)
    if replicas is None:
        return
    for target in targets:
        command = kubectl_for(host, "workload.scale", target).replace("=N", f"={replicas}")
        work = partial(operations.scale, host.client, target.kind, target.namespace, target.name, replicas)
        await act(host, target, f"scale to {replicas}", command, work, changes_spec=True)


async def scale_up(host: Host, targets: tuple[Target, ...]) -> None:
    await _step(host, targets, 1)


async def scale_down(host: Host, targets: tuple[Target, ...]) -> None:
    await _step(host, targets, -1)


async def _step(host: Host, targets: tuple[Target, ...], change: int) -> None:
    for target in targets:
        await act(
            host,
            target,
            "scale",
            await _scale_command(host, target, change),
            partial(_change, host, target, change),
            changes_spec=True,
        )


async def _replicas(host: Host, target: Target) -> int:
    """As the object says; custom ones may keep the number anywhere, and only their scale tells it."""
    if target.kind.resource in SCALABLE:
        return replicas_of(target.object)
    return await operations.replicas(host.client, target.kind, target.namespace, target.name)


async def _scale_command(host: Host, target: Target, change: int) -> str:
    wanted = max(await _replicas(host, target) + change, 0)
    return kubectl_for(host, "workload.scale", target).replace("=N", f"={wanted}")


async def _change(host: Host, target: Target, change: int) -> str:
    replicas = await operations.scale_by(host.client, target.kind, target.namespace, target.name, change)
    return f"{replicas} replica{'' if replicas == 1 else 's'}"


async def restart(host: Host, targets: tuple[Target, ...]) -> None:
    for target in targets:
        work = partial(
            operations.restart, host.client, target.kind, target.namespace, target.name, host.clock.now()
        )
        await act(host, target, "restart", kubectl_for(host, "workload.restart", target), work)


async def pause(host: Host, targets: tuple[Target, ...]) -> None:
    """Pause what runs, resume what is paused."""
    for target in targets:
        paused = not target.object["spec"].get("paused", False)
        verb = "pause" if paused else "resume"
        command = kubectl_for(host, "workload.pause", target).replace(" pause ", f" {verb} ")
        work = partial(operations.set_paused, host.client, target.namespace, target.name, paused=paused)
        await act(host, target, verb, command, work)


async def roll_back(host: Host, targets: tuple[Target, ...]) -> None:
    target = targets[0]
    deployment, revisions = await operations.history(host.client, target.namespace, target.name)
    if len(revisions) < 2:
        host.notice(f"{title_of(target)} has no earlier revision to go back to", "warning")
        return
    if deployment["spec"].get("paused"):
        host.notice(f"{title_of(target)} is paused: resume it first (P)", "warning")
        return
    command = kubectl_for(host, "workload.rollback", target)
    dialog = RollbackDialog(
        target.name, revisions, now=host.clock.now(),
        command=lambda number: f"{command} --to-revision={number}",
    )  # fmt: skip
    revision = await ask(host, dialog)
    if revision is None:
        return
    work = partial(operations.roll_back, host.client, target.namespace, target.name, revision)
    label = f"roll back to revision {revision}"
    await act(host, target, label, f"{command} --to-revision={revision}", work, changes_spec=True)
