"""What the object actions of the registry do: `HANDLERS` maps their ids to handlers.

`operations` speaks to the API and knows nothing of the interface; the other modules ask, act, and tell.
An action of the registry without a handler here (or in the main screen) shows nowhere: neither its key, nor
its footer entry, nor its line in the help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.tui.actions import deletion, edit, nodes, shell, views, workloads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuik8s.tui.host import Handler

HANDLERS: Mapping[str, Handler] = {
    "workload.scale": workloads.scale,
    "workload.scale_up": workloads.scale_up,
    "workload.scale_down": workloads.scale_down,
    "workload.rollback": workloads.roll_back,
    "workload.restart": workloads.restart,
    "workload.pause": workloads.pause,
    "node.cordon": nodes.cordon,
    "node.drain": nodes.drain,
    "object.delete": deletion.delete,
    "object.describe": views.describe,
    "object.yaml": views.yaml,
    "object.logs": views.logs,
    "object.previous_logs": views.previous_logs,
    "object.edit": edit.edit,
    "pod.shell": shell.shell,
    "object.owner": views.owner,
    "object.why": views.why,
    "object.menu": views.menu,
    "app.history": views.history,
    "app.components": views.components,
}

__all__ = ["HANDLERS"]
