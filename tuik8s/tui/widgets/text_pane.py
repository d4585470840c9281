"""Lines of rich text that scroll: a Line-API widget, so that a long description costs only what is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tuik8s.tui.widgets.tones import own_style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text


class TextPane(ScrollView, can_focus=True):
    """Shows `lines` as they are, clipped at the right; keeps its place when they change.

    With `tail` the end stays in sight until the person scrolls away from it.
    """

    BINDINGS: ClassVar[list[Any]] = [("k", "scroll_up", ""), ("j", "scroll_down", "")]

    def __init__(self, *, tail: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._tail = tail
        self._lines: list[Text] = []
        self._strips: dict[int, Strip] = {}

    def show(self, lines: Sequence[Text]) -> None:
        if [*lines] == self._lines:
            return
        at_end = self.scroll_offset.y >= self.max_scroll_y
        self._lines = [*lines]
        self._strips.clear()
        self.virtual_size = Size(max((line.cell_len for line in self._lines), default=0), len(self._lines))
        if self._tail and at_end:
            self.scroll_end(animate=False)
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        left, top = self.scroll_offset
        width = self.size.width
        strip = self._strip(y + top)
        return strip.crop_extend(left, left + width, own_style(self))

    def _strip(self, index: int) -> Strip:
        if index >= len(self._lines):
            return Strip.blank(0)
        strip = self._strips.get(index)
        if strip is None:
            base = own_style(self)
            parts = self._lines[index].render(self.app.console, end="")
            strip = Strip([Segment(part.text, base + part.style if part.style else base) for part in parts])
            self._strips[index] = strip
        return strip
