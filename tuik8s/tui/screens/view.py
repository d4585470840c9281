"""What all full-screen views share: a title, a search, a line for what happened, and the keys that work."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from textual import on
from textual.screen import Screen

from tuik8s.tui.screens import chrome
from tuik8s.tui.screens.saving import save_text
from tuik8s.tui.widgets.line import Line, Word
from tuik8s.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from textual.app import ComposeResult
    from textual.widget import Widget

    from tuik8s.tui.host import Host

log = logging.getLogger(__name__)

TOLD_FOR = 6.0
"""Seconds a line about what happened stays."""


class ViewScreen(Screen[None]):
    """Subclasses give `content`, and what searching, copying and saving mean for it."""

    DEFAULT_CSS = """
    ViewScreen > #content { height: 1fr; }
    ViewScreen > #told { background: $background; }
    ViewScreen > #view-footer { background: $surface; }
    """

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self._told = 0

    # --- for subclasses

    def content(self) -> Widget:
        """What fills the screen; its id is `content`."""
        raise TypeError("a view needs content")

    def search(self, text: str, *, final: bool) -> None:
        """Highlight; `final` once the person has pressed enter."""

    @property
    def searching(self) -> str:
        return ""

    def whole_text(self) -> str:
        """What copying and saving take."""
        return ""

    def file_name(self) -> str:
        """What to call it when it is saved."""
        return "view.txt"

    # --- the screen

    def compose(self) -> ComposeResult:
        yield self.content()
        yield Line(id="told")
        yield Prompt(lambda _: [], id="prompt")
        yield Line(id="view-footer")

    def ready(self) -> None:
        """The content is there. (Textual calls the `on_mount` of every base class; this is called once.)"""

    def on_mount(self) -> None:
        self.ready()
        self.bindings_updated_signal.subscribe(self, self._show_footer)
        self.query_one("#content").focus()

    def _show_footer(self, screen: Screen[Any]) -> None:
        ids = dict.fromkeys(active.binding.id for active in self.active_bindings.values() if active.enabled)
        keys = self.host.keys
        actions = [keys[action_id] for action_id in ids if action_id is not None and action_id in keys]
        self.query_one("#view-footer", Line).show(chrome.footer_words(actions))

    @on(Line.Clicked)
    async def _word_clicked(self, message: Line.Clicked) -> None:
        verb, _, what = message.action.partition(":")
        if verb == "run":
            action = self.host.keys[what]
            place = {"app": self.app, "log": self.query_one("#content")}.get(action.scope, self)
            await self.app.run_action(action.textual_action, place)

    def tell(self, text: str, tone: str = "info") -> None:
        """One line at the bottom, for a few seconds; never parsed as markup."""
        self._told += 1
        number = self._told
        self.query_one("#told", Line).show([Word(text.replace("\n", " "), tone)])
        self.set_timer(TOLD_FOR, lambda: self._forget(number))

    def _forget(self, number: int) -> None:
        if number == self._told:
            self.query_one("#told", Line).show([])

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Something that waits, for a dialog or a file; what goes wrong is told here."""
        self.run_worker(self._guarded(work), exit_on_error=False, group="view")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except OSError as error:
            self.tell(
                f"{error.strerror or error}: {error.filename}" if error.filename else str(error), "error"
            )
        except Exception as error:  # one failed action is a line of text; the view goes on
            log.exception("in %s", type(self).__name__)
            self.tell(str(error) or type(error).__name__, "error")

    # --- actions

    def action_leave(self) -> None:
        if self.searching:
            self.search("", final=True)
        else:
            self.dismiss(None)

    def action_search(self) -> None:
        self.query_one(Prompt).ask("search", self.searching)

    @on(Prompt.Edited)
    def _edited(self, message: Prompt.Edited) -> None:
        self.search(message.text, final=False)

    @on(Prompt.Closed)
    def _prompt_closed(self, message: Prompt.Closed) -> None:
        self.query_one("#content").focus()
        self.search(message.text or "", final=True)

    def action_copy(self) -> None:
        text = self.whole_text()
        self.app.copy_to_clipboard(text)
        self.tell(f"copied {len(text.splitlines()):,} lines")

    def action_save(self) -> None:
        self.start(self._save(self.whole_text()))

    async def _save(self, text: str) -> None:
        told = await save_text(self.app, "Save to a file", self.file_name(), text)
        if told:
            self.tell(told)
