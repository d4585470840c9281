"""What the main table shows, and the way back: kinds, scopes, objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.kinds import CUSTOM_RESOURCE_DEFINITION, DEPLOYMENT, EVENT, NODE, POD, SERVICE
from tuik8s.tui.rows.manifests import MANIFEST_FILE
from tuik8s.tui.rows.related import involved, pods_of
from tuik8s.tui.rows.resources import API_RESOURCE
from tuik8s.tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.api.objects import Obj
    from tuik8s.tui.feed.hub import FeedHub
    from tuik8s.tui.rows.model import Row
    from tuik8s.tui.rows.order import Scope
    from tuik8s.tui.screens.board import Board

OWN_PANES = {NODE: "nodes", DEPLOYMENT: "deployments", SERVICE: "services", EVENT: "events"}
"""Kinds with a pane of their own, besides what the main one shows."""
FIRST_SORT = {EVENT: "Last Seen"}


class Place(NamedTuple):
    """Where one was: what the main table showed, and which pane had the focus."""

    kind: Kind
    scope: Scope | None
    uid: str
    pane: str


class Navigator:
    """Moves the main table between kinds and scopes; every step can be taken back. `kinds` are those served
    now."""

    def __init__(self, board: Board, table: Table, hub: FeedHub, kinds: Callable[[], KindRegistry]) -> None:
        self.kind: Kind = POD
        self._board = board
        self._table = table
        self._hub = hub
        self._kinds = kinds
        self._trail: list[Place] = []
        self._wanted: tuple[str, str] | None = None

    def kind_of(self, pane: str) -> Kind:
        own = {name: kind for kind, name in OWN_PANES.items()} | {"manifests": MANIFEST_FILE}
        return own.get(pane, self.kind)

    def show_kind(self, kind: Kind) -> None:
        """A kind's own pane where that is visible, else the main table."""
        pane = OWN_PANES.get(kind)
        if pane is not None and (pane in self._board.visible_panes or self._board.density == "compact"):
            self._board.activate(pane)
            return
        self._go(kind, None)

    def show_object(self, kind: Kind, namespace: str, name: str) -> bool:
        """Put the cursor on an object; False while it is not (yet) there. Then it is taken once it comes."""
        self.show_kind(kind)
        self._wanted = (namespace, name)
        return self.settle()

    def settle(self) -> bool:
        """Go to the object asked for, if its row has come meanwhile."""
        if self._wanted is None:
            return True
        table = self._board.pane(self._board.active)
        if not isinstance(table, Table):
            return False
        namespace, name = self._wanted
        for row in table.model.rows.values():
            if row.name == name and namespace in ("", row.namespace) and table.select(row.uid):
                self._wanted = None
                return True
        return False

    def enter(self, pane: str, row: Row) -> bool:
        """Go into a row; False where there is nothing to go into."""
        kind = self.kind_of(pane)
        if kind == EVENT:
            about = involved(row.object)
            return self._follow(about.get("apiVersion", ""), about)
        if kind == MANIFEST_FILE:
            return any(
                self._follow(reference["api_version"], reference) for reference in row.object["objects"]
            )
        if kind == API_RESOURCE:
            return self._enter_kind(row.object["group"], [row.object["version"]], row.name)
        if kind == CUSTOM_RESOURCE_DEFINITION:
            spec = row.object["spec"]
            versions = [version["name"] for version in spec["versions"] if version.get("served")]
            return self._enter_kind(spec["group"], versions, spec["names"]["plural"])
        if kind == POD:
            self._board.activate("logs")
            return True
        scope = pods_of(kind, row)
        if scope is None:
            return False
        self._go(POD, scope)
        return True

    def _enter_kind(self, group: str, versions: Sequence[str], plural: str) -> bool:
        """Show the objects of a kind, in the first of the versions that is served."""
        kinds = self._kinds()
        found = (kinds.by_plural(group, version, plural) for version in versions)
        chosen = next((kind for kind in found if kind is not None), None)
        if chosen is not None:
            self.show_kind(chosen)
        return chosen is not None

    def _follow(self, api_version: str, reference: Obj) -> bool:
        kind = self._kinds().by_kind(api_version, reference.get("kind", ""))
        if kind is None:
            return False
        self.show_object(kind, reference.get("namespace") or "", reference.get("name", ""))
        return True

    def back(self) -> bool:
        """Where one came from; False at the start of the trail."""
        self._wanted = None
        if not self._trail:
            return False
        place = self._trail.pop()
        self._show(place.kind, place.scope)
        self._table.select(place.uid)
        self._board.activate(place.pane)
        return True

    def _go(self, kind: Kind, scope: Scope | None) -> None:
        if (kind, scope) != (self.kind, self._table.order.scope):
            place = Place(self.kind, self._table.order.scope, self._table.cursor_uid, self._board.active)
            self._trail.append(place)
            self._show(kind, scope)
        self._board.activate("main")

    def _show(self, kind: Kind, scope: Scope | None) -> None:
        feed = self._hub.open(kind)
        self._hub.release(self.kind)
        self.kind = kind
        self._table.show_model(feed.model, kind.resource, sort=FIRST_SORT.get(kind, "Name"), scope=scope)
