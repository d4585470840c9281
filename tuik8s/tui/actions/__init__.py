"""What the object actions of the registry do: `HANDLERS` maps their ids to handlers.

`operations` speaks to the API and knows nothing of the interface; the other modules ask, act, and tell.
An action of the registry without a handler here (or in the main screen) shows nowhere: neither its key, nor
its footer entry, nor its line in the help.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.tui.host import Handler

_PLACES = {
    "workload.scale": "workloads.scale",
    "workload.scale_up": "workloads.scale_up",
    "workload.scale_down": "workloads.scale_down",
    "workload.rollback": "workloads.roll_back",
    "workload.restart": "workloads.restart",
    "workload.pause": "workloads.pause",
    "node.cordon": "nodes.cordon",
    "node.drain": "nodes.drain",
    "object.delete": "deletion.delete",
    "object.describe": "views.describe",
    "object.yaml": "views.yaml",
    "object.logs": "views.logs",
    "object.previous_logs": "views.previous_logs",
    "object.edit": "edit.edit",
    "pod.shell": "shell.shell",
    "object.owner": "views.owner",
    "object.why": "views.why",
    "object.menu": "views.menu",
    "app.history": "views.history",
    "app.components": "views.components",
}
"""The module of this package, and the function in it."""


class _Handlers(Mapping[str, "Handler"]):
    """A module is loaded when its first action is taken: the first frame need not wait for dialogs and
    full-screen views, a tenth of all that the interface loads."""

    def __getitem__(self, action_id: str) -> Handler:
        module, _, name = _PLACES[action_id].partition(".")
        handler: Handler = getattr(import_module(f"{__name__}.{module}"), name)
        return handler

    def __contains__(self, action_id: object) -> bool:
        return action_id in _PLACES

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


HANDLERS: Mapping[str, Handler] = _Handlers()


def load_all() -> None:
    """For a thread, while nobody waits: at the first key that needs them the loop would stand still."""
    list(HANDLERS.values())


__all__ = ["HANDLERS", "load_all"]
