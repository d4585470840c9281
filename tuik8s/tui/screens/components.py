"""The parts of the control plane: which of them run, how often they were restarted, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from tuik8s.tui.screens.text import TextScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.tui.ports import ComponentState

LOOK = 1.0
"""Seconds between two looks."""
_STYLES = {"running": "green", "paused": "yellow", "backing off": "red", "stopped": "dim"}
_STATE_AT, _STATE_WIDTH = 34, 14


class ComponentsScreen(TextScreen):
    """Of the cluster in this process only; it reads `ClusterInfo.components` once a second."""

    def paint(self, line: str) -> Text:
        return paint(line)

    def ready(self) -> None:
        self.pane.border_title = "Components"
        self.set_interval(LOOK, self.look)
        self.look()

    def look(self) -> None:
        info = self.host.info
        if info is not None:
            states = info.components()
            queues = info.vitals().queues
            self.pane.show_texts(component_lines(states, queues))
            self.pane.border_subtitle = f"{len(states)} components"

    def file_name(self) -> str:
        return "components.txt"


def component_lines(states: Sequence[ComponentState], queues: Any) -> list[str]:
    head = f"{'COMPONENT':<{_STATE_AT}}{'STATE':<{_STATE_WIDTH}}{'RESTARTS':>8}  {'QUEUE':>5}  LAST ERROR"
    lines = [head]
    for item in sorted(states, key=lambda state: (state.state == "running", state.name)):
        queue = queues.get(item.name.removesuffix("-controller"), "")
        error = " ".join(item.last_error.split())
        name = f"{item.name:<{_STATE_AT}}{item.state:<{_STATE_WIDTH}}"
        lines.append(f"{name}{item.restarts:>8}  {queue:>5}  {error}".rstrip())
    return lines


def paint(line: str) -> Text:
    text = Text(line, no_wrap=True)
    state = line[_STATE_AT : _STATE_AT + _STATE_WIDTH].strip()
    style = _STYLES.get(state)
    text.stylize(style or "bold", _STATE_AT if style else 0, _STATE_AT + len(state) if style else len(line))
    return text
