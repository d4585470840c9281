"""A table over a `TableModel`: a Line-API widget whose cursor and marks hold uids, never row numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.message import Message

from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.widgets.table_canvas import HEADER, TableCanvas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events

    from tuik8s.tui.rows.model import Row


class Table(TableCanvas):
    """Moves, sorts, marks and copies, by keys of the registry and by mouse."""

    BINDINGS: ClassVar[list[Any]] = list(REGISTRY.bindings("table"))

    @dataclass
    class Opened(Message):
        """A row was double-clicked."""

        table: Table
        row: Row

    _last_marked = ""

    def action_move(self, by: int) -> None:
        self._move_to(self._cursor_index + by)

    def action_page(self, direction: int) -> None:
        self._move_to(self._cursor_index + direction * max(1, self._room.height - HEADER - 1))

    def action_top(self) -> None:
        self._move_to(0)

    def action_bottom(self) -> None:
        self._move_to(len(self.order) - 1)

    def action_pan(self, by: int) -> None:
        self.scroll_to(x=self.scroll_offset.x + by, animate=False)

    # --- sort, width, marks

    def action_wide(self) -> None:
        self.wide = not self.wide
        self._painter = None
        self._fit()
        if not self.wide:
            self.scroll_to(x=0, animate=False)
        self.refresh()

    def sort_by(self, column: str) -> None:
        """By this column; the second time in a row, the other way round."""
        if self.order.sort_column.lower() == column.lower():
            self.order.reverse = not self.order.reverse
        else:
            self.order.sort_column, self.order.reverse = column, False
        self._resorted()

    def action_sort_by(self, step: int) -> None:
        if self._painter is None:
            return
        shown = [item.column for item in self._painter.placed]
        current = self.model.column_index(self.order.sort_column)
        position = (shown.index(current) + step) % len(shown) if current in shown else 0
        self.order.sort_column, self.order.reverse = self.model.columns[shown[position]].name, False
        self._resorted()

    def action_reverse(self) -> None:
        self.order.reverse = not self.order.reverse
        self._resorted()

    def _resorted(self) -> None:
        if not self.order.update():
            self._cursor_index = max(0, self.order.index(self.cursor_uid))
        self._keep_cursor()
        self._scroll_to_cursor()
        self.refresh()
        self.post_message(self.Changed(self))

    def action_mark(self) -> None:
        row = self.cursor_row
        if row is None:
            return
        self.marks ^= {row.uid}
        self._last_marked = row.uid
        self.refresh_line(self._cursor_index + HEADER)
        self._move_to(self._cursor_index + 1)
        self.post_message(self.Changed(self))

    def action_mark_range(self) -> None:
        start = self.order.index(self._last_marked)
        if start < 0:
            self.action_mark()
            return
        low, high = sorted((start, self._cursor_index))
        self.marks |= {self.order[index].uid for index in range(low, high + 1)}
        self.refresh()
        self.post_message(self.Changed(self))

    def action_unmark(self) -> None:
        self.marks.clear()
        self.refresh()
        self.post_message(self.Changed(self))

    def action_copy(self) -> None:
        self._copy(row.name for row in self.targets())

    def action_copy_row(self) -> None:
        self._copy("\t".join(row.cells) for row in self.targets())

    def _copy(self, lines: Iterable[str]) -> None:
        text = "\n".join(lines)
        if text:
            self.app.copy_to_clipboard(text)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y == 0:
            index = self._painter.column_at(offset.x + self.scroll_offset.x) if self._painter else -1
            if index >= 0:
                self.sort_by(self.model.columns[index].name)
            return
        index = offset.y - HEADER + self.scroll_offset.y
        if index < len(self.order):
            self._move_to(index)
            if event.chain == 2:
                self.post_message(self.Opened(self, self.order[index]))
