"""One line of toned words, left and right; on a narrow screen the least important words are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tuik8s.tui.rows.columns import pad
from tuik8s.tui.widgets.tones import own_style, tone_styles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events


class Word(NamedTuple):
    """A piece of a line. `rank` 0 always stays; the highest rank is left out first."""

    text: str
    tone: str = ""
    rank: int = 0
    action: str = ""
    """What a click on it means, for the screen; empty: nothing."""
    lead: str = ""
    """A key to press for it, drawn before it."""

    @property
    def length(self) -> int:
        return cell_len(self.text) + (cell_len(self.lead) + 1 if self.lead else 0)


class Line(Widget):
    """Shows `left` words from the left and `right` words at the right edge; set them with `show`."""

    class Clicked(Message):
        """A word with an action was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, *, gap: int = 2, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._gap = gap
        self._left: list[Word] = []
        self._right: list[Word] = []
        self._spans: list[tuple[int, int, str]] = []

    def show(self, left: Sequence[Word], right: Sequence[Word] = ()) -> None:
        if [*left] != self._left or [*right] != self._right:
            self._left, self._right = [*left], [*right]
            self.refresh()

    def render_line(self, y: int) -> Strip:
        if y:
            return Strip.blank(self.size.width, own_style(self))
        return self._draw(self.size.width)

    def _draw(self, width: int) -> Strip:
        left, right = fitting(self._left, self._right, width - 2, self._gap)
        base, tones = own_style(self), tone_styles(self)
        segments = [Segment(" ", base)]
        self._spans = []
        used = self._add(segments, left, 1, base, tones)
        tail = _length(right, self._gap)
        room = max(0, width - 1 - used - tail)
        segments.append(Segment(" " * room, base))
        self._add(segments, right, used + room, base, tones)
        return Strip(segments).adjust_cell_length(width, base)

    def _add(self, segments: list[Segment], words: Sequence[Word], at: int, base: Any, tones: Any) -> int:
        for position, word in enumerate(words):
            if position:
                segments.append(Segment(" " * self._gap, base))
                at += self._gap
            if word.lead:
                segments.append(Segment(f"{word.lead} ", base + tones["key"]))
            segments.append(Segment(word.text, base + tones[word.tone] if word.tone else base))
            if word.action:
                self._spans.append((at, at + word.length, word.action))
            at += word.length
        return at

    def on_click(self, event: events.Click) -> None:
        for start, end, action in self._spans:
            if start <= event.x < end:
                self.post_message(self.Clicked(action))


def fitting(
    left: Sequence[Word], right: Sequence[Word], width: int, gap: int
) -> tuple[list[Word], list[Word]]:
    """What of both fits into a width; the last remedy is to cut the longest word that must stay."""
    left, right = list(left), list(right)
    while _length(left, gap) + _length(right, gap) + gap > width:
        rank = max((word.rank for word in (*left, *right)), default=0)
        if rank == 0:
            break
        side = right if any(word.rank == rank for word in right) else left
        last = max(index for index, word in enumerate(side) if word.rank == rank)
        del side[last]
    over = _length(left, gap) + _length(right, gap) + (gap if right else 0) - width
    if over > 0 and left:
        longest = max(range(len(left)), key=lambda index: len(left[index].text))
        room = max(1, cell_len(left[longest].text) - over)
        left[longest] = left[longest]._replace(text=pad(left[longest].text, room))
    return left, right


def _length(words: Sequence[Word], gap: int) -> int:
    return sum(word.length for word in words) + gap * max(0, len(words) - 1)
