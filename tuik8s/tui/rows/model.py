"""The rows of one kind, keyed by uid, kept current by a feed and read by any number of tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.objects import key_of, uid_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tuik8s.api.objects import Obj

NAMESPACE_COLUMN = "Namespace"


@dataclass(frozen=True, slots=True)
class Column:
    """A columnDefinition of a Table; `priority` above 0 is shown in wide mode only."""

    name: str
    type: str = "string"
    priority: int = 0
    description: str = ""

    @property
    def numeric(self) -> bool:
        return self.type in ("integer", "number")


class Row(NamedTuple):
    """One row, replaced as a whole when its object changes. `cells` stand beside the model's columns."""

    uid: str
    namespace: str
    name: str
    cells: tuple[str, ...]
    object: Obj
    version: int
    """Rises with each change in the model, so that (uid, version) names what was drawn."""


class TableModel:
    """Columns and rows of one kind. For namespaced kinds the first column is the namespace.

    Readers compare `version`; `changed_since` tells which rows to look at, or None when it is all of them.
    """

    LOG_LIMIT = 2_000

    def __init__(self, *, namespaced: bool) -> None:
        self.namespaced = namespaced
        self.columns: tuple[Column, ...] = ()
        self.rows: dict[str, Row] = {}
        self.version = 0
        self._changes: list[str] = []
        self._changes_from = 0
        self._index: dict[str, int] = {}

    def column_index(self, name: str) -> int:
        """Where the column stands; -1 when there is none of that name."""
        return self._index.get(name.lower(), -1)

    def set_columns(self, definitions: Iterable[Obj]) -> None:
        columns = [
            Column(
                item["name"], item.get("type", "string"), item.get("priority", 0), item.get("description", "")
            )
            for item in definitions
        ]
        if self.namespaced:
            columns.insert(0, Column(NAMESPACE_COLUMN))
        self.define(columns)

    def define(self, columns: Sequence[Column]) -> None:
        """Take these columns; rows that stand beside others have to be replaced by the caller."""
        if tuple(columns) == self.columns:
            return
        self.columns = tuple(columns)
        self._index = {column.name.lower(): index for index, column in enumerate(columns)}
        self._forget_changes()

    def replace(self, table_rows: Iterable[Obj]) -> None:
        """Take these rows instead of all others; a row whose object is the same one keeps its version."""
        self.swap(self.read(table_rows))

    def read(self, table_rows: Iterable[Obj]) -> dict[str, Row]:
        """Rows for `swap`; a long list can be read page by page, so that nothing is held up."""
        found: dict[str, Row] = {}
        for item in table_rows:
            uid = row_id(item["object"])
            before = self.rows.get(uid)
            same = before is not None and _same(before.object, item["object"])
            found[uid] = before if same and before is not None else self._row(uid, item, self.version + 1)
        return found

    def swap(self, rows: dict[str, Row]) -> None:
        self._forget_changes()
        self.rows = rows

    def take(self, table_rows: Sequence[Obj]) -> None:
        """Become these rows by single changes: for a source that is asked again and again."""
        wanted = {row_id(item["object"]): item for item in table_rows}
        for uid in self.rows.keys() - wanted.keys():
            self.remove(uid)
        for uid, item in wanted.items():
            before = self.rows.get(uid)
            if before is None or not _same(before.object, item["object"]):
                self.upsert(item)

    def upsert(self, item: Obj) -> None:
        """Add or replace the row of `{cells, object}`."""
        uid = row_id(item["object"])
        self._note(uid)
        self.rows[uid] = self._row(uid, item, self.version)

    def remove(self, uid: str) -> None:
        if self.rows.pop(uid, None) is not None:
            self._note(uid)

    def changed_since(self, version: int) -> set[str] | None:
        """Uids touched after `version`; None when that is not known any more."""
        if version < self._changes_from:
            return None
        return set(self._changes[version - self._changes_from :])

    def _row(self, uid: str, item: Obj, version: int) -> Row:
        meta = item["object"]["metadata"]
        namespace = meta.get("namespace", "")
        cells = [one_line(cell) for cell in item["cells"]]
        if self.namespaced:
            cells.insert(0, one_line(namespace))
        return Row(uid, namespace, meta["name"], tuple(cells), item["object"], version)

    def _note(self, uid: str) -> None:
        self.version += 1
        self._changes.append(uid)
        if len(self._changes) > self.LOG_LIMIT:
            del self._changes[: self.LOG_LIMIT // 2]
            self._changes_from = self.version - len(self._changes)

    def _forget_changes(self) -> None:
        self.version += 1
        self._changes.clear()
        self._changes_from = self.version


def row_id(obj: Obj) -> str:
    """The uid; of objects that are computed and have none (metrics, say) namespace and name."""
    return uid_of(obj) or str(key_of(obj))


def _same(before: Obj, after: Obj) -> bool:
    one, other = before["metadata"].get("resourceVersion"), after["metadata"].get("resourceVersion")
    return one is not None and one == other


_CONTROLS = {code: "·" for code in (*range(32), *range(127, 160))} | {0x09: " ", 0x0A: " ", 0x0D: None}


def one_line(cell: object) -> str:
    """A cell as one line without control characters, which would move the terminal's cursor."""
    if cell is None:
        return "<none>"
    if isinstance(cell, bool):
        return "true" if cell else "false"
    text = cell if isinstance(cell, str) else str(cell)
    return text if text.isprintable() else text.translate(_CONTROLS)
