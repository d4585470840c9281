"""Log lines in a bounded ring, and what of a line may reach the terminal."""

from __future__ import annotations

import re
from typing import NamedTuple

from rich.ansi import AnsiDecoder
from rich.text import Text

LONGEST_SHOWN = 8_000
"""Characters of a line that are drawn; copying and saving give all of them."""

_NOT_COLOR = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-ln-~]"  # control sequences other than SGR
    r"|\x1b[\]PX^_].*?(?:\x1b\\|\x07|$)"  # operating system commands and their like
    r"|\x1b(?!\[[0-9;:]*m)[^\[]?"
    r"|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]"
)


class LogLine(NamedTuple):
    """One line; `number` counts from 0 since the buffer was cleared and never repeats."""

    number: int
    source: str
    time: str
    """RFC 3339 as the runtime wrote it; empty for remarks of our own."""
    text: str


class LogBuffer:
    """The latest `limit` lines or somewhat more: the oldest leave in batches, counted in `lost`."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.lines: list[LogLine] = []
        self.lost = 0
        """Lines that were received and are no longer kept; also the number of the oldest kept."""
        self.version = 0

    @property
    def end(self) -> int:
        """The number the next line will get."""
        return self.lost + len(self.lines)

    def append(self, source: str, time: str, text: str) -> None:
        self.lines.append(LogLine(self.end, source, time, text))
        self.version += 1
        if len(self.lines) > self.limit + self.limit // 8:
            surplus = len(self.lines) - self.limit
            del self.lines[:surplus]
            self.lost += surplus

    def clear(self) -> None:
        self.lines.clear()
        self.lost = 0
        self.version += 1


def printable(text: str) -> str:
    """Without what would move the cursor, ring or write elsewhere; colours stay."""
    if text.isprintable():
        return text
    return _NOT_COLOR.sub("", text.expandtabs(8))


def plain(text: str) -> str:
    """As people read, search and copy it: without colours."""
    if text.isprintable():
        return text
    return re.sub(r"\x1b\[[0-9;:]*m", "", printable(text)).replace("\x1b", "")


def colored(text: str) -> Text:
    """The line with its own colours, and nothing parsed as markup."""
    shown = printable(text[:LONGEST_SHOWN])
    if "\x1b" not in shown:
        return Text(shown)
    return AnsiDecoder().decode_line(shown)


def split_time(line: str) -> tuple[str, str]:
    """A line asked for with timestamps as (time, rest)."""
    time, space, rest = line.partition(" ")
    return (time, rest) if space and time[:4].isdigit() and "T" in time else ("", line)
