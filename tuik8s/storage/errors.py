"""What the store refuses, and why.

StoreError
├── KeyExists            create: the key is taken
├── KeyMissing           update, delete: no such key
├── RevisionMismatch     update, delete: the key was changed in between
├── Compacted            the history asked for is gone
│   └── WatcherTooSlow   a watch's buffer overflowed; start again from a list
├── FutureRevision       a revision that has not been written yet
├── WriteFailed          the log could not be written; nothing of the batch was stored
├── StoreLocked          another process has the file open
├── StoreCorrupt         the file is not what was written
├── StoreIncompatible    the file was written by another program or a newer release
└── StoreClosed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class StoreError(Exception):
    """Something the store refused; the state is as it was before."""


class KeyExists(StoreError):
    def __init__(self, key: str, revision: int) -> None:
        super().__init__(f"{key} exists since revision {revision}")
        self.key, self.revision = key, revision


class KeyMissing(StoreError):
    def __init__(self, key: str) -> None:
        super().__init__(f"{key} does not exist")
        self.key = key


class RevisionMismatch(StoreError):
    """`current` is the revision that the key has now."""

    def __init__(self, key: str, expected: int, current: int) -> None:
        super().__init__(f"{key} is at revision {current}, not {expected}")
        self.key, self.expected, self.current = key, expected, current


class Compacted(StoreError):
    """`compacted_revision` is the oldest revision that can still be read."""

    def __init__(self, revision: int, compacted_revision: int, why: str = "") -> None:
        text = f"revision {revision} has been compacted: history starts at {compacted_revision}"
        super().__init__(why or text)
        self.revision, self.compacted_revision = revision, compacted_revision


class WatcherTooSlow(Compacted):
    def __init__(self, revision: int, compacted_revision: int, limit: int) -> None:
        why = f"the watch was cut off at revision {revision}: more than {limit} changes were not read"
        super().__init__(revision, compacted_revision, why)


class FutureRevision(StoreError):
    def __init__(self, revision: int, current: int) -> None:
        super().__init__(f"revision {revision} is in the future: the store is at {current}")
        self.revision, self.current = revision, current


class WriteFailed(StoreError):
    """Carries the engine's error as its cause."""


class StoreLocked(StoreError):
    def __init__(self, path: Path, pid: int | None) -> None:
        holder = f"process {pid}" if pid else "another process"
        super().__init__(f"{path} is in use by {holder}: stop it, or choose another data directory")
        self.path, self.pid = path, pid


class StoreCorrupt(StoreError):
    def __init__(self, path: Path | None, what: str) -> None:
        remedy = "it was left as it is: restore a copy, or move it away to start with an empty cluster"
        super().__init__(f"{path or 'the store'} is damaged ({what}); {remedy}")
        self.path = path


class StoreUnusable(StoreError):
    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path} cannot be opened: {what}")
        self.path = path


class StoreIncompatible(StoreError):
    """Says what wrote the file, and what to do."""


class StoreClosed(StoreError):
    def __init__(self) -> None:
        super().__init__("the store is closed")
