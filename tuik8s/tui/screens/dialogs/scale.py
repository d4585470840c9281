"""How many replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.widgets import Input, Static

from tuik8s.tui.screens.dialogs.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.widget import Widget

MOST_REPLICAS = 2**31 - 1


class ScaleDialog(Dialog[int]):
    """`command` makes the kubectl line from a number of replicas."""

    confirm_label = "Scale"

    def __init__(self, subjects: Sequence[str], current: int, command: Callable[[str], str]) -> None:
        super().__init__()
        count = len(subjects)
        self.title_text = f"Scale {subjects[0]} (now {current})" if count == 1 else f"Scale {count} objects"
        self._subjects = subjects
        self._current = current
        self._make_command = command

    def body(self) -> list[Widget]:
        number = Input(str(self._current), type="integer", id="replicas", select_on_focus=True, compact=True)
        named = "\n".join(self._subjects[:8]) + ("\n…" if len(self._subjects) > 8 else "")
        subjects = [Static(named, classes="row", markup=False)] if len(self._subjects) > 1 else []
        return [
            *subjects,
            Horizontal(Static("Replicas", classes="label"), number, classes="row"),
            Static("up and down change the number, enter scales", classes="note"),
        ]

    def opened(self) -> None:
        self.query_one(Input).focus()

    def command(self) -> str:
        fields = self.query(Input)
        return self._make_command(fields.first().value if fields else str(self._current))

    def answer(self) -> int:
        text = self.query_one(Input).value.strip()
        if not text.isdecimal() or int(text) > MOST_REPLICAS:
            raise ValueError("a number of replicas is needed, 0 or more")
        return int(text)

    def on_input_changed(self) -> None:
        self.show_command()

    def on_input_submitted(self) -> None:
        self.confirm()

    def key_up(self) -> None:
        self._step(1)

    def key_down(self) -> None:
        self._step(-1)

    def _step(self, change: int) -> None:
        field = self.query_one(Input)
        if field.has_focus and field.value.strip().isdecimal():
            field.value = str(max(int(field.value) + change, 0))
