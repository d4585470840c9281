"""Draws one row of a table as a strip. Knows styles and columns; nothing of cursors, scrolling or models."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from tuik8s.tui.rows.ages import COUNTED_FROM, age_text, restarts_text
from tuik8s.tui.rows.columns import GAP, NAMES, Placed, header_text, pad
from tuik8s.tui.rows.tones import tone_function

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rich.style import Style

    from tuik8s.tui.rows.model import Column, Row

GUTTER = 2
"""Cells before the first column: the cursor's bar or the mark, and a space."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a row's place on the screen adds to it."""

    cursor: bool = False
    focused: bool = False
    marked: bool = False

    @property
    def sign(self) -> str:
        if self.marked:
            return "◆" if self.cursor else "●"
        return "▌" if self.cursor else " "


class RowPainter:
    """Strips for rows of one model under one set of styles; build a new one when anything of that changes.

    `styles` maps tones and the parts of a table (`row`, `header`, `cursor`, `match`, ...) to Rich styles.
    """

    CACHE_LIMIT = 4_000

    def __init__(
        self, resource: str, columns: Sequence[Column], placed: Sequence[Placed], styles: Mapping[str, Style],
        highlights: Sequence[str] = (),
    ) -> None:  # fmt: skip
        self.placed = list(placed)
        self.width = GUTTER + sum(item.width for item in placed) + GAP * max(0, len(placed) - 1)
        self._styles = styles
        self._columns = columns
        self._names = [columns[item.column].name.lower() for item in placed]
        self._tones = [tone_function(resource, columns[item.column]) for item in placed]
        self._since = [COUNTED_FROM.get(name) for name in self._names]
        self._restarts = next((i for i, name in enumerate(self._names) if name == "restarts"), -1)
        self._highlight = (
            re.compile("|".join(map(re.escape, highlights)), re.IGNORECASE) if highlights else None
        )
        self._cache: dict[tuple[object, ...], Strip] = {}

    def ages(self, row: Row, now: datetime) -> tuple[str, ...]:
        """The texts of the row that change with time alone, from left to right."""
        texts = []
        for position, since in enumerate(self._since):
            if since is not None:
                texts.append(age_text(since(row.object), now))
            elif position == self._restarts:
                texts.append(restarts_text(row.cells[self.placed[position].column], row.object, now))
        return tuple(texts)

    def row(self, row: Row, look: Look, now: datetime, width: int) -> Strip:
        ages = self.ages(row, now)
        key = (row.uid, row.version, look, ages, width)
        strip = self._cache.get(key)
        if strip is None:
            if len(self._cache) > self.CACHE_LIMIT:
                self._cache.clear()
            strip = self._cache[key] = self._draw(row, look, ages, width)
        return strip

    def header(self, sort_index: int, reverse: bool, width: int) -> Strip:
        style = self._styles["header"]
        segments = [Segment(" " * GUTTER, style)]
        for position, item in enumerate(self.placed):
            sorted_by = item.column == sort_index
            mark = ("▾" if reverse else "▴") if sorted_by else ""
            last = position + 1 == len(self.placed)
            text = header_text(self._columns[item.column])[: item.width - 1 if last and mark else item.width]
            if last or not item.right:
                cell = pad(text + mark, item.width + (0 if last else GAP), right=item.right)
            else:
                cell = pad(text, item.width, right=True) + f"{mark:<{GAP}}"
            segments.append(Segment(cell, self._styles["sorted"] if sorted_by else style))
        return Strip(segments).extend_cell_length(width, style)

    def column_at(self, x: int) -> int:
        """The model's index of the column drawn at this cell; -1 beside all."""
        left = GUTTER
        for item in self.placed:
            if left <= x < left + item.width + GAP:
                return item.column
            left += item.width + GAP
        return -1

    def _draw(self, row: Row, look: Look, ages: tuple[str, ...], width: int) -> Strip:
        base = self._base(look)
        segments = [
            Segment(f"{look.sign} ", base + self._styles["sign" if look.focused or look.marked else "muted"])
        ]
        texts = iter(ages)
        for position, item in enumerate(self.placed):
            cell = row.cells[item.column] if item.column < len(row.cells) else ""
            aged = self._since[position] is not None or position == self._restarts
            text = next(texts) if aged else cell
            tone = self._tones[position](cell, row)
            plain = not tone or (tone == "muted" and look.cursor and look.focused)
            style = base if plain else base + self._styles[tone]
            named = self._names[position] in NAMES
            segments += self._cell(pad(text, item.width, right=item.right, middle=named), style)
            if position + 1 < len(self.placed):
                segments.append(Segment(" " * GAP, base))
        return Strip(segments).extend_cell_length(width, base)

    def _base(self, look: Look) -> Style:
        base = self._styles["row"]
        if look.marked:
            base += self._styles["marked"]
        if look.cursor:
            base += self._styles["cursor" if look.focused else "cursor-blurred"]
        return base

    def _cell(self, text: str, style: Style) -> list[Segment]:
        if self._highlight is None:
            return [Segment(text, style)]
        segments: list[Segment] = []
        end = 0
        for match in self._highlight.finditer(text):
            segments += [
                Segment(text[end : match.start()], style),
                Segment(match[0], style + self._styles["match"]),
            ]
            end = match.end()
        segments.append(Segment(text[end:], style))
        return [segment for segment in segments if segment.text]
