"""The main screen: live panes side by side, and what keys, clicks and the `:` line do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, get_args

from textual import on

from tuik8s.api.kinds import NAMESPACE, POD
from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.host import Target
from tuik8s.tui.messages import FeedLost, FeedRestored, Notice
from tuik8s.tui.rows.filtering import NO_FILTER, Filter
from tuik8s.tui.rows.model import one_line
from tuik8s.tui.rows.resources import API_RESOURCE, UNSERVED
from tuik8s.tui.rows.summary import ordered_namespaces
from tuik8s.tui.screens import chrome
from tuik8s.tui.screens.commanding import CommandScreen
from tuik8s.tui.screens.goto import TOP, GotoScreen
from tuik8s.tui.screens.layout import Density, density
from tuik8s.tui.screens.panes import LABELS
from tuik8s.tui.widgets.line import Line, Word
from tuik8s.tui.widgets.log import LogView
from tuik8s.tui.widgets.prompt import Prompt
from tuik8s.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult
    from textual.geometry import Size
    from textual.screen import Screen

    from tuik8s.tui.host import Host
    from tuik8s.tui.keys import KeyAction

NOTICE_SECONDS = {"information": 6.0, "warning": 15.0}
"""How long a notice stays; errors stay until escape."""
PAINTED = 0.05
"""Seconds from the first layout to when its frame is on the terminal: Textual paints 60 times a second."""
_NOTICE_TONES = {"information": "info", "warning": "warn", "error": "error"}


class MainScreen(CommandScreen):
    """`host` is the app."""

    AUTO_FOCUS = "#main"
    BLANK = True  # lines and board cover it
    BINDINGS: ClassVar[list[Any]] = REGISTRY.bindings("main", "object")

    def __init__(self, host: Host) -> None:
        super().__init__(host)
        self._notices: list[Notice] = []
        self._filter_before: Filter = NO_FILTER
        self._filter_problem = ""
        self._sized = False
        self.on_first_frame: Callable[[], object] = lambda: None
        """Called once, when there is something to see."""
        self._own: dict[str, Callable[[], None]] = {
            "pane.next": lambda: self.board.cycle(1),
            "pane.previous": lambda: self.board.cycle(-1),
            "pane.goto": self._goto,
            "view.zoom": self.board.zoom,
            "view.peek": self.board.peek,
            "view.command": self.ask_command,
            "view.kinds": lambda: self.navigator.show_kind(API_RESOURCE),
            "view.filter": self._ask_filter,
            "view.faults": self._toggle_faults,
            "view.events": self._toggle_events,
            "nav.enter": self._enter,
            "nav.back": self._back,
        }

    def compose(self) -> ComposeResult:
        self._show_density(self.app.size, update=False)
        yield Line(id="header")
        yield Line(id="namespaces")
        yield Line(id="tabs")
        yield self.board
        yield Line(id="notices")
        self.prompt = Prompt(self.suggest, id="prompt")
        yield self.prompt
        yield Line(id="pulse")
        yield Line(id="footer")

    def on_mount(self) -> None:
        self.bindings_updated_signal.subscribe(self, self._show_footer)
        self.set_interval(1.0, self.every_second)
        self.every_second()
        self.set_namespaces(self.namespaces)
        self.board.activate("main")

    def on_resize(self) -> None:
        if not self._sized:
            self._sized = True
            self.set_timer(PAINTED, self.on_first_frame)
        self._show_density(self.size)

    def _show_density(self, size: Size, *, update: bool = True) -> None:
        """For the stylesheet; it is known before the widgets are, which are then styled once."""
        level = density(size)
        self.update_classes({f"-{name}": name == level for name in get_args(Density)}, update=update)

    # --- keys

    def action_run(self, action_id: str) -> None:
        """One action of the registry, by our own hands or by its handler."""
        own = self._own.get(action_id)
        if own is not None:
            own()
            return
        targets = self.targets(REGISTRY[action_id])
        if targets or REGISTRY[action_id].scope != "object":
            self.host.run_handler(action_id, targets)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action != "run":
            return True
        return self.possible(self.host.keys[str(parameters[0])])

    def possible(self, action: KeyAction) -> bool:
        """Whether the action means anything here and now: to this app, and to the kind under the cursor."""
        if action.mutates and self.host.settings.read_only:
            return False
        if action.action or action.scope == "app" or action.id in self._own:
            return True
        if action.id not in self.host.handlers:
            return False
        kind = self.kind_of(self.subject_table)
        return action.scope != "object" or (action.applies_to(kind) and kind not in UNSERVED)

    def targets(self, action: KeyAction) -> tuple[Target, ...]:
        """What an action works on: the marked rows if it takes several, else the one under the cursor."""
        table = self.subject_table
        kind = self.kind_of(table)
        row = table.cursor_row
        rows = table.targets() if action.bulk else [row] if row is not None else []
        return tuple(Target(kind, row.namespace, row.name, row.uid, row.object) for row in rows)

    async def perform(self, action_id: str) -> None:
        """An action chosen from a menu, the palette, the footer or the `:` line."""
        action = self.host.keys[action_id]
        if action.action and action.scope in ("table", "log"):
            place = self.board.pane(self.board.active) if action.scope == "log" else self.subject_table
            await self.app.run_action(action.action, place)
        elif action.scope == "app":
            await self.app.run_action(action.textual_action, self.app)
        else:
            await self.app.run_action(action.textual_action, self)

    @on(Line.Clicked)
    async def _word_clicked(self, message: Line.Clicked) -> None:
        verb, _, what = message.action.partition(":")
        if verb == "run":
            await self.perform(what)
        elif verb == "namespace":
            self.action_namespace(int(what))
        elif verb == "pane":
            self.board.activate(what)

    def _show_footer(self, screen: Screen[Any]) -> None:
        if self.prompt.display:
            self.query_one("#footer", Line).show(chrome.PROMPT_WORDS)
            return
        ids = [active.binding.id or "" for active in self.active_bindings.values() if active.enabled]
        actions = {action_id: self.host.keys[action_id] for action_id in ids if action_id in self.host.keys}
        self.query_one("#footer", Line).show(chrome.footer_words(actions.values()))

    # --- panes

    def _goto(self) -> None:
        def go(pane: str | None) -> None:
            if pane == TOP:
                self.subject_table.action_top()
            elif pane is not None:
                self.board.activate(pane)

        self.app.push_screen(GotoScreen(LABELS), go)

    def _toggle_faults(self) -> None:
        order = self.subject_table.order
        order.faults_only = not order.faults_only
        self.subject_table.refresh_rows()

    def _toggle_events(self) -> None:
        self.all_events = not self.all_events
        self.follow_events()

    def action_namespace(self, number: int) -> None:
        """0: all; else add or take away the numbered one."""
        names = ordered_namespaces(self.model(NAMESPACE))
        if number == 0:
            self.set_namespaces(frozenset())
        elif number <= len(names):
            self.set_namespaces(self.namespaces ^ {names[number - 1]})

    def _enter(self) -> None:
        focused = self.focused
        table = focused if isinstance(focused, Table) else self.subject_table
        row = table.cursor_row
        if row is not None and self.kind_of(table) == NAMESPACE:
            self.set_namespaces(frozenset({row.name}))
            self.navigator.show_kind(POD)
        elif row is not None and not self.navigator.enter(str(table.id), row):
            self.action_run_if_possible("object.describe")

    def action_run_if_possible(self, action_id: str) -> None:
        if self.possible(self.host.keys[action_id]):
            self.action_run(action_id)

    @on(Table.Opened)
    def _opened(self, message: Table.Opened) -> None:
        self.board.activate(str(message.table.id))
        self._enter()

    def _back(self) -> None:
        """One thing at a time: an error, the filter, the way one came, the zoom."""
        table = self.subject_table
        notice = self._notice
        if notice is not None and notice.severity == "error":
            self._clear_notice(notice)
        elif table.order.filter or table.order.faults_only:
            table.order.faults_only = False
            table.set_filter(NO_FILTER)
        elif not self.navigator.back() and self.board.arrangement.zoomed:
            self.board.zoom()

    # --- the prompt

    def _ask_filter(self) -> None:
        pane = self.board.pane(self.board.active)
        if isinstance(pane, LogView):
            self.prompt.ask("search", pane.search)
            return
        table = self._filter_table()
        self._filter_before = table.order.filter
        self.prompt.ask("filter", table.order.filter.text)

    def _filter_table(self) -> Table:
        pane = self.board.pane(self.board.active)
        return pane if isinstance(pane, Table) else self.subject_table

    @on(Prompt.Edited)
    def _edited(self, message: Prompt.Edited) -> None:
        if message.purpose == "filter":
            self.filter(message.text)
        elif message.purpose == "search":
            self.query_one("#logs", LogView).set_search(message.text)

    def filter(self, text: str) -> bool:
        """Apply it; False, and nothing changed, when it does not parse."""
        try:
            self._filter_table().set_filter(Filter.parse(text))
        except ValueError as error:
            self._filter_problem = str(error)
            return False
        return True

    @on(Prompt.Closed)
    async def _prompt_closed(self, message: Prompt.Closed) -> None:
        self.board.activate(self.board.active)
        if message.purpose == "filter":
            if message.text is None or not self.filter(message.text):
                self._filter_table().set_filter(self._filter_before)
                if message.text is not None:
                    self.host.notice(f"filter: {self._filter_problem}", "warning")
        elif message.purpose == "search":
            logs = self.query_one("#logs", LogView)
            logs.set_search(message.text or "")
            logs.action_match(-1)
        elif message.text:
            await self.command(message.text)

    # --- notices

    @on(Notice)
    def _noticed(self, message: Notice) -> None:
        if message.about:
            self._notices = [notice for notice in self._notices if notice.about != message.about]
        if message.text:
            self._notices.append(message)
        del self._notices[:-20]
        seconds = NOTICE_SECONDS.get(message.severity)
        if seconds is not None:
            self.set_timer(seconds, lambda: self._clear_notice(message))
        self.show_notice()

    def _clear_notice(self, notice: Notice) -> None:
        if notice in self._notices:
            self._notices.remove(notice)
            self.show_notice()

    @property
    def _notice(self) -> Notice | None:
        """The latest; an error is not covered by what is not one."""
        errors = [notice for notice in self._notices if notice.severity == "error"]
        found = errors or self._notices
        return found[-1] if found else None

    @on(FeedLost)
    @on(FeedRestored)
    def _connection_changed(self) -> None:
        self.show_notice()
        for table in self.tables():
            self.retitle(table)
            table.refresh()

    def subject_changed(self) -> None:
        self.refresh_bindings()
        self.show_notice()

    def _lost(self) -> str:
        """Why nothing new comes from the API; empty while it answers."""
        feeds, heartbeat = self.host.hub.lost, self.host.heartbeat
        return feeds[0].lost if feeds else heartbeat.lost if heartbeat is not None else ""

    def show_notice(self) -> None:
        words: list[Word] = []
        notice = self._notice
        lost = self._lost()
        alerts = self.host.info.alerts() if self.host.info is not None else ()
        self.update_classes({"-lost": bool(lost)})
        if lost:
            words.append(Word(one_line(f"API lost: {lost}"), "error"))
            words.append(Word("the panes show what was last known; trying again", "muted", 1))
        elif alerts:
            more = f"  (and {len(alerts) - 1} more)" if len(alerts) > 1 else ""
            words.append(Word(one_line(alerts[0]) + more, "error"))
        elif notice is not None:
            words.append(Word(one_line(notice.text), _NOTICE_TONES[notice.severity]))
        elif self.subject_table.id == "manifests" and (row := self.subject_table.cursor_row):
            words.append(Word(row.object["message"], "muted"))
        hint = notice is not None and notice.severity == "error" and not lost and not alerts
        self.query_one("#notices", Line).show(words, [Word("esc", "key", 1)] if hint else [])
