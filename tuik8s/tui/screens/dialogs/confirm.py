"""Yes or no, with Cancel as the default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Static

from tuik8s.tui.screens.dialogs.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget


class ConfirmDialog(Dialog[bool]):
    def __init__(
        self, title: str, lines: Sequence[str], *, confirm: str, command: str = "", danger: bool = False
    ) -> None:
        super().__init__()
        self.title_text = title
        self.confirm_label = confirm
        self.danger = danger
        self._lines = lines
        self._command = command

    def body(self) -> list[Widget]:
        return [Static("\n".join(self._lines), classes="row", markup=False)]

    def command(self) -> str:
        return self._command

    def answer(self) -> bool:
        return True
