"""One of several: a container, an action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tuik8s.tui.screens.dialogs.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget


class ChoiceDialog(Dialog[int]):
    """Answers the index of the chosen line."""

    confirm_label = "Choose"
    DEFAULT_CSS = """
    ChoiceDialog OptionList { height: auto; max-height: 75vh; margin-bottom: 1; }
    ChoiceDialog.-wide #box { width: 110; }
    """

    def __init__(
        self, title: str, lines: Sequence[str | Text], *, confirm: str = "Choose", wide: bool = False
    ) -> None:
        super().__init__(classes="-wide" if wide else None)
        self.title_text = title
        self.confirm_label = confirm
        self._lines = lines

    def body(self) -> list[Widget]:
        return [OptionList(*(Option(Text(line) if isinstance(line, str) else line) for line in self._lines))]

    def opened(self) -> None:
        self.query_one(OptionList).focus()

    def answer(self) -> int:
        chosen = self.query_one(OptionList).highlighted
        if chosen is None:
            raise ValueError("choose a line")
        return chosen

    def on_option_list_option_selected(self) -> None:
        self.confirm()
