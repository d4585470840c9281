"""Why an object is as it is: which write woke whom, from the last one back to the first cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from tuik8s.tui.describe.page import align
from tuik8s.tui.screens.text import TextScreen

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.tui.host import Host, Target
    from tuik8s.tui.ports import Story, Write

MOST_CHANGES = 4


class WhyScreen(TextScreen):
    """A picture of the moment it was opened: the history does not change."""

    def __init__(self, host: Host, target: Target, story: Story) -> None:
        super().__init__(host)
        self._target = target
        self._story = story

    def ready(self) -> None:
        self.pane.show_texts(story_lines(self._story))
        self.retitle()

    def retitle(self) -> None:
        name = f"{self._target.kind.singular} {self._target.namespace}/{self._target.name}"
        self.pane.border_title = Text(f" Why is {name} as it is ").markup
        self.pane.border_subtitle = Text(f" {self.found()}revision {self._story.writes[0].revision} ").markup

    def paint(self, line: str) -> Text:
        text = Text(line, no_wrap=True)
        if line and not line.startswith(" "):
            text.stylize("bold")
        return text

    def file_name(self) -> str:
        return f"{self._target.name}-why.txt"


def story_lines(story: Story) -> list[str]:
    """The chain from the first cause down to the latest write, then every write to the object."""
    chain = [
        (f"  {write.revision}", _clock(write.time), f"{'  ' * step}{_deed(write)}", _changes(write))
        for step, write in enumerate(reversed(story.chain))
    ]
    writes = [
        (f"  {write.revision}", _clock(write.time), _author(write), _cause(write), _changes(write))
        for write in story.writes
    ]
    return [
        "What led to its latest state, from the first cause on:",
        "",
        *align(chain),
        "",
        f"Its writes, the latest first ({len(writes)}):",
        "",
        *align(writes),
    ]


def _deed(write: Write) -> str:
    verb = {"create": "created", "update": "updated", "delete": "deleted"}.get(
        write.operation, write.operation
    )
    return f"{_author(write)} {verb} {write.subject}"


def _author(write: Write) -> str:
    return write.author or "somebody"


def _cause(write: Write) -> str:
    return f"because of {write.cause}" if write.cause else "of itself"


def _changes(write: Write) -> str:
    more = len(write.changes) - MOST_CHANGES
    text = ", ".join(write.changes[:MOST_CHANGES]) + (f" and {more} more" if more > 0 else "")
    return text or write.operation


def _clock(time: datetime) -> str:
    return f"{time.astimezone():%H:%M:%S}.{time.microsecond // 1000:03}"
