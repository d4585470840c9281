"""The durable engine: one append-only table in SQLite, written by one thread and read by another."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any

import aiosqlite

from tuik8s.storage.errors import StoreCorrupt, StoreUnusable
from tuik8s.storage.log import Change, Loaded
from tuik8s.storage.records import Entry, prefix_end
from tuik8s.storage.sqlite_file import prepare, write_ahead_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from tuik8s.storage.file_lock import FileLock

COMPACT_CHUNK = 2_000  # rows looked at in one transaction, so that writes get their turn
COLUMNS = "revision, key, operation, created, previous_revision, value, time, author, cause"
_QUALIFIED = ", ".join(f"l.{name}" for name in COLUMNS.split(", "))

# A create follows the deletion before it, so that two creates of one key can never both be stored.
INSERT = f"""
INSERT INTO log ({COLUMNS}) VALUES (?1, ?2, ?3, ?4,
    CASE ?3 WHEN 'create' THEN IFNULL((SELECT revision FROM log WHERE key = ?2 AND operation = 'delete'
                                       ORDER BY previous_revision DESC LIMIT 1), 0) ELSE ?5 END,
    ?6, ?7, ?8, ?9)"""
CURRENT = f"""
SELECT {COLUMNS} FROM log
WHERE revision IN (SELECT MAX(revision) FROM log GROUP BY key) AND operation != 'delete'"""
CHANGES = f"""
SELECT {_QUALIFIED}, p.value FROM log l
LEFT JOIN log p ON p.revision = l.previous_revision AND l.operation != 'create'"""
# Both sides of `key` make the unique index serve the range; it carries the revision, so no row is touched.
NEWEST_AT = (
    "SELECT key, MAX(revision) AS newest FROM log WHERE key >= ? AND key < ? AND revision <= ? GROUP BY key"
)
RANGE_AT = f"""
SELECT {_QUALIFIED} FROM ({NEWEST_AT}) k JOIN log l ON l.revision = k.newest
WHERE l.operation != 'delete' AND k.key > ? ORDER BY l.key LIMIT ?"""
COUNT_AT = f"""
SELECT COUNT(*) FROM ({NEWEST_AT}) k JOIN log l ON l.revision = k.newest
WHERE l.operation != 'delete' AND k.key > ?"""
# The successor of a row is the one that names it as its previous: found through the unique index.
DROP = """
DELETE FROM log WHERE revision IN (
    SELECT o.revision FROM log o WHERE o.revision > ? AND o.revision <= ? AND (o.operation = 'delete'
        OR EXISTS (SELECT 1 FROM log n WHERE n.key = o.key AND n.previous_revision = o.revision
                   AND n.revision <= ?)))"""


class SqliteLog:
    """WAL with `synchronous = FULL`: what `append` has returned for survives a loss of power."""

    def __init__(
        self, path: Path, lock: FileLock, writer: aiosqlite.Connection, reader: aiosqlite.Connection
    ) -> None:
        self._path = path
        self._lock = lock
        self._writer = writer
        self._reader = reader
        self._writing = asyncio.Lock()
        self._revision = self._compacted = self._size = 0

    @classmethod
    async def open(cls, path: Path) -> SqliteLog:
        """Raises StoreLocked, StoreCorrupt, StoreIncompatible, StoreUnusable."""
        lock = await asyncio.to_thread(prepare, path)
        opened: list[aiosqlite.Connection] = []
        try:
            for pragmas in ("synchronous = FULL", "journal_size_limit = 16777216"), ("query_only = ON",):
                opened.append(await aiosqlite.connect(path))
                for pragma in pragmas:
                    await opened[-1].execute(f"PRAGMA {pragma}")
        except BaseException as error:
            for connection in opened:
                await connection.close()
            lock.release()
            if isinstance(error, sqlite3.OperationalError):
                raise StoreUnusable(path, str(error)) from error
            raise
        return cls(path, lock, *opened)

    async def load(self) -> Loaded:
        try:
            self._compacted = await self._number("SELECT revision FROM compaction")
            newest = await self._number("SELECT IFNULL(MAX(revision), 0) FROM log")
            self._revision = max(newest, self._compacted)
            self._size = await self._measure()
            current = [Entry(*row) for row in await self._rows(CURRENT)]
        except sqlite3.DatabaseError as error:
            raise StoreCorrupt(self._path, str(error)) from error
        return Loaded(self._revision, self._compacted, current)

    async def append(self, entries: Sequence[Entry]) -> None:
        await self._write(INSERT, entries)
        self._revision = entries[-1].revision
        self._size += sum(len(entry.value) for entry in entries)

    async def changes(self, prefix: str, since: int, until: int) -> list[Change]:
        where = "WHERE l.revision > ? AND l.revision <= ? AND +l.key >= ? AND +l.key < ? ORDER BY l.revision"
        rows = await self._rows(f"{CHANGES} {where}", since, until, prefix, prefix_end(prefix))
        return [_change(row) for row in rows]

    async def history(self, key: str) -> list[Change]:
        return [
            _change(row) for row in await self._rows(f"{CHANGES} WHERE l.key = ? ORDER BY l.revision", key)
        ]

    async def change(self, revision: int) -> Change | None:
        rows = await self._rows(f"{CHANGES} WHERE l.revision = ?", revision)
        return _change(rows[0]) if rows else None

    async def at(self, key: str, revision: int) -> Entry | None:
        where = "WHERE key = ? AND revision <= ? ORDER BY previous_revision DESC LIMIT 1"
        rows = await self._rows(f"SELECT {COLUMNS} FROM log {where}", key, revision)
        return Entry(*rows[0]) if rows else None

    async def range_at(self, prefix: str, after: str, revision: int, limit: int) -> tuple[list[Entry], int]:
        where = (prefix, prefix_end(prefix), revision, after)
        page = [Entry(*row) for row in await self._rows(RANGE_AT, *where, limit or -1)]
        left = 0
        if limit and len(page) == limit:
            left = await self._number(COUNT_AT, *where) - limit
        return page, left

    async def last_before(self, time: int) -> int:
        """A search by halves: above the compacted revision there are no gaps, and times rise."""
        low, high = self._compacted, self._revision
        while low < high:
            middle = (low + high + 1) // 2
            if await self._number("SELECT time FROM log WHERE revision = ?", middle) < time:
                low = middle
            else:
                high = middle - 1
        return low

    async def compact(self, revision: int) -> None:
        await self._write("UPDATE compaction SET revision = ?", [(revision,)])
        self._compacted = revision
        chunk = "SELECT revision FROM log WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ?"
        done = 0
        while done < revision:
            query = f"SELECT IFNULL(MAX(revision), ?) FROM ({chunk})"
            end = await self._number(query, revision, done, revision, COMPACT_CHUNK)
            await self._write(DROP, [(done, end, revision)])
            done = end
        self._size = await self._measure()

    def size(self) -> int:
        return self._size

    def size_on_disk(self) -> int:
        files = (self._path, write_ahead_log(self._path))
        return sum(file.stat().st_size for file in files if file.exists())

    async def close(self) -> None:
        try:
            await self._reader.close()
            await self._writer.close()
        finally:
            self._lock.release()

    async def _write(self, statement: str, parameters: Sequence[Iterable[Any]]) -> None:
        async with self._writing:
            if self._writer.in_transaction:  # the rollback after a failure failed too
                await self._writer.rollback()
            try:
                await self._writer.executemany(statement, parameters)
                await self._writer.commit()
            except BaseException:
                await self._writer.rollback()
                raise

    async def _rows(self, query: str, *parameters: Any) -> list[Any]:
        return list(await self._reader.execute_fetchall(query, parameters))

    async def _number(self, query: str, *parameters: Any) -> int:
        number: int = (await self._rows(query, *parameters))[0][0]
        return number

    async def _measure(self) -> int:
        return await self._number("SELECT IFNULL(SUM(LENGTH(value)), 0) FROM log")


def _change(row: Sequence[Any]) -> Change:
    return Change(Entry(*row[:-1]), row[-1])
