"""Where each pane stands at any size of the terminal: a pure function, and the layout that obeys it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import Layout, WidgetPlacement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.layout import ArrangeResult
    from textual.widget import Widget

Density = Literal["compact", "normal", "large"]
Peek = Literal["events", "logs", "describe", "off"]

SIDE = ("nodes", "deployments", "services", "manifests")
ORDER = (*SIDE, "main", "describe", "events", "logs", "requests")
"""The panes in the order that tab visits them."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What decides the layout besides the size."""

    active: str = "main"
    """The focused pane."""
    table: str = "main"
    """The table focused last: what a small screen shows above the peek strip."""
    peek: Peek = "events"
    zoomed: bool = False
    nodes: int = 3
    """How many nodes there are: their pane is as high as they need."""


def density(size: Size) -> Density:
    if size.width < 100 or size.height < 30:
        return "compact"
    return "large" if size.width >= 165 and size.height >= 46 else "normal"


def regions(screen: Size, board: Size, wanted: Arrangement) -> dict[str, Region]:
    """The visible panes of a board of this size, on a screen of that size."""
    if wanted.zoomed:
        return {wanted.active: Region(0, 0, board.width, board.height)}
    level = density(screen)
    if level == "compact":
        return _compact(board, wanted)
    return _normal(board, wanted) if level == "normal" else _large(board, wanted)


def _compact(board: Size, wanted: Arrangement) -> dict[str, Region]:
    strip = 0 if wanted.peek == "off" or board.height < 14 else max(6, board.height * 3 // 10)
    if wanted.active not in (wanted.table, wanted.peek):
        return {wanted.active: Region(0, 0, board.width, board.height)}
    top = board.height - strip
    found = {wanted.table: Region(0, 0, board.width, top)}
    if strip:
        found[wanted.peek] = Region(0, top, board.width, strip)
    return found


def _normal(board: Size, wanted: Arrangement) -> dict[str, Region]:
    left = min(56, max(40, board.width * 35 // 100))
    found = _stack(SIDE, _side_heights(board.height, wanted.nodes), 0, left)
    rest = board.width - left
    main = max(8, board.height * 45 // 100)
    events = max(6, (board.height - main) * 45 // 100)
    heights = [main, events, board.height - main - events]
    return found | _stack(("main", "events", "logs"), heights, left, rest)


def _large(board: Size, wanted: Arrangement) -> dict[str, Region]:
    left = min(60, board.width * 24 // 100)
    right = min(80, board.width * 31 // 100)
    middle = board.width - left - right
    found = _stack(SIDE, _side_heights(board.height, wanted.nodes), 0, left)
    main = board.height * 50 // 100
    found |= _stack(("main", "describe"), [main, board.height - main], left, middle)
    events = board.height * 34 // 100
    requests = board.height * 26 // 100
    heights = [events, board.height - events - requests, requests]
    return found | _stack(("events", "logs", "requests"), heights, left + middle, right)


def _side_heights(height: int, nodes: int) -> list[int]:
    first = min(max(5, nodes + 3), height // 4)
    rest = height - first
    deployments = rest * 38 // 100
    services = (rest - deployments) // 2
    return [first, deployments, services, rest - deployments - services]


def _stack(names: Sequence[str], heights: Sequence[int], x: int, width: int) -> dict[str, Region]:
    found = {}
    y = 0
    for name, height in zip(names, heights, strict=True):
        found[name] = Region(x, y, width, height)
        y += height
    return found


class BoardLayout(Layout):
    """Places children by their ids; `where` answers which region each visible one gets."""

    name = "board"

    def __init__(self, where: Callable[[Size], dict[str, Region]]) -> None:
        self._where = where

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        found = self._where(size)
        return [
            WidgetPlacement(found[child.id], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if child.id in found
        ]
