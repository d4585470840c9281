"""A full-screen text: search, copy, save, and the way through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text

from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.screens.view import ViewScreen
from tuik8s.tui.widgets.document import DocumentPane

if TYPE_CHECKING:
    from textual.widget import Widget


class TextScreen(ViewScreen):
    """Subclasses call `pane.show_texts`, and style lines in `paint`."""

    BINDINGS: ClassVar[list[Any]] = REGISTRY.bindings("text")
    extra_actions: frozenset[str] = frozenset()
    """Those of `managed_fields` and `decode` that mean something here."""

    def paint(self, line: str) -> Text:
        return Text(line, no_wrap=True)

    def retitle(self) -> None:
        """The search or the text has changed."""

    def content(self) -> Widget:
        return DocumentPane(self.paint, id="content")

    @property
    def pane(self) -> DocumentPane:
        return self.query_one("#content", DocumentPane)

    @property
    def searching(self) -> str:
        return self.pane.search

    def search(self, text: str, *, final: bool) -> None:
        self.pane.set_search(text)
        if final and text and not self.pane.go_to_match(1):
            self.tell(f"{text!r} is not here", "warn")
        self.retitle()
        self.refresh_bindings()

    def found(self) -> str:
        """For a subtitle: how much of the search is here."""
        pane = self.pane
        if not pane.search:
            return ""
        at = f"{pane.matches.index(pane.current) + 1}/" if pane.current in pane.matches else ""
        return f"/{pane.search}: {at}{len(pane.matches)} · "

    def whole_text(self) -> str:
        return "\n".join(self.pane.texts) + "\n"

    def action_match(self, step: int) -> None:
        self.pane.go_to_match(step)
        self.retitle()

    def action_top(self) -> None:
        self.pane.scroll_to(y=0, animate=False)

    def action_bottom(self) -> None:
        self.pane.scroll_to(y=self.pane.max_scroll_y, animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "match":
            return bool(self.is_mounted and self.pane.search)
        return action not in ("managed_fields", "decode") or action in self.extra_actions
