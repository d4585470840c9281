"""Which rows of a model a table shows, and in what order; follows changes without starting over."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from tuik8s.tui.rows.filtering import NO_FILTER, Filter
from tuik8s.tui.rows.sorting import SortKey, key_function
from tuik8s.tui.rows.tones import is_faulty

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.tui.rows.model import Row, TableModel

Entry: TypeAlias = tuple[SortKey, str, str, str]
"""Sort key, then namespace, name and uid, so that equal keys keep a stable place."""


class Scope(NamedTuple):
    """A narrowing that came from drilling down: its words, and whether a row is inside."""

    label: str
    contains: Callable[[Row], bool]


class RowOrder:
    """The visible rows of `model`, sorted; `update` takes in what changed since the last time.

    Setting any of `filter`, `namespaces`, `scope`, `faults_only` or the sort takes effect with `update`.
    """

    SORT_ANEW_ABOVE = 200
    """Changes at once above which sorting everything is cheaper than placing each."""

    def __init__(self, model: TableModel, resource: str) -> None:
        self.model = model
        self.resource = resource
        self.filter: Filter = NO_FILTER
        self.namespaces: frozenset[str] = frozenset()
        self.scope: Scope | None = None
        self.faults_only = False
        self.sort_column = ""
        self.reverse = False
        self.changed: set[str] | None = None
        """What the last update took in; None: everything."""
        self._entries: list[Entry] = []
        self._places: dict[str, Entry] = {}
        self._rows: dict[str, Row] = {}
        """As they were at the last update: the model goes on, and what is drawn must not miss a row."""
        self._seen = -1
        self._settings: tuple[object, ...] = ()

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, uid: object) -> bool:
        return uid in self._places

    def __getitem__(self, index: int) -> Row:
        """The row at a place on the screen, 0 topmost."""
        entries = self._entries
        entry = entries[len(entries) - 1 - index] if self.reverse else entries[index]
        return self._rows[entry[3]]

    def index(self, uid: str) -> int:
        """Where the row stands; -1 when it is not shown."""
        entry = self._places.get(uid)
        if entry is None:
            return -1
        index = bisect_left(self._entries, entry)
        return len(self._entries) - 1 - index if self.reverse else index

    def update(self) -> bool:
        """Take in changes of the model and of the settings; whether anything may look different."""
        settings = (self.filter, self.namespaces, self.scope, self.faults_only, self.sort_column,
                    self.model.columns)  # fmt: skip
        if settings == self._settings and self._seen == self.model.version:
            return False
        changed = self.model.changed_since(self._seen) if settings == self._settings else None
        self.changed = changed
        self._settings, self._seen = settings, self.model.version
        key = self._key()
        if changed is None or len(changed) > self.SORT_ANEW_ABOVE:
            self._sort_anew(key)
        else:
            self._place(changed, key)
        return True

    def _key(self) -> Callable[[Row], SortKey]:
        index = self.model.column_index(self.sort_column)
        if index < 0:
            return _unsorted
        return key_function(self.model.columns[index], index)

    def _sort_anew(self, key: Callable[[Row], SortKey]) -> None:
        entries = [
            (key(row), row.namespace, row.name, row.uid)
            for row in self.model.rows.values()
            if self._shows(row)
        ]
        entries.sort()
        self._entries = entries
        self._places = {entry[3]: entry for entry in entries}
        self._rows = {uid: self.model.rows[uid] for uid in self._places}

    def _place(self, changed: set[str], key: Callable[[Row], SortKey]) -> None:
        for uid in changed:
            before = self._places.pop(uid, None)
            if before is not None:
                del self._entries[bisect_left(self._entries, before)]
                del self._rows[uid]
            row = self.model.rows.get(uid)
            if row is not None and self._shows(row):
                entry = (key(row), row.namespace, row.name, uid)
                insort(self._entries, entry)
                self._places[uid] = entry
                self._rows[uid] = row

    def _shows(self, row: Row) -> bool:
        if self.namespaces and row.namespace and row.namespace not in self.namespaces:
            return False
        if self.scope is not None and not self.scope.contains(row):
            return False
        return (not self.filter or self.filter.matches(row)) and (
            not self.faults_only or is_faulty(self.resource, row)
        )


def _unsorted(row: Row) -> SortKey:
    return (0.0, 0.0, "")
