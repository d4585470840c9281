"""Every key, from the registry as it is in effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.containers import Container
from textual.screen import ModalScreen

from tuik8s.tui.keys import key_label
from tuik8s.tui.widgets.text_pane import TextPane
from tuik8s.tui.widgets.tones import tone_styles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.style import Style
    from textual.app import ComposeResult

    from tuik8s.tui.keys import KeyAction, KeyRegistry

_NOTES = (
    "Digits choose namespaces, so panes have letters: g, then the letter that is underlined in the title.",
    "Filters: words must all occur, a|b either, !word not; -l app=web selects by label.",
    "Every key can be changed: write `id: key` lines to the keys file; the ids are those on the right.",
)


class HelpScreen(ModalScreen[None]):
    """`possible` tells which actions do anything in this app; the others are left out."""

    BINDINGS: ClassVar[list[Any]] = [("escape,q,question_mark", "dismiss", "close")]

    def __init__(self, registry: KeyRegistry, possible: Callable[[KeyAction], bool]) -> None:
        super().__init__()
        self._actions = [action for action in registry if action.help and possible(action)]

    def compose(self) -> ComposeResult:
        with Container(id="help-box") as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc closes"
            yield TextPane(id="help")

    def on_mount(self) -> None:
        pane = self.query_one(TextPane)
        pane.show(help_lines(self._actions, tone_styles(pane)))
        pane.focus()


def help_lines(actions: list[KeyAction], tones: Mapping[str, Style]) -> list[Text]:
    lines: list[Text] = []
    group = ""
    for action in actions:
        if action.group != group:
            group = action.group
            lines += [Text(""), Text(f" {group}", tones["accent"])]
        keys = "  ".join(key_label(key) for key in action.keys)
        line = Text.assemble(
            (f"  {keys:<12}", tones["key"]), f" {action.help:<74} ", (action.id, tones["muted"])
        )
        lines.append(line)
        if action.kubectl:
            command = action.command("KIND", "NAMESPACE", "NAME")
            lines.append(Text(f"{'':<15} {command}", tones["muted"]))
    return [*lines[1:], Text(""), *(Text(f"  {note}", tones["muted"]) for note in _NOTES)]
