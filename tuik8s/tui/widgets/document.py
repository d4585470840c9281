"""A long text with a search: only the lines in sight are ever styled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.geometry import Size
from textual.strip import Strip

from tuik8s.tui.rows.log_buffer import plain
from tuik8s.tui.widgets.text_pane import TextPane
from tuik8s.tui.widgets.tones import own_style

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TAB = 8


class DocumentPane(TextPane):
    """Shows plain lines, each styled by `paint` when it comes into sight; keeps its place when they change.

    Lines may hold anything: control characters are left out, and nothing is parsed as markup.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"document--match", "document--current"}
    DEFAULT_CSS = """
    DocumentPane > .document--match { color: $warning; text-style: bold underline; }
    DocumentPane > .document--current { background: $warning; color: $background; text-style: bold; }
    """

    def __init__(self, paint: Callable[[str], Text] = Text, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._paint = paint
        self.texts: list[str] = []
        self.search = ""
        self.matches: list[int] = []
        """Numbers of the lines that match, ascending."""
        self.current = -1
        """The line of the match one stands on; -1 before the first step."""
        self._pattern: re.Pattern[str] | None = None

    def show_texts(self, texts: Sequence[str]) -> None:
        """These lines instead; the scroll offset stays."""
        texts = [plain(text.expandtabs(TAB)) for text in texts]
        if texts == self.texts:
            return
        self.texts = texts
        self._strips.clear()
        self._find()
        self.virtual_size = Size(max(map(len, texts), default=0), len(texts))
        self.refresh()

    def set_search(self, text: str) -> None:
        """Highlight every occurrence; empty ends it."""
        self.search, self.current = text, -1
        self._pattern = re.compile(re.escape(text), re.IGNORECASE) if text else None
        self._strips.clear()
        self._find()
        self.refresh()

    def _find(self) -> None:
        pattern = self._pattern
        self.matches = (
            [] if pattern is None else [n for n, line in enumerate(self.texts) if pattern.search(line)]
        )

    def go_to_match(self, step: int) -> bool:
        """On to the next matching line in that direction, round the end; False when there is none."""
        if not self.matches:
            return False
        top = self.scroll_offset.y
        start = self.current if self.current >= 0 else (top - 1 if step > 0 else top + self.size.height)
        beyond = [n for n in self.matches if (n > start if step > 0 else n < start)] or self.matches
        self.current = beyond[0] if step > 0 else beyond[-1]
        self._strips.clear()
        if not top <= self.current < top + self.size.height:
            self.scroll_to(y=max(0, self.current - self.size.height // 2), animate=False)
        self._show_column()
        self.refresh()
        return True

    def _show_column(self) -> None:
        """Bring the match into sight where the line is longer than the screen."""
        found = self._pattern.search(self.texts[self.current]) if self._pattern else None
        if found is None:
            return
        left, width = self.scroll_offset.x, self.size.width
        if found.start() < left or found.end() > left + width:
            self.scroll_to(x=max(0, found.start() - width // 2), animate=False)

    def _strip(self, index: int) -> Strip:
        if index >= len(self.texts):
            return Strip.blank(0)
        strip = self._strips.get(index)
        if strip is None:
            if len(self._strips) > 2_000:
                self._strips.clear()
            strip = self._strips[index] = self._draw(index)
        return strip

    def _draw(self, index: int) -> Strip:
        base = own_style(self)
        text = self._paint(self.texts[index])
        if self._pattern is not None:
            name = "document--current" if index == self.current else "document--match"
            text.highlight_regex(self._pattern, self.get_component_rich_style(name, partial=True))
        parts = text.render(self.app.console, end="")
        return Strip([Segment(part.text, base + part.style if part.style else base) for part in parts])
