"""What goes, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.widgets import Input, RadioButton, RadioSet, Static

from tuik8s.tui.screens.dialogs.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.widget import Widget

    from tuik8s.api.request import Propagation

PROPAGATIONS: tuple[tuple[Propagation, str], ...] = (
    ("Background", "Background: the object now, what it owns after it"),
    ("Foreground", "Foreground: what it owns first, then the object"),
    ("Orphan", "Orphan: only the object, what it owns stays"),
)
MOST_SHOWN = 8


@dataclass(frozen=True, slots=True)
class DeleteAnswer:
    propagation: Propagation
    grace_period_seconds: int | None
    """None: what each object asks for itself."""


class _Choice(RadioButton):
    """Says by its sign, not by its colour alone, whether it is chosen."""

    def __init__(self, label: str, *, value: bool) -> None:
        super().__init__(label, value, compact=True)
        self.BUTTON_INNER = "●" if value else " "

    def watch_value(self) -> None:
        self.BUTTON_INNER = "●" if self.value else " "
        super().watch_value()


class DeleteDialog(Dialog[DeleteAnswer]):
    """`subjects` are deleted, `consequences` go with them; `warning` is shown above all."""

    confirm_label = "Delete"
    danger = True

    def __init__(
        self, subjects: Sequence[str], consequences: Sequence[str], *,
        command: Callable[[DeleteAnswer], str], warning: str = "",
    ) -> None:  # fmt: skip
        super().__init__()
        count = len(subjects)
        self.title_text = f"Delete {subjects[0]}" if count == 1 else f"Delete {count} objects"
        self._subjects = subjects
        self._consequences = consequences
        self._make_command = command
        self._warning = warning

    def body(self) -> list[Widget]:
        parts: list[Widget] = []
        if self._warning:
            parts.append(Static(self._warning, classes="warning", markup=False))
        if len(self._subjects) > 1:
            parts.append(Static(_listed(self._subjects), classes="row", markup=False))
        if self._consequences:
            parts.append(Static(self._consequences_text(), id="consequences", classes="note", markup=False))
        buttons = [_Choice(text, value=not number) for number, (_, text) in enumerate(PROPAGATIONS)]
        parts.append(RadioSet(*buttons, classes="row", compact=True))
        grace = Input(placeholder="as the object asks", type="integer", id="grace", compact=True)
        parts.append(Horizontal(Static("Grace seconds", classes="label"), grace, classes="row"))
        return parts

    def command(self) -> str:
        try:
            return self._make_command(self.answer())
        except ValueError:
            return ""

    def _consequences_text(self, propagation: Propagation = "Background") -> str:
        fate = "stays, without an owner" if propagation == "Orphan" else "goes with it"
        return f"{fate} ({len(self._consequences)}): {_listed(self._consequences)}"

    def answer(self) -> DeleteAnswer:
        text = self.query_one("#grace", Input).value.strip()
        if text and not text.isdecimal():
            raise ValueError("the grace period is a number of seconds, 0 or more")
        chosen = self.query_one(RadioSet).pressed_index
        propagation = PROPAGATIONS[max(chosen, 0)][0]
        return DeleteAnswer(propagation, int(text) if text else None)

    def on_input_changed(self) -> None:
        self.show_command()

    def on_radio_set_changed(self, event: RadioSet.Changed) -> None:
        for shown in self.query("#consequences").results(Static):
            shown.update(self._consequences_text(PROPAGATIONS[max(event.index, 0)][0]))
        self.show_command()


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_SHOWN
    return ", ".join(names[:MOST_SHOWN]) + (f" … and {more} more" if more > 0 else "")
