"""A log over a `LogBuffer`: follows until the person scrolls, keeps its place while old lines leave."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tuik8s.tui.default_keys import REGISTRY
from tuik8s.tui.rows.log_buffer import colored, plain
from tuik8s.tui.widgets.tones import own_style, tone_styles

if TYPE_CHECKING:
    from tuik8s.tui.rows.log_buffer import LogBuffer, LogLine

_LABEL_TONES = ("info", "accent", "ok", "warn", "key")


class LogView(ScrollView, can_focus=True):
    """Draws `buffer`; call `refresh_lines_shown` when it has changed."""

    BINDINGS: ClassVar[list[Any]] = list(REGISTRY.bindings("log"))
    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--match", "log--current"}

    class Changed(Message):
        """Follow, wrap, search or the count of lost lines changed: what a title shows."""

        def __init__(self, view: LogView) -> None:
            super().__init__()
            self.view = view

        @property
        def control(self) -> LogView:
            return self.view

    def __init__(self, buffer: LogBuffer, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.buffer = buffer
        self.following = True
        self.wrapping = False
        self.timestamps = False
        self.search = ""
        self.remark = ""
        """What to say while there are no lines."""
        self._pattern: re.Pattern[str] | None = None
        self._match = -1
        self._top = 0
        self._ends: list[int] = []
        self._width = 0
        self._own_scroll = False
        self._cache: dict[int, list[Strip]] = {}
        self._seen: tuple[object, ...] = ()
        self._labels: dict[str, str] = {}

    @property
    def states(self) -> list[str]:
        """For a title: what is on, and what was lost."""
        words = [("follow", self.following), ("wrap", self.wrapping), ("time", self.timestamps)]
        found = [word for word, on in words if on]
        if self.search:
            found.append(f"/{self.search}")
        if self.buffer.lost:
            found.append(f"lost {self.buffer.lost:,}")
        return found

    def show(self, buffer: LogBuffer) -> None:
        """Another buffer, followed from its end."""
        self.buffer, self.following, self._match, self._top = buffer, True, -1, 0
        self._forget()

    # --- taking in changes

    def refresh_lines_shown(self) -> None:
        if not self.is_attached or not self.display:
            return
        state = (self.buffer, self.buffer.version, self.size, self.wrapping, self.timestamps)
        if state == self._seen:
            return
        if self._seen[2:] != state[2:]:
            self._cache.clear()
        self._seen = state
        self._measure()
        self.virtual_size = Size(0 if self.wrapping else self._width, self._ends[-1] if self._ends else 0)
        if self.following:
            self._scroll_own(self.virtual_size.height)
        else:
            self._scroll_own(self._row_of(self._top))
        self.refresh()
        self.post_message(self.Changed(self))

    def _forget(self) -> None:
        self._cache.clear()
        self._seen = ()
        self.refresh_lines_shown()

    def _measure(self) -> None:
        """How many rows each line takes, summed up; the widest line when nothing wraps."""
        extra = self._prefix_width()
        lengths = [len(line.text) + extra + len(line.source) for line in self.buffer.lines]
        self._width = min(max(lengths, default=0), 4_000)
        width = max(1, self.size.width)
        if self.wrapping:
            rows = (max(1, -(-min(length, 4_000) // width)) for length in lengths)
            self._ends = list(accumulate(rows))
        else:
            self._ends = list(range(1, len(lengths) + 1))

    def _prefix_width(self) -> int:
        return 24 if self.timestamps else 1

    def _row_of(self, number: int) -> int:
        """The first row of a line; that of the oldest when it is gone."""
        index = number - self.buffer.lost
        return self._ends[min(index, len(self._ends)) - 1] if index > 0 and self._ends else 0

    def _scroll_own(self, y: int) -> None:
        self._own_scroll = True
        self.scroll_to(y=y, animate=False)
        self._own_scroll = False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self._own_scroll:
            self._note_place()

    def _note_place(self) -> None:
        following = round(self.scroll_y) >= self.max_scroll_y
        index = bisect_right(self._ends, round(self.scroll_y))
        self._top = self.buffer.lost + index
        if following != self.following:
            self.following = following
            self.post_message(self.Changed(self))

    def on_resize(self) -> None:
        self.refresh_lines_shown()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._cache.clear()

    # --- drawing

    def render_line(self, y: int) -> Strip:
        left, top = self.scroll_offset
        width, row = self.size.width, y + top
        if not self._ends and y == 0 and self.remark:
            segments = [Segment(f" {self.remark}", own_style(self) + tone_styles(self)["muted"])]
            return Strip(segments).adjust_cell_length(width, own_style(self))
        index = bisect_right(self._ends, row)
        if index >= len(self.buffer.lines):
            return Strip.blank(width, own_style(self))
        line = self.buffer.lines[index]
        strips = self._strips(line)
        part = row - (self._ends[index - 1] if index else 0)
        strip = strips[part] if part < len(strips) else Strip.blank(0)
        if self.wrapping:
            return strip.adjust_cell_length(width, own_style(self)).apply_offsets(0, row)
        return strip.crop_extend(left, left + width, own_style(self)).apply_offsets(left, row)

    def _strips(self, line: LogLine) -> list[Strip]:
        strips = self._cache.get(line.number)
        if strips is None:
            if len(self._cache) > 2_000:
                self._cache.clear()
            strips = self._cache[line.number] = self._draw(line)
        return strips

    def _draw(self, line: LogLine) -> list[Strip]:
        base, tones = own_style(self), tone_styles(self)
        text = colored(line.text)
        if self._pattern is not None:
            name = "log--current" if line.number == self._match else "log--match"
            text.highlight_regex(self._pattern, self.get_component_rich_style(name, partial=True))
        head = Text(" ")
        if self.timestamps and line.time:
            head = Text(f" {line.time[:23]:<23} ", tones["muted"])
        if line.source:
            head.append(f"{line.source} ", tones[self._label_tone(line.source)])
        parts = (head + text).render(self.app.console, end="")
        whole = Strip([Segment(part.text, base + part.style if part.style else base) for part in parts])
        if not self.wrapping:
            return [whole]
        width = max(1, self.size.width)
        return [whole.crop(at, at + width) for at in range(0, max(1, whole.cell_length), width)]

    def _label_tone(self, label: str) -> str:
        return self._labels.setdefault(label, _LABEL_TONES[len(self._labels) % len(_LABEL_TONES)])

    # --- actions

    def action_scroll_lines(self, by: int) -> None:
        self.scroll_to(y=self.scroll_y + by, animate=False)

    def action_scroll_pages(self, by: int) -> None:
        self.scroll_to(y=self.scroll_y + by * max(1, self.size.height - 1), animate=False)

    def action_log_top(self) -> None:
        self.scroll_to(y=0, animate=False)

    def action_follow(self) -> None:
        self.following = True
        self._scroll_own(self.virtual_size.height)
        self.post_message(self.Changed(self))

    def action_pan(self, by: int) -> None:
        self.scroll_to(x=self.scroll_x + by, animate=False)

    def action_wrap(self) -> None:
        self.wrapping = not self.wrapping
        self.scroll_to(x=0, animate=False)
        self._forget()

    def action_timestamps(self) -> None:
        self.timestamps = not self.timestamps
        self._forget()

    def action_clear_log(self) -> None:
        self.buffer.clear()
        self.following, self._top = True, 0
        self._forget()

    def action_copy_visible(self) -> None:
        first = bisect_right(self._ends, self.scroll_offset.y)
        last = bisect_right(self._ends, self.scroll_offset.y + self.size.height - 1)
        lines = self.buffer.lines[first : last + 1]
        self.app.copy_to_clipboard("\n".join(plain(line.text) for line in lines))

    def set_search(self, text: str) -> None:
        """Highlight every occurrence; `match` steps through the lines that have one. Empty ends it."""
        self.search, self._match = text, -1
        self._pattern = re.compile(re.escape(text), re.IGNORECASE) if text else None
        self._forget()
        self.refresh()
        self.post_message(self.Changed(self))

    def action_match(self, step: int) -> None:
        """On to the next line that matches, round the end; following stops."""
        if self._pattern is None:
            return
        pattern = self._pattern
        found = [line.number for line in self.buffer.lines if pattern.search(plain(line.text))]
        if not found:
            return
        start = self._match if self._match >= 0 else (self._top if step > 0 else self.buffer.end)
        later = [n for n in found if n > start or (n == start and self._match < 0)]
        earlier = [n for n in found if n < start]
        wanted = (later or found)[0] if step > 0 else (earlier or found)[-1]
        self._match, self.following = wanted, False
        self._cache.clear()
        self.scroll_to(y=max(0, self._row_of(wanted) - self.size.height // 2), animate=False)
        self.refresh()
        self.post_message(self.Changed(self))
