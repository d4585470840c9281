"""The live half of the main screen: feeds to panes, the selection, and what follows it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on
from textual.screen import Screen

from tuik8s.api.kinds import DEPLOYMENT, EVENT, NAMESPACE, NODE, POD, REPLICA_SET, SERVICE
from tuik8s.tui.feed.logs import ENDED, LogFeed
from tuik8s.tui.host import DescribeContext, Host
from tuik8s.tui.messages import LogChanged, TableChanged
from tuik8s.tui.ports import NOT_REMOTE
from tuik8s.tui.rows.log_sources import sources_of
from tuik8s.tui.rows.manifests import COLUMNS, MANIFEST_FILE, problem_text, table_row
from tuik8s.tui.rows.model import TableModel
from tuik8s.tui.rows.related import EventScope
from tuik8s.tui.rows.resources import UNSERVED
from tuik8s.tui.rows.summary import HealthCheck, ordered_namespaces
from tuik8s.tui.screens import chrome, titles
from tuik8s.tui.screens.board import TABLES, Board
from tuik8s.tui.screens.navigation import Navigator
from tuik8s.tui.widgets.line import Line
from tuik8s.tui.widgets.log import LogView
from tuik8s.tui.widgets.table import Table
from tuik8s.tui.widgets.text_pane import TextPane
from tuik8s.tui.widgets.tones import tone_styles

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

    from tuik8s.api.kinds import Kind
    from tuik8s.tui.ports import ClusterInfo, RemoteCluster, Vitals
    from tuik8s.tui.rows.model import Row
    from tuik8s.tui.widgets.table_canvas import TableCanvas

log = logging.getLogger(__name__)

LABELS = {
    "nodes": "Nodes", "deployments": "Deployments", "services": "Services", "manifests": "Manifests",
    "main": "Pods", "describe": "Describe", "events": "Events", "logs": "Logs", "requests": "API requests",
}  # fmt: skip
_ALWAYS = (NAMESPACE, REPLICA_SET, POD)
"""Watched whatever the panes show; ReplicaSets lead from Deployments to their Pods."""
LOGS = "logs pane"
FOLLOW_AFTER = 0.15
"""Seconds the cursor must rest before the logs change over: moving through a table opens no streams."""


def _told_by(scope: EventScope | None) -> frozenset[str]:
    """Columns that say nothing new when all events are about one object."""
    if scope is None:
        return frozenset()
    return frozenset({"namespace", "object"}) if scope.kind in (POD, NODE) else frozenset({"namespace"})


class PanesScreen(Screen[None]):
    """Opens the feeds of its panes; the app's hub closes them. Only visible panes are brought up to date."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.namespaces = host.settings.namespaces
        self.vitals: Vitals | None = None
        self.manifests = TableModel(namespaced=False)
        self.manifests.define(COLUMNS)
        host.hub.choose_namespaces(self.namespaces)
        self.board = Board(self._panes())
        self.navigator = Navigator(self.board, self.table("main"), host.hub, lambda: host.kinds)
        self.all_events = False
        self._health = HealthCheck(self.model(NODE), self.model(POD))
        self._event_scope: EventScope | None = None
        self._rates: list[float] = []
        self._answered = 0
        self._subject: tuple[str, Row] | None = None
        self._logs_timer: Timer | None = None
        self._problems: dict[str, str] = {}
        """Of the manifest folder, by file; empty for those that are well."""
        self._titles: dict[Widget, tuple[Text, Text]] = {}

    def _panes(self) -> list[Widget]:
        hub, now, host = self.host.hub, self.host.clock.now, self.host
        for kind in _ALWAYS:
            hub.open(kind)
        panes: list[Widget] = [
            Table(hub.open(kind).model, kind.resource, now=now, sort="Name", id=pane)
            for pane, kind in (
                ("nodes", NODE),
                ("deployments", DEPLOYMENT),
                ("services", SERVICE),
                ("main", POD),
            )
        ]
        panes.append(Table(self.manifests, MANIFEST_FILE.resource, now=now, sort="File", id="manifests"))
        events = hub.open(EVENT).model
        panes.append(Table(events, EVENT.resource, now=now, sort="Last Seen", stay_on_top=True, id="events"))
        self.logs = LogFeed(host.client, LOGS, host.post_to_screen, limit=host.settings.log_lines)
        panes.append(LogView(self.logs.buffer, id="logs"))
        return [*panes, TextPane(id="describe"), TextPane(id="requests", tail=True)]

    def on_mount(self) -> None:
        """The titles are there with the first frame; afterwards each is set when it changes."""
        for table in self.tables():
            self.retitle(table)
        self._retitle_log(LogView.Changed(self.query_one("#logs", LogView)))
        self._describe()

    # --- finding things

    def table(self, pane: str) -> Table:
        widget = self.board.pane(pane)
        if not isinstance(widget, Table):
            raise TypeError(f"{pane} is not a table")
        return widget

    def tables(self) -> list[Table]:
        return [self.table(pane) for pane in (*sorted(TABLES), "events")]

    @property
    def subject_table(self) -> Table:
        """The table that object actions, events and logs are about."""
        return self.table(self.board.arrangement.table)

    def kind_of(self, table: TableCanvas) -> Kind:
        return self.navigator.kind_of(str(table.id))

    def model(self, kind: Kind) -> TableModel:
        feed = self.host.hub.feed(kind)
        return feed.model if feed is not None else TableModel(namespaced=kind.namespaced)

    # --- taking in changes

    @on(TableChanged)
    def _table_changed(self, message: TableChanged) -> None:
        for table in self.tables():
            if table.display and self.kind_of(table) == message.kind:
                table.refresh_rows()
        if message.kind == NAMESPACE:
            self.show_namespaces()
        if message.kind == NODE:
            self.board.set_node_count(len(self.model(NODE).rows))
        if message.kind in (NODE, POD):
            self._show_header()
        if message.kind in (POD, REPLICA_SET):
            self.follow_events()
            self._follow_logs_soon()
        if message.kind == EVENT:
            self._describe()
        self.navigator.settle()

    @on(LogChanged)
    def _log_changed(self, message: LogChanged) -> None:
        if message.name == LOGS:
            view = self.query_one("#logs", LogView)
            said = dict.fromkeys(state for state in self.logs.states.values() if state != ENDED)
            view.remark = "; ".join(said) or "no lines yet"
            view.refresh_lines_shown()

    def every_second(self) -> None:
        try:
            self._sample()
            for table in self.tables():
                table.tick()
            self._show_header()
            self.show_notice()
        except Exception as error:  # the figures of a struggling cluster must not end the interface
            log.exception("refreshing figures")
            self.host.notice(f"cluster figures: {error}", "warning")

    def _sample(self) -> None:
        info, remote = self.host.info, self.host.remote
        if info is not None:
            self.vitals = info.vitals()
            self._rates = [*self._rates[-59:], self.vitals.requests_per_second]
            self._take_manifests()
            words = chrome.pulse_words(self.vitals, self._rates, 4)
            self.query_one("#pulse", Line).show(words, chrome.heartbeat_words(self.vitals))
            self._show_requests(info, LABELS["requests"])
        elif remote is not None:
            self._rates = [*self._rates[-59:], float(remote.answered - self._answered)]
            self._answered = remote.answered
            self.query_one("#pulse", Line).show(chrome.remote_pulse_words(remote, self._rates))
            self._show_requests(remote, f"{LABELS['requests']} of this interface")

    def _show_requests(self, server: ClusterInfo | RemoteCluster, label: str) -> None:
        pane = self.query_one("#requests", TextPane)
        self._entitle(pane, titles.pane_title("requests", label))
        if pane.display:
            pane.show(chrome.request_lines(server.requests(), tone_styles(pane)))

    def _take_manifests(self) -> None:
        files = self.host.info.manifests() if self.host.info is not None else ()
        self.manifests.take([table_row(file) for file in files])
        table = self.table("manifests")
        table.hide_columns(frozenset() if any(file.message for file in files) else frozenset({"problem"}))
        if table.display:
            table.refresh_rows()
        known, self._problems = self._problems, {file.path: problem_text(file) for file in files}
        for path in known.keys() | self._problems.keys():
            before, problem = known.get(path), self._problems.get(path, "")
            if problem != (before or ""):
                self.host.notice(problem, "warning" if before is None else "error", about=path)

    # --- chrome

    def show_notice(self) -> None:
        """Bring the notice line up to date; the main screen knows what there is to tell."""

    def _show_header(self) -> None:
        left, right = chrome.header_words(
            self._health.now(),
            self.host.info,
            self.vitals,
            self.host.clock.now(),
            read_only=self.host.settings.read_only,
            remote=self.host.remote,
            nodes_known=not self._refused(NODE),
        )
        self.query_one("#header", Line).show(left, right)
        counts = {str(table.id): len(table.model.rows) for table in self.tables()}
        labels = LABELS | {"main": titles.kind_label(self.navigator.kind)}
        self.query_one("#tabs", Line).show(chrome.tab_words(labels, counts, self.board.active))

    def show_namespaces(self) -> None:
        names = ordered_namespaces(self.model(NAMESPACE))
        self.query_one("#namespaces", Line).show(
            chrome.namespace_words(names, self.namespaces, known=not self._refused(NAMESPACE))
        )

    def set_namespaces(self, namespaces: frozenset[str]) -> None:
        self.namespaces = namespaces
        self.host.hub.choose_namespaces(namespaces)
        for table in self.tables():
            table.set_namespaces(namespaces)
        self.show_namespaces()

    @on(Table.Changed)
    def _retitle(self, message: Table.Changed) -> None:
        self.retitle(message.table)

    def retitle(self, table: TableCanvas) -> None:
        pane = str(table.id)
        table.empty_text = self._empty_text(table)
        label = LABELS[pane] if pane != "main" else titles.kind_label(self.navigator.kind)
        title = titles.table_title(pane, label, table.order)
        self._entitle(table, title, titles.table_subtitle(table.order, len(table.marks), wide=table.wide))

    def _entitle(self, pane: Widget, title: Text, subtitle: Text | None = None) -> None:
        """Textual draws the whole widget anew whenever a title is set, also to what it was."""
        both = title, subtitle or Text()
        if self._titles.get(pane) != both:
            self._titles[pane] = both
            pane.border_title, pane.border_subtitle = both

    def _refused(self, kind: Kind) -> bool:
        """Whether we may not see objects of this kind, or there is no such kind."""
        feed = self.host.hub.feed(kind)
        return feed is not None and bool(feed.refused)

    def _empty_text(self, table: TableCanvas) -> str:
        kind = self.kind_of(table)
        if kind == MANIFEST_FILE and self.host.info is None:
            return f"a manifest folder is {NOT_REMOTE}"
        feed = self.host.hub.feed(kind)
        synced, refused = (feed.synced, feed.refused) if feed is not None else (True, "")
        return titles.empty_text(table.order, kind, synced=synced, refused=refused)

    @on(LogView.Changed)
    def _retitle_log(self, message: LogView.Changed) -> None:
        view = message.view
        if view.id == "logs":
            self._entitle(view, titles.log_title(self.logs.sources), titles.log_subtitle(view.states))

    # --- the selection

    @on(Table.Highlighted)
    def _highlighted(self, message: Table.Highlighted) -> None:
        if message.table is self.subject_table:
            self._take_subject()

    @on(Board.Rearranged)
    def _rearranged(self) -> None:
        for table in self.tables():
            if table.display:
                table.refresh_rows()
        self._take_subject()
        self._show_header()
        self.refresh_bindings()

    def _take_subject(self) -> None:
        row = self.subject_table.cursor_row
        self._subject = (str(self.subject_table.id), row) if row is not None else None
        self.follow_events()
        self._follow_logs_soon()
        self._describe()
        self.subject_changed()

    def subject_changed(self) -> None:
        """The selection is another row, or it looks different."""

    def follow_events(self) -> None:
        """Narrow the events to the selection, or widen them to all."""
        events = self.table("events")
        if not events.display:
            return
        scope = None
        if self._subject is not None and not self.all_events:
            pane, row = self._subject
            kind = self.navigator.kind_of(pane)
            scope = EventScope.of(kind, row, self.host.hub.objects) if kind not in UNSERVED else None
        if scope != self._event_scope or (scope is None) != (events.order.scope is None):
            self._event_scope = scope
            events.hide_columns(_told_by(scope))
            events.order.scope = scope.scope() if scope is not None else None
            events.refresh_rows()

    def _follow_logs_soon(self) -> None:
        if self._logs_timer is not None:
            self._logs_timer.stop()
        self._logs_timer = self.set_timer(FOLLOW_AFTER, self._follow_logs)

    def _follow_logs(self) -> None:
        view = self.query_one("#logs", LogView)
        if not view.display or self._subject is None:
            return
        pane, row = self._subject
        sources = sources_of(self.navigator.kind_of(pane), row, list(self.model(POD).rows.values()))
        if sources is not None and tuple(sources) != self.logs.sources:
            self.logs.follow(sources)
            view.show(self.logs.buffer)
        self._retitle_log(LogView.Changed(view))

    def _describe(self) -> None:
        pane = self.query_one("#describe", TextPane)
        if not pane.display:
            return
        name, row = self._subject or ("", None)
        kind = self.navigator.kind_of(name)
        if row is None or kind in UNSERVED:
            self._entitle(pane, titles.pane_title("describe", "Describe"))
            return
        context = DescribeContext(
            kind, self.host.clock, self.host.info, self.host.hub.objects, max(40, pane.size.width)
        )
        pane.show(self.host.describe(row.object, context))
        self._entitle(pane, titles.pane_title("describe", f"Describe {kind.singular}/{row.name}"))
