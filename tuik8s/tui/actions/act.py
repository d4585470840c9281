"""What every action does around its work: ask, act, tell, remember."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from tuik8s.api.errors import ApiError
from tuik8s.api.manifests import ObjectRef
from tuik8s.tui.rows.history import Deed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.app import App

    from tuik8s.tui.host import Host, Target
    from tuik8s.tui.screens.dialogs.dialog import Dialog

Answer = TypeVar("Answer")


async def ask(host: Host, dialog: Dialog[Answer]) -> Answer | None:
    """None when the person chose to leave things as they are."""
    app = cast("App[Any]", host)
    return await app.push_screen_wait(dialog)


async def act(
    host: Host, target: Target, label: str, kubectl: str, work: Callable[[], Awaitable[object]], *,
    changes_spec: bool = False,
) -> bool:  # fmt: skip
    """Do it to one object; the outcome goes to the notice line and into the history. An object that refuses
    stops no other: false then. `changes_spec`: a manifest file that owns the object may differ now."""
    subject = title_of(target)
    try:
        result = await work()
    except (ApiError, ValueError) as error:
        host.notice(f"{label} {subject}: {error}", "error")
        remember(host, label, subject, kubectl, str(error), failed=True)
        return False
    outcome = result if isinstance(result, str) else "done"
    if changes_spec:
        outcome += differing_file(host, target)
    host.notice(f"{label} {subject}: {outcome}   $ {kubectl}")
    remember(host, label, subject, kubectl, outcome)
    return True


def title_of(target: Target) -> str:
    """`deployment default/web`."""
    where = f"{target.namespace}/{target.name}" if target.namespace else target.name
    return f"{target.kind.singular} {where}"


def differing_file(host: Host, target: Target) -> str:
    """What to add to a notice when a manifest file asks for this object; empty when none does."""
    if host.info is None:
        return ""
    reference = ObjectRef(target.kind.api_version, target.kind.kind, target.namespace, target.name)
    path = next((file.path for file in host.info.manifests() if reference in file.objects), "")
    return f"; {path} may differ now" if path else ""


def kubectl_for(host: Host, action_id: str, target: Target) -> str:
    kind = target.kind.plural if target.kind.plural != "pods" else "pod"
    return host.keys[action_id].command(target.kind.singular or kind, target.namespace, target.name)


def remember(
    host: Host, label: str, subject: str, kubectl: str, outcome: str, *, failed: bool = False
) -> None:
    """Into the history, and into the cluster's own record."""
    now = host.clock.now()
    host.history.add(Deed(now, label, subject, kubectl, outcome, failed))
    if host.info is not None:
        host.info.note_action(time=now, label=label, target=subject, kubectl=kubectl, outcome=outcome)
