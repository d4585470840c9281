"""What a table draws and where its cursor stands; `table.Table` adds what keys and mouse do to it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tuik8s.tui.rows.columns import everything, fit, natural_widths
from tuik8s.tui.rows.model import NAMESPACE_COLUMN
from tuik8s.tui.rows.order import RowOrder, Scope
from tuik8s.tui.widgets.painter import GUTTER, Look, RowPainter
from tuik8s.tui.widgets.tones import own_style, tone_styles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from rich.style import Style

    from tuik8s.tui.rows.columns import Placed
    from tuik8s.tui.rows.filtering import Filter
    from tuik8s.tui.rows.model import Row, TableModel

HEADER = 1
TIGHTENED_EVERY = 10
"""Ticks. Columns grow at once, but give room back seldom: those that come and go are hard to read."""
_PARTS = ("header", "sorted", "sign", "marked", "cursor", "cursor-blurred", "match")


class TableCanvas(ScrollView, can_focus=True):
    """Draws what `model` holds; `refresh_rows` takes in its changes, `tick` lets ages move on.

    Cursor and marks hold uids, never row numbers; a row that vanishes under the cursor hands it to its
    neighbour. Nothing is drawn while hidden.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"table--{part}" for part in _PARTS}

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another row, or the row under it has changed; None when there is none."""

        table: TableCanvas
        row: Row | None

    @dataclass
    class Changed(Message):
        """Sort, filter, marks or the number of rows changed: what a title shows."""

        table: TableCanvas

    def __init__(
        self, model: TableModel, resource: str, *, now: Callable[[], datetime], sort: str = "",
        stay_on_top: bool = False, id: str | None = None,  # noqa: A002
    ) -> None:  # fmt: skip
        super().__init__(id=id)
        self.order = RowOrder(model, resource)
        self.order.sort_column = sort
        self.cursor_uid = ""
        self.marks: set[str] = set()
        self.wide = False
        self.empty_text = ""
        """What to say while there are no rows."""
        self._hidden_columns: frozenset[str] = frozenset()
        self._now = now
        self._stay_on_top = stay_on_top
        self._moved = False
        self._cursor_index = 0
        self._natural: list[int] = []
        self._ticks_until_tightened = TIGHTENED_EVERY
        self._painter: RowPainter | None = None
        self._fitted_to = 0
        self._drawn_ages: dict[str, tuple[str, ...]] = {}
        self._told: Row | None = None

    # --- what it shows

    @property
    def model(self) -> TableModel:
        return self.order.model

    def show_model(
        self, model: TableModel, resource: str, *, sort: str = "", scope: Scope | None = None
    ) -> None:
        """Show another kind, or the same narrowed to a scope; filter, marks and cursor start anew."""
        namespaces = self.order.namespaces
        self.order = RowOrder(model, resource)
        self._natural, self._painter = [], None
        self.order.namespaces, self.order.scope, self.order.sort_column = namespaces, scope, sort
        self.cursor_uid, self._cursor_index, self._moved = "", 0, False
        self.marks.clear()
        self.scroll_to(0, 0, animate=False)
        self.refresh_rows()

    def set_filter(self, wanted: Filter) -> None:
        self.order.filter = wanted
        self.refresh_rows()

    def set_namespaces(self, namespaces: frozenset[str]) -> None:
        self.order.namespaces = namespaces
        self.refresh_rows()

    def hide_columns(self, names: frozenset[str]) -> None:
        """In lower case; the others get their room."""
        if names != self._hidden_columns:
            self._hidden_columns, self._painter = names, None
            self.refresh()

    @property
    def cursor_row(self) -> Row | None:
        return self.model.rows.get(self.cursor_uid) if self.cursor_uid in self.order else None

    def targets(self) -> list[Row]:
        """The marked rows that are shown, in their order; without marks the row under the cursor."""
        marked = [row for row in self._rows() if row.uid in self.marks]
        row = self.cursor_row
        return marked or ([row] if row is not None else [])

    def select(self, uid: str) -> bool:
        """Put the cursor on a row; False when it is not shown."""
        index = self.order.index(uid)
        if index < 0:
            return False
        self._move_to(index)
        return True

    # --- taking in changes

    def refresh_rows(self) -> None:
        """Take in what changed in model or settings, and draw it if the table is on the screen."""
        columns = self.model.columns
        if not self.order.update():
            return
        self._measure(columns)
        self.marks &= self.model.rows.keys()
        self._keep_cursor()
        self._fit()
        self.refresh()
        self.post_message(self.Changed(self))
        self._tell()

    def tick(self) -> None:
        """Draw the rows whose ages read differently by now."""
        if self._painter is None or not self.is_on_screen:
            return
        self._tighten()
        now, top, width = self._now(), self.scroll_offset.y, self.size.width
        older = []
        for index in range(top, min(len(self.order), top + self.size.height)):
            row = self.order[index]
            if self._drawn_ages.get(row.uid) != self._painter.ages(row, now):
                older.append(Region(0, index + HEADER - top, width, 1))
        if older:
            self.refresh(*older)

    @property
    def is_on_screen(self) -> bool:
        return self.is_attached and self.display and self.size.height > 0

    def _measure(self, columns: Iterable[Any]) -> None:
        changed = self.order.changed
        if changed is None or len(self._natural) != len(self.model.columns):
            self._natural = natural_widths(self.model.columns, self._rows())
            self._painter = None
            return
        rows = [self.model.rows[uid] for uid in changed if uid in self.order]
        widths = natural_widths(self.model.columns, rows)
        grown = [max(pair) for pair in zip(widths, self._natural, strict=True)]
        if grown != self._natural:
            self._natural = grown
            self._painter = None

    def _tighten(self) -> None:
        """Take back what no row needs any more: the longest status is that of pods that start."""
        self._ticks_until_tightened -= 1
        if self._ticks_until_tightened > 0:
            return
        self._ticks_until_tightened = TIGHTENED_EVERY
        natural = natural_widths(self.model.columns, self._rows())
        if natural != self._natural:
            self._natural, self._painter = natural, None
            self._fit()
            self.refresh()

    def _keep_cursor(self) -> None:
        """The same object stays under the cursor, at the same height of the screen where possible."""
        count = len(self.order)
        index = self.order.index(self.cursor_uid) if self.cursor_uid else -1
        if self._stay_on_top and not self._moved:
            index = 0
        moved_by = index - self._cursor_index if index >= 0 else 0
        if index < 0:
            index = min(self._cursor_index, count - 1)
        self._cursor_index = max(0, index)
        self.cursor_uid = self.order[self._cursor_index].uid if count else ""
        if moved_by and self.scroll_offset.y > 0:
            self.virtual_size = self._extent()
            self.scroll_to(y=self.scroll_offset.y + moved_by, animate=False)

    def _rows(self) -> list[Row]:
        return [self.order[index] for index in range(len(self.order))]

    # --- geometry

    @property
    def _room(self) -> Size:
        """What is left beside the scrollbars."""
        return self.scrollable_content_region.size

    def _fit(self) -> None:
        """Choose columns for the present width, unless that is done already."""
        width = self._room.width
        known = bool(self.model.columns) and len(self._natural) == len(self.model.columns)
        if known and width and (self._painter is None or width != self._fitted_to):
            self._fitted_to = width
            self._painter = RowPainter(
                self.order.resource, self.model.columns, self._place(width), self._styles(),
                self.order.filter.highlights,
            )  # fmt: skip
            self._drawn_ages.clear()
        self.virtual_size = self._extent()

    def _place(self, width: int) -> list[Placed]:
        hidden = self._hidden_columns
        if len(self.order.namespaces) == 1:
            hidden |= {NAMESPACE_COLUMN.lower()}
        if self.wide:
            return everything(self.model.columns, self._natural, hidden=hidden)
        return fit(self.model.columns, self._natural, width - GUTTER, hidden=hidden)

    def _extent(self) -> Size:
        width = self._painter.width if self.wide and self._painter is not None else 0
        return Size(width, len(self.order) + HEADER)

    def _styles(self) -> dict[str, Style]:
        styles = {part: self.get_component_rich_style(f"table--{part}", partial=True) for part in _PARTS}
        styles |= tone_styles(self)
        styles["row"] = own_style(self)
        styles["header"] = own_style(self) + styles["header"]
        styles["sorted"] = styles["header"] + styles["sorted"]
        return styles

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._painter = None
        self._fit()

    def on_resize(self) -> None:
        self._fit()
        self._scroll_to_cursor()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self._painter is None or self._room.width != self._fitted_to:
            self._fit()
        painter = self._painter
        if painter is None or not len(self.order):
            return self._remark(y, width)
        extent = max(self._room.width, painter.width)
        left, top = self.scroll_offset
        if y == 0:
            index = self.model.column_index(self.order.sort_column)
            return painter.header(index, self.order.reverse, extent).crop(left, left + width)
        index = y - HEADER + top
        if index >= len(self.order):
            return Strip.blank(width, own_style(self))
        row = self.order[index]
        now = self._now()
        self._drawn_ages[row.uid] = painter.ages(row, now)
        active = self.has_focus or self.has_class("-active")
        look = Look(row.uid == self.cursor_uid, active, row.uid in self.marks)
        return painter.row(row, look, now, extent).crop(left, left + width)

    def _remark(self, y: int, width: int) -> Strip:
        """A quiet sentence instead of rows, on as many lines as it needs."""
        lines = textwrap.wrap(self.empty_text, max(1, width - GUTTER))
        style = own_style(self) + tone_styles(self)["muted"]
        text = lines[y] if y < len(lines) else ""
        return Strip([Segment(f"{'':{GUTTER}}{text}", style)]).adjust_cell_length(width, style)

    # --- cursor

    def _move_to(self, index: int) -> None:
        count = len(self.order)
        if not count:
            return
        before = self._cursor_index
        self._cursor_index = max(0, min(count - 1, index))
        self.cursor_uid = self.order[self._cursor_index].uid
        self._moved = self._cursor_index > 0 or not self._stay_on_top
        self._scroll_to_cursor()
        self.refresh_line(before + HEADER)
        self.refresh_line(self._cursor_index + HEADER)
        self._tell()

    def _scroll_to_cursor(self) -> None:
        body = self._room.height - HEADER
        top = self.scroll_offset.y
        if body <= 0:
            return
        if self._cursor_index < top:
            self.scroll_to(y=self._cursor_index, animate=False)
        elif self._cursor_index >= top + body:
            self.scroll_to(y=self._cursor_index - body + 1, animate=False)

    def _tell(self) -> None:
        row = self.cursor_row
        if row is not self._told:
            self._told = row
            self.post_message(self.Highlighted(self, row))

    def on_focus(self) -> None:
        self.refresh_line(self._cursor_index + HEADER)

    def on_blur(self) -> None:
        self.refresh_line(self._cursor_index + HEADER)
