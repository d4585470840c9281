"""What the store hands out: writes, ranges, figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

Operation: TypeAlias = Literal["create", "update", "delete"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Record(NamedTuple):
    """One write. Values are shared and not to be changed; their resourceVersion is the revision."""

    revision: int
    key: str
    operation: Operation
    value: Obj
    """For a delete: the last state, with the deletion's resourceVersion."""
    previous: Obj | None
    """The state before; None for a create, and where the history no longer reaches back."""
    time: datetime
    author: str
    cause: int
    """Revision of the write that made the author act; 0 when unknown."""


class Range(NamedTuple):
    """Part of a sorted list: `remaining` more objects follow. All of one `revision`."""

    items: list[Obj]
    revision: int
    remaining: int


class Entry(NamedTuple):
    """A record as the log keeps it: `value` is JSON, `time` microseconds since 1970.

    `created` is the revision that created this incarnation of the key. `previous` is the revision before,
    0 for a create.
    """

    revision: int
    key: str
    operation: Operation
    created: int
    previous: int
    value: bytes
    time: int
    author: str
    cause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How much history is kept; what exceeds any one limit is compacted. The current state always stays."""

    revisions: int = 100_000
    age: timedelta = timedelta(hours=24)
    size: int = 256 * 1024 * 1024
    """Bytes of the values in the log, the current ones included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatistics:
    """`bytes` is the size of the data files (in memory: of the values); durations in seconds; `failing` is
    whether the latest commit failed."""

    objects: int
    revision: int
    compacted_revision: int
    bytes: int
    commits: int
    writes: int
    failed_commits: int
    failing: bool
    watchers: int
    largest_batch: int
    last_commit_seconds: float


def to_microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def from_microseconds(value: int) -> datetime:
    return EPOCH + timedelta(microseconds=value)


def prefix_end(prefix: str) -> str:
    """The first key after all that start with `prefix`."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1) if prefix else "\U0010ffff"
