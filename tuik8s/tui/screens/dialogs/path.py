"""Where to save something."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import Input, Static

from tuik8s.tui.screens.dialogs.dialog import Dialog

if TYPE_CHECKING:
    from textual.widget import Widget


class PathDialog(Dialog[Path]):
    """Answers a path; whether something is there already is for the caller to ask about."""

    confirm_label = "Save"

    def __init__(self, title: str, suggestion: str) -> None:
        super().__init__()
        self.title_text = title
        self._suggestion = suggestion

    def body(self) -> list[Widget]:
        return [
            Static(f"relative to {Path.cwd()}", classes="note", markup=False),
            Input(self._suggestion, id="path", classes="row", select_on_focus=False, compact=True),
        ]

    def opened(self) -> None:
        self.query_one(Input).focus()

    def answer(self) -> Path:
        text = self.query_one(Input).value.strip()
        if not text:
            raise ValueError("a path is needed")
        path = Path(text).expanduser()
        if path.is_dir():
            raise ValueError(f"{path} is a directory")
        return path

    def on_input_submitted(self) -> None:
        self.confirm()
