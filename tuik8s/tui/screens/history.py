"""What was done here, newest last, each with the kubectl command that does the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.screens.view import ViewScreen

if TYPE_CHECKING:
    from textual.widget import Widget

    from tuik8s.tui.host import Host
    from tuik8s.tui.rows.history import Deed

LOOK = 0.5
"""Seconds between two looks at what has been added."""


class HistoryScreen(ViewScreen):
    """Copying takes the command of the chosen line; saving takes all of it as a shell script."""

    BINDINGS: ClassVar[list[Any]] = [*REGISTRY.bindings("text"), ("j", "step(1)", ""), ("k", "step(-1)", "")]
    DEFAULT_CSS = """
    HistoryScreen OptionList, HistoryScreen OptionList:focus {
        border: round $primary; border-title-color: $primary; border-title-style: bold;
        border-subtitle-color: $primary; background: $background; padding: 0;
        background-tint: $background 0%;
    }
    HistoryScreen OptionList > .option-list--option-highlighted,
    HistoryScreen OptionList:focus > .option-list--option-highlighted {
        background: $row-cursor; color: $foreground; text-style: none;
    }
    """

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._shown: list[Deed] = []
        self._version = -1
        self._search = ""

    def content(self) -> Widget:
        return OptionList(id="content")

    @property
    def _list(self) -> OptionList:
        return self.query_one("#content", OptionList)

    def ready(self) -> None:
        self._list.border_title = "History"
        self.set_interval(LOOK, self.look)
        self.look()

    def look(self) -> None:
        if self.host.history.version != self._version:
            self._version = self.host.history.version
            self._fill()

    def _fill(self) -> None:
        deeds = [deed for deed in self.host.history.deeds if self._search.lower() in _plain(deed).lower()]
        at_end = self._list.highlighted in (None, len(self._shown) - 1)
        kept = self._list.highlighted
        self._shown = deeds
        self._list.clear_options()
        self._list.add_options([Option(line_of(deed)) for deed in deeds])
        if deeds:
            self._list.highlighted = len(deeds) - 1 if at_end or kept is None else min(kept, len(deeds) - 1)
        about = f"/{self._search} · " if self._search else ""
        self._list.border_subtitle = f"{about}{len(deeds)} actions" if deeds else "nothing has been done yet"

    @property
    def searching(self) -> str:
        return self._search

    def search(self, text: str, *, final: bool) -> None:
        self._search = text
        self._fill()

    def whole_text(self) -> str:
        return "".join(
            f"# {deed.time:%Y-%m-%d %H:%M:%S} {deed.label} {deed.target}: {_one_line(deed.outcome)}\n"
            f"{'# ' if deed.failed else ''}{deed.kubectl}\n"
            for deed in self._shown
        )

    def file_name(self) -> str:
        return "history.sh"

    def action_copy(self) -> None:
        chosen = self._list.highlighted
        if chosen is not None:
            self.app.copy_to_clipboard(self._shown[chosen].kubectl)
            self.tell(f"copied: {self._shown[chosen].kubectl}")

    def action_step(self, by: int) -> None:
        if by > 0:
            self._list.action_cursor_down()
        else:
            self._list.action_cursor_up()

    def action_top(self) -> None:
        self._list.action_first()

    def action_bottom(self) -> None:
        self._list.action_last()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action not in ("managed_fields", "decode", "match")


def line_of(deed: Deed) -> Text:
    """Two lines: what was done and how it ended, and the command below."""
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{deed.time:%H:%M:%S}  ", "dim").append(f"{deed.label} {deed.target}  ", "bold")
    line.append(_one_line(deed.outcome), "red" if deed.failed else "green")
    return line.append(f"\n          $ {deed.kubectl}", "dim")


def _plain(deed: Deed) -> str:
    return f"{deed.label} {deed.target} {deed.outcome} {deed.kubectl}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
