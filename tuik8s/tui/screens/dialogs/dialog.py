"""The frame of every dialog: a title, a body, the kubectl command that does the same, and buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from rich.text import Text
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget
    from textual.widgets.button import ButtonVariant

Answer = TypeVar("Answer")


class Dialog(ModalScreen[Answer | None], Generic[Answer]):
    """Answers None when it is left. Subclasses give `body`, and say in `answer` what confirming means.

    Its subject is frozen when it opens: whatever the tables behind it do, it acts on what it names.
    """

    BINDINGS: ClassVar[list[Any]] = [
        ("escape", "leave", "Cancel"),
        ("left", "focus_button(-1)", ""),
        ("right", "focus_button(1)", ""),
    ]
    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog #box {
        width: 76; max-width: 96%; height: auto; max-height: 96%;
        border: round $primary; border-title-color: $primary; border-title-style: bold;
        background: $surface; padding: 1 2 0 2; overflow-y: auto;
        scrollbar-size-vertical: 1;
    }
    Dialog.-danger #box { border: round $error; border-title-color: $error; }
    Dialog .row { height: auto; margin-bottom: 1; }
    Dialog .label { width: 16; color: $tone-muted; }
    Dialog .note { color: $tone-muted; margin-bottom: 1; height: auto; }
    Dialog .warning { color: $warning; margin-bottom: 1; height: auto; }
    Dialog #command { color: $secondary; margin-bottom: 1; height: auto; }
    Dialog #error { color: $error; display: none; margin-bottom: 1; height: auto; }
    Dialog #buttons { height: 1; margin-bottom: 1; align-horizontal: right; }
    Dialog #buttons Button {
        margin-left: 2; min-width: 14; height: 1; border: none;
        background: $panel; color: $foreground; text-style: none;
    }
    Dialog #buttons Button:hover { background: $pane-border; }
    Dialog #buttons Button:focus {
        background: $primary; color: $background; text-style: bold; background-tint: $background 0%;
    }
    Dialog.-danger #buttons #confirm { color: $error; }
    Dialog.-danger #buttons #confirm:focus { background: $error; color: $background; }
    Dialog Input { height: 1; border: none; background: $panel; padding: 0 1; }
    Dialog Input:focus { background: $row-cursor; }
    Dialog OptionList, Dialog OptionList:focus {
        border: none; padding: 0; background: $surface; scrollbar-size-vertical: 1;
        background-tint: $background 0%; text-wrap: nowrap; text-overflow: ellipsis;
    }
    Dialog OptionList > .option-list--option-highlighted,
    Dialog OptionList:focus > .option-list--option-highlighted {
        background: $row-cursor; color: $foreground; text-style: none;
    }
    Dialog RadioSet, Dialog RadioSet:focus {
        border: none; padding: 0; background: $surface; width: 1fr; height: auto;
        background-tint: $background 0%;
    }
    """

    title_text = ""
    confirm_label = "OK"
    danger = False

    def body(self) -> list[Widget]:
        return []

    def command(self) -> str:
        """The kubectl command that does the same; empty when there is none."""
        return ""

    def answer(self) -> Answer:
        """Raises ValueError, in words for the person, when the dialog is not filled in."""
        raise ValueError("nothing to confirm")

    def compose(self) -> ComposeResult:
        self.set_class(self.danger, "-danger")
        with Vertical(id="box") as box:
            box.border_title = Text(self.title_text)
            yield from self.body()
            yield Static("", id="command", markup=False)
            yield Static("", id="error", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                variant: ButtonVariant = "error" if self.danger else "primary"
                yield Button(self.confirm_label, id="confirm", variant=variant, compact=True)

    def opened(self) -> None:
        """Give the focus to where the person starts; by default that is Cancel."""
        self.query_one("#cancel", Button).focus()

    def on_mount(self) -> None:
        self.opened()
        self.show_command()

    def show_command(self) -> None:
        """Call when the command has changed."""
        text = self._command_text()
        shown = self.query_one("#command", Static)
        shown.update(text)
        shown.display = bool(text)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "confirm":
            self.confirm()
        else:
            self.dismiss(None)

    def confirm(self) -> None:
        try:
            answer = self.answer()
        except ValueError as problem:
            error = self.query_one("#error", Static)
            error.update(str(problem))
            error.display = True
            return
        self.dismiss(answer)

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_focus_button(self, step: int) -> None:
        if isinstance(self.focused, Button):
            self.focus_next(Button) if step > 0 else self.focus_previous(Button)

    def _command_text(self) -> Text:
        command = self.command()
        return Text(f"$ {command}" if command else "")
