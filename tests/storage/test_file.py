"""The data file: what survives, who may have it, and what is done about damage."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.storage.support import FixedClock, spec_of, thing
from tuik8s.storage import (
    Compacted,
    Store,
    StoreCorrupt,
    StoreIncompatible,
    StoreLocked,
    StoreUnusable,
    WriteFailed,
)

if TYPE_CHECKING:
    from pathlib import Path

WRITER = """
import asyncio, sys
from pathlib import Path
from tuik8s.api.clock import SystemClock
from tuik8s.storage import Store

async def write(store, name):
    for n in range(100_000):
        obj = await store.create(f"/a/{name}/{n}", {"metadata": {}, "spec": {"n": n}})
        print(obj["metadata"]["resourceVersion"], f"/a/{name}/{n}", flush=True)

async def main():
    store = await Store.open(Path(sys.argv[1]), clock=SystemClock())
    await asyncio.gather(*(write(store, name) for name in "abcd"))

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "store.db"


async def open_store(path: Path) -> Store:
    return await Store.open(path, clock=FixedClock())


async def fill(path: Path, count: int = 300) -> None:
    store = await open_store(path)
    await asyncio.gather(*(store.create(f"/a/{n:04}", thing(n=n, text="x" * 500)) for n in range(count)))
    await store.close()


async def test_everything_is_there_after_a_restart(path: Path) -> None:
    store = await open_store(path)
    await store.create("/a/x", thing(n=1), author="someone", cause=5)
    await store.update("/a/x", thing(n=2), expected=1)
    await store.create("/a/y", thing(n=3))
    await store.delete("/a/y", expected=3)
    await store.compact(2)
    await store.close()
    again = await open_store(path)
    assert (again.revision, again.compacted_revision) == (4, 2)
    assert spec_of(again.get("/a/x")) == {"n": 2}
    assert spec_of(await again.get_at("/a/y", 3)) == {"n": 3}
    with pytest.raises(Compacted):
        again.watch("/a/", 1)
    assert (await anext(again.watch("/a/", 2))).revision == 3
    await again.create("/a/y", thing(n=5))
    assert again.revision == 5
    await again.close()


async def test_revisions_never_go_back_even_if_the_newest_was_compacted(path: Path) -> None:
    store = await open_store(path)
    await store.create("/a/x", thing())
    await store.delete("/a/x", expected=1)
    await store.compact(2)
    await store.close()
    again = await open_store(path)
    assert again.revision == 2
    assert (await again.create("/a/x", thing()))["metadata"]["resourceVersion"] == "3"
    await again.close()


async def test_only_its_user_can_read_the_file(path: Path) -> None:
    store = await open_store(path)
    await store.create("/a/x", thing())
    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}
    assert "store.db-wal" in modes
    await store.close()


async def test_a_second_owner_is_refused(path: Path) -> None:
    store = await open_store(path)
    with pytest.raises(StoreLocked, match=rf"store\.db is in use by process {os.getpid()}"):
        await open_store(path)
    await store.create("/a/x", thing())
    await store.close()
    await (await open_store(path)).close()


@pytest.mark.slow
async def test_no_acknowledged_write_is_lost_by_kill_9(path: Path) -> None:
    command = (sys.executable, "-c", WRITER, str(path))
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    acknowledged = [await child.stdout.readline() for _ in range(500)]
    child.kill()
    acknowledged += (await child.stdout.read()).splitlines(keepends=True)
    await child.wait()
    store = await open_store(path)
    complete = [line.split() for line in acknowledged if line.endswith(b"\n")]
    assert len(complete) >= 500
    for revision, key in complete:
        obj = store.get(key.decode())
        assert obj is not None
        assert obj["metadata"]["resourceVersion"] == revision.decode()
    await store.close()


async def test_a_full_disk_fails_the_writes_and_the_store_goes_on(path: Path) -> None:
    store = await open_store(path)
    await store.create("/a/kept", thing(n=1))
    watch = store.watch("/a/", 1)
    log = store._log  # the only way to have a full disk at will
    pages = (await log._rows("PRAGMA page_count"))[0][0]  # type: ignore[attr-defined]
    await log._writer.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]
    writes = (store.create(f"/a/{n}", thing(text="x" * 10_000)) for n in range(3))
    refused = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(error) for error in refused] == [WriteFailed] * 3
    assert "/a/0 was not written: database or disk is full" in str(refused[0])
    assert (store.revision, len(store.list("/a/").items)) == (1, 1)
    await log._writer.execute(f"PRAGMA max_page_count = {pages + 1000}")  # type: ignore[attr-defined]
    await store.create("/a/0", thing(n=2))
    assert (await anext(watch)).revision == 2
    assert store.statistics().failed_commits == 1
    await store.close()


async def test_a_write_built_on_a_failing_one_fails_with_it(path: Path) -> None:
    store = await open_store(path)
    log = store._log
    pages = (await log._rows("PRAGMA page_count"))[0][0]  # type: ignore[attr-defined]
    await log._writer.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]
    first = asyncio.create_task(store.create("/a/x", thing(text="x" * 50_000)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the commit of the first has begun
    second = asyncio.create_task(store.update("/a/x", thing(), expected=1))
    results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [WriteFailed] * 2
    assert (store.revision, store.get("/a/x")) == (0, None)
    await store.close()


@pytest.mark.parametrize("damage", ["not a database", "page", "truncated", "value", "missing row", "emptied"])
async def test_damage_is_named_and_left_alone(path: Path, damage: str) -> None:
    await fill(path)
    _damage(path, damage)
    before = path.read_bytes()
    with pytest.raises(StoreCorrupt, match=r"store\.db is damaged \(.*\); it was left as it is"):
        await open_store(path)
    assert path.read_bytes() == before


def _damage(path: Path, damage: str) -> None:
    data = path.read_bytes()
    if damage == "not a database":
        path.write_bytes(b"apiVersion: v1\n" * 100)
    elif damage == "page":
        middle = len(data) // 8192 * 4096
        path.write_bytes(data[:middle] + b"\xff" * 4096 + data[middle + 4096 :])
    elif damage == "truncated":
        path.write_bytes(data[: len(data) // 2 + 100])
    elif damage == "emptied":
        path.write_bytes(b"")
        path.with_name("store.db-wal").write_bytes(b"writes")
    else:
        change = "UPDATE log SET value = x'7b' WHERE revision = 5"
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(change if damage == "value" else "DELETE FROM log WHERE revision = 5")


async def test_a_creation_that_was_cut_short_is_done_again(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
    assert path.stat().st_size > 0
    store = await open_store(path)
    await store.create("/a/x", thing())
    await store.close()
    await (await open_store(path)).close()


async def test_a_file_that_cannot_be_opened_is_not_called_damaged(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> sqlite3.Connection:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", full)
        with pytest.raises(StoreUnusable, match=r"store\.db cannot be opened: database or disk is full"):
            await open_store(path)
    await (await open_store(path)).close()


async def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE notes (text)")
    with pytest.raises(StoreIncompatible, match="another program"):
        await open_store(path)


async def test_a_newer_schema_is_left_alone(path: Path) -> None:
    await fill(path, 1)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreIncompatible, match="schema version 99"):
        await open_store(path)
