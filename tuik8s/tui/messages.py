"""App-wide messages: what feeds tell the screens. They come from other tasks, so they carry facts only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual.message import Message

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind

Severity = Literal["information", "warning", "error"]


@dataclass
class TableChanged(Message):
    """The model of `kind` has changed since it was last announced; at most four times a second and kind."""

    kind: Kind


@dataclass
class LogChanged(Message):
    """A log buffer has changed; at most four times a second and buffer."""

    name: str


@dataclass
class FeedLost(Message):
    """The API stopped answering for `kind`; its rows are the last known. Next try in `retry_in` seconds."""

    kind: Kind
    reason: str
    retry_in: float


@dataclass
class FeedRestored(Message):
    """`kind` is live again."""

    kind: Kind


@dataclass
class Notice(Message):
    """One line for the person; newer ones replace older ones, errors stay until they are dismissed."""

    text: str
    severity: Severity = "information"
    about: str = ""
    """What it tells of. A later notice of the same takes its place, and one without text withdraws it."""
