"""Every key, from the registry as it is in effect."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.containers import Container
from textual.screen import ModalScreen

from tuik8s.tui.keys import key_label
from tuik8s.tui.widgets.text_pane import TextPane
from tuik8s.tui.widgets.tones import tone_styles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.style import Style
    from textual.app import ComposeResult

    from tuik8s.tui.keys import KeyAction, KeyRegistry

KEYS_WIDTH, HELP_WIDTH = 15, 74
"""Cells for the keys and for what they do; the id follows, or stands at the right edge."""
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
        self.query_one(TextPane).focus()

    def on_resize(self) -> None:
        pane = self.query_one(TextPane)
        pane.show(help_lines(self._actions, tone_styles(pane), pane.scrollable_content_region.width))


def help_lines(actions: list[KeyAction], tones: Mapping[str, Style], width: int) -> list[Text]:
    lines: list[Text] = []
    group = ""
    for action in actions:
        if action.group != group:
            group = action.group
            lines += [Text(""), Text(f" {group}", tones["accent"])]
        lines += _action_lines(action, tones, width)
        if action.kubectl:
            command = action.command("KIND", "NAMESPACE", "NAME")
            lines.append(Text(f"{'':<{KEYS_WIDTH}} {command}", tones["muted"]))
    notes = [line for note in _NOTES for line in textwrap.wrap(note, max(20, width - 3))]
    return [*lines[1:], Text(""), *(Text(f"  {line}", tones["muted"]) for line in notes)]


def _action_lines(action: KeyAction, tones: Mapping[str, Style], width: int) -> Iterator[Text]:
    """What it does on as many lines as the width needs, and the id where the last of them leaves room."""
    keys = "  ".join(key_label(key) for key in action.keys)
    texts = textwrap.wrap(action.help, max(20, min(HELP_WIDTH, width - KEYS_WIDTH - 1)))
    room = min(HELP_WIDTH + 1, width - KEYS_WIDTH - len(action.id) - 1)
    if len(texts[-1]) >= room:
        texts.append("")
    for number, text in enumerate(texts, start=1):
        line = Text.assemble((f"  {keys if number == 1 else '':<{KEYS_WIDTH - 3}} ", tones["key"]), text)
        if number == len(texts):
            line.append(" " * (room - len(text)))
            line.append(action.id, tones["muted"])
        yield line
