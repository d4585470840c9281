"""What an engine does: keep entries in order, durably, and read them back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.storage.records import Entry


class Loaded(NamedTuple):
    """Where a log stands when it is opened; `current` are the entries of all live keys, in any order."""

    revision: int
    compacted_revision: int
    current: list[Entry]


class Change(NamedTuple):
    """An entry and the state before it (None for a create, or when compacted)."""

    entry: Entry
    previous: bytes | None


class Log(Protocol):
    """An append-only log with compaction. `append` is all or nothing, and durable when it returns.

    Callers check revisions against the compacted and the current one; between these every state can be read.
    """

    async def load(self) -> Loaded: ...

    async def append(self, entries: Sequence[Entry]) -> None:
        """Raises OSError or the engine's error when nothing was stored."""

    async def changes(self, prefix: str, since: int, until: int) -> list[Change]:
        """Entries of keys with `prefix`, `since < revision <= until`, in order."""

    async def history(self, key: str) -> list[Change]: ...

    async def change(self, revision: int) -> Change | None: ...

    async def at(self, key: str, revision: int) -> Entry | None:
        """The newest entry of the key up to `revision`; it may be a delete."""

    async def range_at(self, prefix: str, after: str, revision: int, limit: int) -> tuple[list[Entry], int]:
        """Entries live at `revision` of keys with `prefix` that sort behind `after`, sorted by key: at most
        `limit` (0: all), and the number of those left."""

    async def last_before(self, time: int) -> int:
        """The newest revision written before this time (microseconds), at least the compacted one."""

    async def compact(self, revision: int) -> None:
        """Drop what is not needed to read states from `revision` on."""

    def size(self) -> int:
        """Bytes of the values kept."""

    def size_on_disk(self) -> int: ...

    async def close(self) -> None: ...
