"""The main screen: live panes side by side, a selection that events and logs follow, keys that act on it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.screen import Screen

from tuik8s.api.kinds import DEPLOYMENT, EVENT, NAMESPACE, NODE, POD, REPLICA_SET, SERVICE
from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.messages import TableChanged
from tuik8s.tui.rows.manifests import COLUMNS, MANIFEST_FILE, table_row
from tuik8s.tui.rows.model import TableModel
from tuik8s.tui.rows.related import events_of
from tuik8s.tui.rows.summary import health, ordered_namespaces
from tuik8s.tui.screens import chrome, titles
from tuik8s.tui.screens.board import TABLES, Board
from tuik8s.tui.screens.navigation import FIRST_SORT, Navigator
from tuik8s.tui.widgets.line import Line
from tuik8s.tui.widgets.table import Table
from tuik8s.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from tuik8s.api.kinds import Kind
    from tuik8s.tui.host import Host
    from tuik8s.tui.ports import Vitals
    from tuik8s.tui.rows.model import Row

log = logging.getLogger(__name__)

LABELS = {
    "nodes": "Nodes", "deployments": "Deployments", "services": "Services", "manifests": "Manifests",
    "events": "Events", "logs": "Logs", "describe": "Describe", "requests": "API requests",
}  # fmt: skip
_HIDDEN_ALWAYS = (NAMESPACE, REPLICA_SET)
"""Kinds watched without a pane: the namespace bar, and the way from a Deployment to its Pods."""


class MainScreen(Screen[None]):
    """`host` is the app. Opens the feeds of its panes when mounted; the hub closes them with the app."""

    BINDINGS: ClassVar[list[Any]] = REGISTRY.bindings("main", "object")

    def __init__(self, host: Host) -> None:
        super().__init__()
        self.host = host
        self.namespaces = host.settings.namespaces
        self.vitals: Vitals | None = None
        self.manifests = TableModel(namespaced=False)
        self.manifests.define(COLUMNS)
        self._all_events = False
        self._rates: list[float] = []
        self._subject: tuple[str, Row] | None = None
        self._own: dict[str, Callable[[], None]] = {}

    def compose(self) -> ComposeResult:
        yield Line(id="header")
        yield Line(id="namespaces")
        self.board = Board([*self._tables(), *self._texts()])
        yield self.board
        yield Line(id="notices")
        yield Line(id="pulse")
        yield Line(id="footer")

    def _tables(self) -> list[Table]:
        hub, now = self.host.hub, self.host.clock.now
        for kind in _HIDDEN_ALWAYS:
            hub.open(kind)
        tables = [
            Table(hub.open(kind).model, kind.plural, now=now, sort=FIRST_SORT.get(kind, "Name"), id=pane,
                  stay_on_top=kind == EVENT)
            for pane, kind in (("nodes", NODE), ("deployments", DEPLOYMENT), ("services", SERVICE))
        ]  # fmt: skip
        tables.append(Table(self.manifests, MANIFEST_FILE.plural, now=now, sort="File", id="manifests"))
        tables.append(Table(hub.open(POD).model, POD.plural, now=now, sort="Name", id="main"))
        events = hub.open(EVENT).model
        tables.append(Table(events, EVENT.plural, now=now, sort="Last Seen", stay_on_top=True, id="events"))
        return tables

    def _texts(self) -> list[TextPane]:
        return [TextPane(id="describe"), TextPane(id="logs", tail=True), TextPane(id="requests", tail=True)]

    def on_mount(self) -> None:
        self.navigator = Navigator(self.board, self.table("main"), self.host.hub, self.host.kinds)
        self.set_interval(1.0, self._every_second)
        self._every_second()
        self.set_namespaces(self.namespaces)
        self.board.pane("main").focus()

    # --- what is shown

    def table(self, pane: str) -> Table:
        widget = self.board.pane(pane)
        if not isinstance(widget, Table):
            raise TypeError(f"{pane} is not a table")
        return widget

    def tables(self) -> list[Table]:
        return [self.table(pane) for pane in (*sorted(TABLES), "events")]

    def set_namespaces(self, namespaces: frozenset[str]) -> None:
        self.namespaces = namespaces
        for table in self.tables():
            table.set_namespaces(namespaces)
        self._show_namespaces()

    @on(TableChanged)
    def _table_changed(self, message: TableChanged) -> None:
        for table in self.tables():
            if self._kind_of(table) == message.kind:
                table.refresh_rows()
        if message.kind == NAMESPACE:
            self._show_namespaces()
        if message.kind in (NODE, POD):
            self._show_header()
        if message.kind == NODE:
            self.board.set_node_count(len(self._model(NODE).rows))
        if message.kind in (POD, REPLICA_SET):
            self._follow_events()
        self.navigator.settle()

    def _kind_of(self, table: Table) -> Kind:
        return self.navigator.kind_of(str(table.id))

    def _model(self, kind: Kind) -> TableModel:
        feed = self.host.hub.feed(kind)
        return feed.model if feed is not None else TableModel(namespaced=kind.namespaced)

    def _every_second(self) -> None:
        try:
            self._sample()
        except Exception as error:  # figures of a struggling cluster must not end the interface
            log.exception("sampling the cluster")
            self.host.notice(f"cluster figures: {error}", "warning")
        for table in self.tables():
            table.tick()
        self._show_header()

    def _sample(self) -> None:
        info = self.host.info
        if info is None:
            return
        self.vitals = info.vitals()
        self._rates = [*self._rates[-59:], self.vitals.requests_per_second]
        self.manifests.replace([table_row(file) for file in info.manifests()])
        self.table("manifests").refresh_rows()
        words = chrome.pulse_words(self.vitals, self._rates, 4)
        self.query_one("#pulse", Line).show(words, chrome.heartbeat_words(self.vitals))

    def _show_header(self) -> None:
        now = self.host.clock.now()
        figures = health(self._model(NODE), self._model(POD))
        left, right = chrome.header_words(
            figures, self.host.info, self.vitals, now, read_only=self.host.settings.read_only
        )
        self.query_one("#header", Line).show(left, right)

    def _show_namespaces(self) -> None:
        names = ordered_namespaces(self._model(NAMESPACE))
        self.query_one("#namespaces", Line).show(chrome.namespace_words(names, self.namespaces))

    @on(Table.Changed)
    def _retitle(self, message: Table.Changed) -> None:
        table = message.table
        pane = str(table.id)
        label = LABELS.get(pane) or f"{self.navigator.kind.kind}s"
        table.border_title = titles.table_title(pane, label, table.order)  # type: ignore[assignment]
        table.border_subtitle = titles.table_subtitle(table.order, len(table.marks), wide=table.wide)  # type: ignore[assignment]

    # --- the selection

    @on(Table.Highlighted)
    def _highlighted(self, message: Table.Highlighted) -> None:
        pane = str(message.table.id)
        if pane == self.board.arrangement.table and message.row is not None:
            self._select(pane, message.row)

    @on(Board.Rearranged)
    def _rearranged(self) -> None:
        pane = self.board.arrangement.table
        row = self.table(pane).cursor_row
        if row is not None:
            self._select(pane, row)
        self.refresh_bindings()

    def _select(self, pane: str, row: Row) -> None:
        self._subject = (pane, row)
        self._follow_events()

    def _follow_events(self) -> None:
        events = self.table("events")
        if self._subject is None or self._all_events or self._subject[0] == "manifests":
            events.order.scope = None
        else:
            pane, row = self._subject
            events.order.scope = events_of(self.navigator.kind_of(pane), row, self.host.hub.objects)
        events.refresh_rows()
