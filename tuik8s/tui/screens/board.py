"""The board of panes: which of them are visible, where, and which has the focus."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Container
from textual.events import DescendantFocus, Resize
from textual.message import Message

from tuik8s.tui.screens.layout import ORDER, Arrangement, BoardLayout, Density, Peek, density, regions

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.geometry import Region, Size
    from textual.layout import Layout
    from textual.widget import Widget

TABLES = frozenset({"nodes", "deployments", "services", "manifests", "main"})
_PEEKS: tuple[Peek, ...] = ("events", "logs", "describe", "off")


class Board(Container):
    """Holds one widget per pane, with the pane's name as its id. Hidden ones are not displayed at all."""

    BLANK = True  # the panes cover it: what lies below need not be composed with every frame

    class Rearranged(Message):
        """Other panes are visible, or another one has the focus."""

    def __init__(self, panes: list[Widget]) -> None:
        super().__init__(id="board")
        self._panes = {str(pane.id): pane for pane in panes}
        self._board_layout = BoardLayout(self._where)
        self.arrangement = Arrangement()
        self.visible_panes: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        """The panes as they will stand: what is put right later is styled and laid out a second time."""
        screen = self.app.size
        visible = regions(screen, screen, self.arrangement)
        for name, pane in self._panes.items():
            pane.set_class(name == self.active, "-active", update=False)
            pane.display = name in visible
            yield pane

    @property
    def layout(self) -> Layout:
        return self._board_layout

    @property
    def density(self) -> Density:
        return density(self.screen.size)

    @property
    def active(self) -> str:
        """The pane with the focus, or the one that had it last."""
        return self.arrangement.active

    def pane(self, name: str) -> Widget:
        return self._panes[name]

    def _where(self, size: Size) -> dict[str, Region]:
        return regions(self.screen.size, size, self.arrangement)

    @on(Resize)
    def _resized(self) -> None:
        self._show_visible()

    def arrange_panes(self, arrangement: Arrangement) -> None:
        """Take another arrangement, if it is another."""
        if arrangement == self.arrangement:
            return
        self.arrangement = arrangement
        for name, pane in self._panes.items():
            pane.set_class(name == arrangement.active, "-active")
        self._show_visible()
        self.refresh(layout=True)
        self.post_message(self.Rearranged())

    def _show_visible(self) -> None:
        visible = frozenset(self._where(self.size))
        if visible != self.visible_panes:
            self.post_message(self.Rearranged())
        self.visible_panes = visible
        for name, pane in self._panes.items():
            pane.display = name in visible
        if visible and self.active not in visible:
            self.activate("main" if "main" in visible else next(name for name in ORDER if name in visible))

    @on(DescendantFocus)
    def _focus_moved(self) -> None:
        """These events may arrive out of order, so the screen is asked who has the focus now."""
        focused = self.screen.focused
        if focused is not None and focused.id in self._panes:
            self._take_active(focused.id)

    def _take_active(self, name: str) -> None:
        table = name if name in TABLES else self.arrangement.table
        self.arrange_panes(replace(self.arrangement, active=name, table=table))

    def activate(self, name: str) -> None:
        """Bring a pane to the screen and give it the focus."""
        self._take_active(name)
        self._panes[name].focus()

    def cycle(self, step: int) -> None:
        """On to the next pane; where not all are visible, through those that could be."""
        hidden = self.density == "compact" or self.arrangement.zoomed
        ring = [name for name in ORDER if name in self._panes and (hidden or name in self.visible_panes)]
        position = ring.index(self.active) if self.active in ring else 0
        self.activate(ring[(position + step) % len(ring)])

    def zoom(self) -> None:
        self.arrange_panes(replace(self.arrangement, zoomed=not self.arrangement.zoomed))

    def peek(self) -> None:
        """The next thing for the strip of a small screen."""
        following = _PEEKS[(_PEEKS.index(self.arrangement.peek) + 1) % len(_PEEKS)]
        changed = replace(self.arrangement, peek=following)
        if self.active not in TABLES:
            changed = replace(changed, active=changed.table)
            self._panes[changed.active].focus()
        self.arrange_panes(changed)

    def set_node_count(self, count: int) -> None:
        """None is before the first has joined: that must not move all panes for a moment."""
        if count:
            self.arrange_panes(replace(self.arrangement, nodes=count))
