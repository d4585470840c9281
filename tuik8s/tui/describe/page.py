"""Indented `Name:  value` lines whose columns line up, as kubectl's describe writes them.

kubectl lays its text out with Go's tabwriter: neighbouring lines that have a cell in the same column share
that column's width, and a line without it ends the column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.clock import parse_time
from tuik8s.api.durations import human_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

INDENT = "  "
PADDING = 2
NONE = "<none>"


class Page:
    """Lines in the making; `level` indents by two spaces each."""

    def __init__(self) -> None:
        self._lines: list[list[str]] = []

    def line(self, text: str, level: int = 0) -> None:
        self._lines.append([INDENT * level + text])

    def field(self, name: str, value: object, level: int = 0) -> None:
        """`Name:  value`; more lines of the value go below its first."""
        first, *more = str(value).split("\n")
        self._lines.append([f"{INDENT * level}{name}:", first])
        for text in more:
            self._lines.append([INDENT * level, text])

    def mapping(self, name: str, values: Mapping[str, str] | None, joint: str = "=", level: int = 0) -> None:
        """Labels, annotations: one a line, sorted."""
        pairs = [f"{key}{joint}{value}" for key, value in sorted((values or {}).items())]
        self.field(name, "\n".join(_one_line(pair) for pair in pairs) or NONE, level)

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[object]], level: int = 0) -> None:
        """Heads, a rule below each, and rows."""
        self.row(heads, level)
        self.row(["-" * len(head) for head in heads], level)
        for row in rows:
            self.row(row, level)

    def row(self, cells: Sequence[object], level: int = 0) -> None:
        first, *more = (str(cell) for cell in cells)
        self._lines.append([INDENT * level + first, *more])

    def lines(self) -> list[str]:
        return align(self._lines)


def align(lines: Sequence[Sequence[str]]) -> list[str]:
    """Tabulate by blocks: a column is as wide as the widest of its neighbours that are followed by a cell."""
    widths: list[list[int]] = [[0] * (len(cells) - 1) for cells in lines]
    for number, cells in enumerate(lines):
        for column in range(len(cells) - 1):
            if number and column < len(widths[number - 1]):
                continue  # measured with the block it belongs to
            _measure(lines, widths, number, column)
    return [
        "".join([*(cell.ljust(width) for cell, width in zip(cells, row, strict=False)), cells[-1]]).rstrip()
        for cells, row in zip(lines, widths, strict=True)
    ]


def _measure(lines: Sequence[Sequence[str]], widths: list[list[int]], start: int, column: int) -> None:
    end = start
    while end < len(lines) and column < len(lines[end]) - 1:
        end += 1
    width = max(len(lines[number][column]) for number in range(start, end)) + PADDING
    for number in range(start, end):
        widths[number][column] = width


def moment(text: str | None) -> str:
    """`Thu, 04 Feb 2021 07:05:43 +0000`, kubectl's RFC 1123 form."""
    if not text:
        return NONE
    return parse_time(text).strftime("%a, %d %b %Y %H:%M:%S +0000")


def age(text: str | None, now: datetime) -> str:
    if not text:
        return "<unknown>"
    return human_duration((now - parse_time(text)).total_seconds())


def _one_line(text: str) -> str:
    return " ".join(text.split("\n")) if "\n" in text else text
