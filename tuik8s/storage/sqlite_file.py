"""The data file: one owner at a time, verified before it is used, readable by its user alone."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

from tuik8s.storage.errors import StoreCorrupt, StoreIncompatible, StoreUnusable
from tuik8s.storage.file_lock import FileLock

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION_ID = 0x7475_696B  # "tuik"
SCHEMA_VERSION = 1
SCHEMA = f"""
PRAGMA journal_mode = WAL;
BEGIN;
CREATE TABLE log (
    revision INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    operation TEXT NOT NULL CHECK (operation IN ('create', 'update', 'delete')),
    created INTEGER NOT NULL,
    previous_revision INTEGER NOT NULL,
    value BLOB NOT NULL,
    time INTEGER NOT NULL,
    author TEXT NOT NULL,
    cause INTEGER NOT NULL,
    UNIQUE (key, previous_revision)
) STRICT;
CREATE TABLE compaction (revision INTEGER NOT NULL) STRICT;
INSERT INTO compaction VALUES (0);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


def prepare(path: Path) -> FileLock:
    """Lock the file, then create or verify it.

    Raises StoreLocked, StoreCorrupt, StoreIncompatible, StoreUnusable; OSError where files cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        if not path.exists() or path.stat().st_size == 0 or not _verified(path):
            _create(path)
    except sqlite3.OperationalError as error:
        lock.release()
        raise StoreUnusable(path, str(error)) from error
    except sqlite3.DatabaseError as error:
        lock.release()
        raise StoreCorrupt(path, str(error)) from error
    except BaseException:
        lock.release()
        raise
    return lock


def write_ahead_log(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _create(path: Path) -> None:
    ahead = write_ahead_log(path)
    if ahead.exists() and ahead.stat().st_size and not (path.exists() and path.stat().st_size):
        raise StoreCorrupt(path, f"it is empty or missing, but {ahead.name} holds writes")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.executescript(SCHEMA)


def _verified(path: Path) -> bool:
    """False when a creation of the file was cut short, so that nothing is in it yet.

    Reads only: another kind of connection would write the write-ahead log back when it is closed.
    """
    path.chmod(0o600)
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        ours = _pragma(database, "application_id") == APPLICATION_ID
        version = _pragma(database, "user_version")
        if not ours:
            if database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0] == 0:
                return False
            raise StoreIncompatible(f"{path} is a database of another program: choose another directory")
        if version != SCHEMA_VERSION:
            raise StoreIncompatible(
                f"{path} has schema version {version}, this release reads {SCHEMA_VERSION}: "
                "use the release that wrote it, or start with an empty cluster"
            )
        found = _pragma(database, "quick_check(1)")
        if found != "ok":
            raise StoreCorrupt(path, " ".join(str(found).split()))
        _check_gaps(path, database)
    return True


def _check_gaps(path: Path, database: sqlite3.Connection) -> None:
    query = (
        "SELECT c.revision, MAX(l.revision), COUNT(*) FROM compaction c JOIN log l ON l.revision > c.revision"
    )
    compacted, newest, rows = database.execute(query).fetchone()
    if rows and newest - compacted != rows:
        raise StoreCorrupt(path, f"{newest - compacted - rows} revisions after {compacted} are missing")


def _pragma(database: sqlite3.Connection, name: str) -> object:
    return database.execute(f"PRAGMA {name}").fetchone()[0]
