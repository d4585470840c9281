"""Which revision to go back to, and what that changes."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import yaml
from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tuik8s.api.clock import parse_time
from tuik8s.api.durations import human_duration
from tuik8s.tui.screens.dialogs.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.widget import Widget

    from tuik8s.api.objects import Obj
    from tuik8s.api.workloads import Revision


class RollbackDialog(Dialog[int]):
    """Answers the number of a revision. `revisions` come newest first; the current one cannot be chosen."""

    confirm_label = "Roll back"
    DEFAULT_CSS = """
    RollbackDialog #box { width: 100; }
    RollbackDialog .note { margin-bottom: 0; }
    RollbackDialog OptionList { height: auto; max-height: 25vh; margin-bottom: 1; }
    RollbackDialog VerticalScroll {
        height: auto; max-height: 40vh; margin-bottom: 1; scrollbar-size-vertical: 1;
        border-left: outer $pane-border; padding-left: 1;
    }
    """

    def __init__(
        self, name: str, revisions: Sequence[Revision], *, now: datetime, command: Callable[[int], str]
    ) -> None:
        super().__init__()
        self.title_text = f"Roll back deployment {name}"
        self._revisions = revisions
        self._now = now
        self._make_command = command

    def body(self) -> list[Widget]:
        options = [Option(self._line(item), disabled=item.current) for item in self._revisions]
        return [
            OptionList(*options),
            Static("what the pod template would become:", classes="note"),
            VerticalScroll(Static(id="diff", markup=False)),
        ]

    def opened(self) -> None:
        choices = self.query_one(OptionList)
        choices.highlighted = next((n for n, item in enumerate(self._revisions) if not item.current), None)
        choices.focus()

    def on_option_list_option_highlighted(self) -> None:
        self.query_one("#diff", Static).update(self._diff())
        self.show_command()

    def on_option_list_option_selected(self) -> None:
        self.query_one("#confirm").focus()  # choosing is not yet confirming

    def command(self) -> str:
        chosen = self._chosen()
        return self._make_command(chosen.number) if chosen else ""

    def answer(self) -> int:
        chosen = self._chosen()
        if chosen is None:
            raise ValueError("there is no other revision to go back to")
        return chosen.number

    def _chosen(self) -> Revision | None:
        index = self.query_one(OptionList).highlighted
        return self._revisions[index] if index is not None else None

    def _line(self, item: Revision) -> Text:
        age = human_duration((self._now - parse_time(item.created)).total_seconds()) if item.created else ""
        current = "current" if item.current else f"{item.replicas} pods" if item.replicas else ""
        text = f"{item.number:>4}  {age:>6}  {', '.join(item.images)}"
        return Text.assemble(text, (f"  {current}", "bold"), (f"  {item.change_cause}", "italic"))

    def _diff(self) -> Text:
        chosen = self._chosen()
        now = next((item for item in self._revisions if item.current), None)
        if chosen is None or now is None:
            return Text("")
        return template_diff(now.template, chosen.template)


def template_diff(old: Obj, new: Obj) -> Text:
    """A unified diff of two pod templates as YAML, without its header."""
    before, after = (yaml.safe_dump(template, sort_keys=True).splitlines() for template in (old, new))
    lines = [
        line
        for line in difflib.unified_diff(before, after, lineterm="", n=2)
        if not line.startswith(("---", "+++"))
    ]
    styles = {"+": "green", "-": "red", "@": "dim"}
    shown = Text()
    for line in lines:
        shown.append(line + "\n", styles.get(line[:1], ""))
    return shown or Text("the templates are the same", "dim")
