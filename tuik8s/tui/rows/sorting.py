"""Sort keys by what a column means: real timestamps for ages, fractions for READY, numbers as numbers."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from tuik8s.tui.rows.ages import COUNTED_FROM

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.tui.rows.model import Column, Row

SortKey: TypeAlias = tuple[float, float, str]
"""Uniform, so that any two compare: two numbers, then text."""

_PLAIN = frozenset({"name", "namespace"})
_DIGITS = re.compile(r"\d+")
_FRACTION = re.compile(r"(\d+)/(\d+)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_LAST = float("inf")


def key_function(column: Column, index: int) -> Callable[[Row], SortKey]:
    """How rows order by this column. Ascending ages put the youngest first, as they read."""
    name = column.name.lower()
    since = COUNTED_FROM.get(name)
    if since is not None:
        counted = since

        def by_age(row: Row) -> SortKey:
            moment = counted(row.object)
            return (_LAST if moment is None else -moment.timestamp(), 0.0, "")

        return by_age
    if name in _PLAIN:
        return lambda row: (0.0, 0.0, row.cells[index])
    return lambda row: natural_key(row.cells[index])


@lru_cache(maxsize=20_000)
def natural_key(text: str) -> SortKey:
    """`2/3` as a fraction, then by its total; what begins with a number by it; other text with its numbers
    padded, so that `10.244.0.9` comes before `10.244.0.10`."""
    fraction = _FRACTION.fullmatch(text)
    if fraction:
        ready, total = int(fraction[1]), int(fraction[2])
        return (ready / total if total else 0.0, total, "")
    number = _NUMBER.match(text)
    if number and text[number.end() : number.end() + 1] != ".":
        return (float(number[0]), 0.0, text)
    if text.startswith("<"):
        return (_LAST, 0.0, text)
    return (0.0, 0.0, _DIGITS.sub(_padded, text))


def _padded(match: re.Match[str]) -> str:
    return match[0].rjust(12, "0")
