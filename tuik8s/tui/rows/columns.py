"""Which columns fit into a width, and how wide each is: NAME and long texts give way, then whole columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, set_cell_size

from tuik8s.tui.rows.ages import COUNTED_FROM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tuik8s.tui.rows.model import Column, Row

GAP = 2
AGE_WIDTH = 5
TEXT_LEAST = 12
_LEAST = {"name": 14, "file": 12, "message": 28, "problem": 12, "object": 20}
ELASTIC_ABOVE = 22
"""Texts wider than this may be cut short."""

_RANKS = {
    "name": 0, "file": 0, "status": 1, "ready": 2, "reason": 2, "state": 2, "message": 3, "problem": 3,
    "object": 5, "last seen": 2, "age": 5, "restarts": 6, "port(s)": 3, "type": 8, "cluster-ip": 7,
    "namespace": 12,
    "version": 20, "up-to-date": 21, "available": 22, "roles": 25, "external-ip": 30, "node": 50, "ip": 51,
}  # fmt: skip
_NEVER_OFFERED = frozenset({"nominated node", "readiness gates", "subobject", "first seen", "name"})
"""Wide columns that are shown only when asked for."""


_SHORT_HEADERS = {"last seen": "SEEN", "first seen": "FIRST"}


def header_text(column: Column) -> str:
    return _SHORT_HEADERS.get(column.name.lower(), column.name.upper())


NAMES = frozenset({"name", "object", "file"})
"""Columns whose texts are cut in the middle, since both ends tell them apart."""


class Placed(NamedTuple):
    """A column on the screen: its index in the model, and how many cells it gets."""

    column: int
    width: int
    right: bool
    """Aligned to the right."""


def is_right(column: Column) -> bool:
    return column.numeric or column.name.lower() in COUNTED_FROM


def natural_widths(columns: Sequence[Column], rows: Iterable[Row]) -> list[int]:
    """How wide each column would have to be; ages get a constant width, so that counting moves nothing."""
    widths = [len(header_text(column)) for column in columns]
    cells = [row.cells for row in rows]
    if cells:
        found = [max(map(len, column)) for column in zip(*cells, strict=False)]
        widths = [max(pair) for pair in zip(widths, found, strict=False)]
    for index, column in enumerate(columns):
        if column.name.lower() in COUNTED_FROM:
            widths[index] = max(AGE_WIDTH, len(header_text(column)))
    return widths


def fit(
    columns: Sequence[Column], natural: Sequence[int], available: int, *, hidden: frozenset[str] = frozenset()
) -> list[Placed]:
    """Columns for exactly this many cells: what matters most first, wide ones only where there is room."""
    order = sorted(range(len(columns)), key=lambda index: _rank(columns[index], index))
    offered = [index for index in order if columns[index].name.lower() not in hidden]
    usual = [index for index in offered if columns[index].priority == 0]
    widths: dict[int, int] = {}
    for index in usual:
        least = _least(columns[index], natural[index])
        if not widths or _total(widths) + GAP + least <= available:
            widths[index] = least
    _grow(widths, natural, available)
    if len(widths) == len(usual) and all(widths[index] == natural[index] for index in widths):
        for index in offered:
            column = columns[index]
            if column.priority == 0 or column.name.lower() in _NEVER_OFFERED:
                continue
            if _total(widths) + GAP + natural[index] <= available:
                widths[index] = natural[index]
    return [Placed(index, max(1, widths[index]), is_right(columns[index])) for index in sorted(widths)]


def everything(
    columns: Sequence[Column], natural: Sequence[int], *, hidden: frozenset[str] = frozenset()
) -> list[Placed]:
    """All columns at full width, for a table that scrolls sideways."""
    return [
        Placed(index, natural[index], is_right(column))
        for index, column in enumerate(columns)
        if column.name.lower() not in hidden
    ]


def _rank(column: Column, index: int) -> tuple[int, int]:
    return (_RANKS.get(column.name.lower(), 40 if column.priority == 0 else 100), index)


def _least(column: Column, natural: int) -> int:
    least = _LEAST.get(column.name.lower())
    if least is not None:
        return min(natural, least)
    return min(natural, TEXT_LEAST) if natural > ELASTIC_ABOVE else natural


def _total(widths: dict[int, int]) -> int:
    return sum(widths.values()) + GAP * max(0, len(widths) - 1)


def _grow(widths: dict[int, int], natural: Sequence[int], available: int) -> None:
    """Give what is left to the columns that were cut, the most important first."""
    left = available - _total(widths)
    for index in widths:
        more = min(left, natural[index] - widths[index])
        if more > 0:
            widths[index] += more
            left -= more


def elide_middle(text: str, width: int) -> str:
    """Names differ at both ends, so both stay readable: `web-7d9…2xk4m`."""
    if len(text) <= width:
        return text
    if width < 4:
        return text[:width]
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[-tail:]}"


def pad(text: str, width: int, *, right: bool = False, middle: bool = False) -> str:
    """Exactly `width` terminal cells of the text."""
    if text.isascii():
        if len(text) > width:
            text = elide_middle(text, width) if middle else text[: width - 1] + "…"
        return text.rjust(width) if right else text.ljust(width)
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + "…" if width > 1 else "…"[:width]
    return " " * (width - length) + text if right else text + " " * (width - length)
