"""Who has a state directory: one living program, or nobody."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from tuik8s.storage.errors import StoreLocked

if TYPE_CHECKING:
    from pathlib import Path


class FileLock:
    """An exclusive lock beside the data file, let go by the system however the process ends.

    Not on the file itself: closing any other handle of that would drop SQLite's own locks.
    """

    def __init__(self, path: Path) -> None:
        beside = path.with_name(path.name + ".lock")
        self._handle = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._handle, 32)
            os.close(self._handle)
            raise StoreLocked(path, int(holder) if holder.strip().isdigit() else None) from None
        os.ftruncate(self._handle, 0)
        os.write(self._handle, b"%d\n" % os.getpid())

    def release(self) -> None:
        os.ftruncate(self._handle, 0)
        os.close(self._handle)
