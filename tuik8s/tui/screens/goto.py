"""After `g`: the panes and their letters, so that nobody has to know them by heart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import ModalScreen

from tuik8s.tui.screens.titles import GOTO
from tuik8s.tui.widgets.line import Line, Word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events
    from textual.app import ComposeResult

TOP = "top"


class GotoScreen(ModalScreen[str | None]):
    """Answers with the pane's name, `TOP`, or None for any other key."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        super().__init__()
        self._labels = labels

    def compose(self) -> ComposeResult:
        yield Line(id="goto")

    def on_mount(self) -> None:
        words = [Word(self._labels[pane], "", 0, pane, letter) for pane, letter in GOTO.items()]
        self.query_one(Line).show([Word("go to", "muted"), *words, Word("first row", "", 0, TOP, "g")])

    def on_key(self, event: events.Key) -> None:
        event.stop()
        by_letter = {letter: pane for pane, letter in GOTO.items()} | {"g": TOP}
        self.dismiss(by_letter.get(event.character or ""))

    def on_line_clicked(self, message: Line.Clicked) -> None:
        self.dismiss(message.action)

    def on_click(self) -> None:
        self.dismiss(None)
