"""Delete, after saying what goes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.objects import controller_of, uid_of
from tuik8s.tui.actions import operations
from tuik8s.tui.actions.act import act, ask, kubectl_for, title_of
from tuik8s.tui.screens.dialogs import DeleteAnswer, DeleteDialog

if TYPE_CHECKING:
    from tuik8s.tui.host import Host, Target


async def delete(host: Host, targets: tuple[Target, ...]) -> None:
    consequences: list[str] = []
    for target in targets:
        found = await operations.consequences(
            host.client, target.kind, target.namespace, target.name, uid_of(target.object)
        )
        consequences += [f"{item.kind} {item.name}" for item in found]
    more = f"   … and {len(targets) - 1} more" if len(targets) > 1 else ""
    dialog = DeleteDialog(
        [title_of(target) for target in targets], consequences,
        command=lambda answer: _command(host, targets[0], answer) + more, warning=_warning(targets),
    )  # fmt: skip
    answer = await ask(host, dialog)
    if answer is None:
        return
    for target in targets:
        work = partial(
            operations.delete, host.client, target.kind, target.namespace, target.name, uid_of(target.object),
            propagation=answer.propagation, grace_period_seconds=answer.grace_period_seconds,
        )  # fmt: skip
        await act(host, target, "delete", _command(host, target, answer), work)


def _command(host: Host, target: Target, answer: DeleteAnswer) -> str:
    parts = [kubectl_for(host, "object.delete", target)]
    if answer.propagation != "Background":
        parts.append(f"--cascade={answer.propagation.lower()}")
    if answer.grace_period_seconds is not None:
        parts.append(f"--grace-period={answer.grace_period_seconds}")
        if answer.grace_period_seconds == 0:
            parts.append("--force")
    return " ".join(parts)


def _warning(targets: tuple[Target, ...]) -> str:
    """What a person may not expect."""
    if any(target.kind == kinds.NAMESPACE for target in targets):
        return "Everything in the namespace goes with it."
    owner = controller_of(targets[0].object)
    if owner is not None:
        return f"{owner['kind']} {owner['name']} will make another one."
    return ""
