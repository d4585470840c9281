"""What the store promises, on both engines."""

from __future__ import annotations

import asyncio

import pytest

from tests.storage.support import FixedClock, read, read_all, spec_of, thing
from tuik8s.storage import (
    Compacted,
    FutureRevision,
    KeyExists,
    KeyMissing,
    Retention,
    RevisionMismatch,
    Store,
    StoreClosed,
    WatcherTooSlow,
)
from tuik8s.storage.hub import WOKEN_AT_ONCE


async def test_a_write_gets_the_next_revision_as_its_resource_version(store: Store) -> None:
    first = await store.create("/a/x", thing(n=1))
    second = await store.update("/a/x", thing(n=2), expected=1)
    last = await store.delete("/a/x", expected=2)
    versions = [obj["metadata"]["resourceVersion"] for obj in (first, second, last)]
    assert versions == ["1", "2", "3"]
    assert spec_of(last) == {"n": 2}
    assert store.revision == 3


async def test_what_was_handed_out_is_never_changed_by_later_writes(store: Store) -> None:
    first = await store.create("/a/x", thing(n=1))
    await store.delete("/a/x", expected=1)
    assert first["metadata"]["resourceVersion"] == "1"


async def test_refusals(store: Store) -> None:
    await store.create("/a/x", thing())
    with pytest.raises(KeyExists):
        await store.create("/a/x", thing())
    with pytest.raises(RevisionMismatch) as caught:
        await store.update("/a/x", thing(), expected=7)
    assert caught.value.current == 1
    with pytest.raises(RevisionMismatch):
        await store.delete("/a/x", expected=7)
    with pytest.raises(KeyMissing):
        await store.update("/a/y", thing(), expected=1)
    with pytest.raises(KeyMissing):
        await store.delete("/a/y", expected=1)
    assert store.revision == 1


async def test_one_of_several_simultaneous_updates_wins(store: Store) -> None:
    await store.create("/a/x", thing())
    attempts = (store.update("/a/x", thing(n=n), expected=1) for n in range(5))
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert [type(result) for result in results] == [dict] + [RevisionMismatch] * 4
    assert spec_of(store.get("/a/x")) == {"n": 0}


async def test_writes_of_one_turn_share_a_commit(store: Store) -> None:
    await asyncio.gather(*(store.create(f"/a/{n}", thing(n=n)) for n in range(50)))
    statistics = store.statistics()
    assert (statistics.commits, statistics.writes, statistics.largest_batch) == (1, 50, 50)


async def test_create_delete_create_in_one_turn(store: Store) -> None:
    await asyncio.gather(
        store.create("/a/x", thing(n=1)), store.delete("/a/x", expected=1), store.create("/a/x", thing(n=3))
    )
    assert spec_of(store.get("/a/x")) == {"n": 3}
    assert [record.operation for record in await store.history("/a/x")] == ["create", "delete", "create"]


async def test_uncommitted_state_is_not_read(store: Store) -> None:
    writing = asyncio.create_task(store.create("/a/x", thing()))
    await asyncio.sleep(0)
    assert (store.get("/a/x"), store.revision) == (None, 0)
    await writing
    assert store.get("/a/x") is not None


async def test_a_value_that_is_not_json_is_refused_alone(store: Store) -> None:
    good = asyncio.create_task(store.create("/a/good", thing()))
    with pytest.raises(TypeError):
        await store.create("/a/bad", thing(bad=object()))
    await good
    assert (store.get("/a/bad"), store.revision) == (None, 1)


async def test_a_cancelled_writer_does_not_disturb_the_others(store: Store) -> None:
    first = asyncio.create_task(store.create("/a/1", thing()))
    second = asyncio.create_task(store.create("/a/2", thing()))
    await asyncio.sleep(0)
    first.cancel()
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    assert store.revision == 2


async def test_lists_are_sorted_and_paged(store: Store) -> None:
    names = ["b", "a/2", "a/10", "c", "a"]
    await asyncio.gather(*(store.create(f"/r/{name}", thing(name=name)) for name in names))
    await store.create("/rr/x", thing())
    whole = store.list("/r/")
    assert [obj["spec"]["name"] for obj in whole.items] == ["a", "a/10", "a/2", "b", "c"]
    assert (whole.revision, whole.remaining) == (6, 0)
    page = store.list("/r/", after="/r/a/10", limit=2)
    assert [obj["spec"]["name"] for obj in page.items] == ["a/2", "b"]
    assert page.remaining == 1
    assert store.list("/r/", after="/z").items == []


async def test_the_past_can_be_listed_in_pages(store: Store) -> None:
    for name in "abc":
        await store.create(f"/r/{name}", thing(name=name))
    await store.delete("/r/b", expected=2)
    await store.create("/r/d", thing(name="d"))
    then = await store.list_at("/r/", 3)
    assert [obj["spec"]["name"] for obj in then.items] == ["a", "b", "c"]
    page = await store.list_at("/r/", 3, after="/r/a", limit=1)
    assert ([obj["spec"]["name"] for obj in page.items], page.revision, page.remaining) == (["b"], 3, 1)
    assert spec_of(await store.get_at("/r/b", 3)) == {"name": "b"}
    assert await store.get_at("/r/b", 4) is None
    assert await store.get_at("/r/d", 3) is None


async def test_records_carry_time_author_cause_and_the_state_before(store: Store, clock: FixedClock) -> None:
    await store.create("/a/x", thing(n=1), author="kube-scheduler", cause=17)
    clock.advance(60)
    await store.update("/a/x", thing(n=2), expected=1)
    first, second = await store.history("/a/x")
    assert (first.author, first.cause, first.previous) == ("kube-scheduler", 17, None)
    assert (second.time - first.time).total_seconds() == 60
    assert spec_of(second.previous) == {"n": 1}
    assert await store.record(2) == second
    assert await store.record(3) is None


async def test_a_watch_replays_then_follows(store: Store) -> None:
    await store.create("/a/x", thing(n=1))
    await store.create("/b/x", thing(n=2))
    await store.update("/a/x", thing(n=3), expected=1)
    watch = store.watch("/a/", 1)
    await store.delete("/a/x", expected=3)
    records = await read(watch, 2)
    assert [(r.revision, r.operation) for r in records] == [(3, "update"), (4, "delete")]
    assert spec_of(records[0].previous) == {"n": 1}
    assert watch.progress == 4


async def test_a_watch_from_far_back_reads_the_log(store: Store) -> None:
    for start in range(0, 3_000, 500):
        await asyncio.gather(*(store.create(f"/a/{n}", thing(n=n)) for n in range(start, start + 500)))
    watch = store.watch("/a/", 0)
    await store.create("/a/last", thing())
    assert watch.progress == 0
    assert [record.revision for record in await read(watch, 3_001)] == list(range(1, 3_002))
    assert watch.progress == 3_001


async def test_progress_passes_what_the_watch_does_not_select(store: Store) -> None:
    watch = store.watch("/a/", 0)
    await store.create("/b/x", thing())
    assert watch.progress == 1
    await store.create("/a/x", thing())
    assert watch.progress == 0
    await read(watch, 1)
    assert watch.progress == 2


async def test_a_watch_of_one_key_and_of_everything(store: Store) -> None:
    one, everything = store.watch("/a/x", 0), store.watch("", 0)
    await store.create("/a/x", thing())
    await store.create("/b/x", thing())
    assert [r.key for r in await read(one, 1)] == ["/a/x"]
    assert [r.key for r in await read(everything, 2)] == ["/a/x", "/b/x"]


async def test_closing_ends_a_waiting_watch(store: Store) -> None:
    watch = store.watch("/a/", 0)
    reading = asyncio.create_task(read_all(watch))
    await asyncio.sleep(0)
    watch.close()
    assert await reading == []
    assert store.statistics().watchers == 0


async def test_many_readers_are_woken_a_few_at_a_time(store: Store) -> None:
    """So that what each does with its record does not hold the loop."""
    count = WOKEN_AT_ONCE * 4
    watches = [store.watch("/a/", 0) for _ in range(count)]
    readers = [asyncio.ensure_future(anext(watch)) for watch in watches]
    await asyncio.sleep(0)
    await store.create("/a/x", thing())
    assert 0 < sum(reader.done() for reader in readers) < count
    records = await asyncio.wait_for(asyncio.gather(*readers), 1)
    assert {record.key for record in records} == {"/a/x"}


async def test_compaction_gives_compacted(store: Store) -> None:
    await store.create("/a/x", thing(n=1))
    await store.update("/a/x", thing(n=2), expected=1)
    await store.create("/a/y", thing(n=3))
    await store.delete("/a/y", expected=3)
    await store.compact(4)
    assert store.compacted_revision == 4
    for revision in (1, 3):
        with pytest.raises(Compacted):
            await store.get_at("/a/x", revision)
        with pytest.raises(Compacted):
            await store.list_at("/a/", revision)
        with pytest.raises(Compacted):
            store.watch("/a/", revision)
    with pytest.raises(Compacted):
        await store.compact(3)
    assert spec_of(await store.get_at("/a/x", 4)) == {"n": 2}
    assert [record.revision for record in await store.history("/a/x")] == [2]
    assert await store.history("/a/y") == []


async def test_the_future_is_refused(store: Store) -> None:
    with pytest.raises(FutureRevision):
        store.watch("/a/", 1)
    with pytest.raises(FutureRevision):
        await store.list_at("/a/", 1)
    with pytest.raises(FutureRevision):
        await store.compact(1)


async def test_a_replay_overtaken_by_compaction_ends_with_compacted(store: Store) -> None:
    for start in range(0, 2_000, 500):
        await asyncio.gather(*(store.create(f"/a/{n}", thing(n=n)) for n in range(start, start + 500)))
    watch = store.watch("/a/", 0)
    await read(watch, 1)
    await store.compact(2_000)
    with pytest.raises(Compacted):
        await read(watch, 2_000)
    assert store.statistics().watchers == 0


async def test_a_slow_reader_is_cut_off_and_only_it(clock: FixedClock) -> None:
    store = await Store.open(None, clock=clock, watch_buffer=10)
    slow, other = store.watch("/a/", 0), store.watch("/b/", 0)
    await asyncio.gather(*(store.create(f"/a/{n}", thing()) for n in range(11)))
    with pytest.raises(WatcherTooSlow):
        await anext(slow)
    await store.create("/b/x", thing())
    assert (await anext(other)).revision == 12
    await store.close()


async def test_history_is_kept_by_number(clock: FixedClock) -> None:
    store = await Store.open(None, clock=clock, retention=Retention(revisions=100))
    await store.create("/a/x", thing())
    for revision in range(1, 120):
        await store.update("/a/x", thing(), expected=revision)
    await asyncio.sleep(0)
    assert store.revision - 110 <= store.compacted_revision <= store.revision - 100
    await store.close()


async def test_history_is_kept_by_age(store: Store, clock: FixedClock) -> None:
    await store.create("/a/x", thing())
    clock.advance(23 * 3600)
    await store.update("/a/x", thing(), expected=1)
    assert store.compacted_revision == 0
    clock.advance(2 * 3600)
    await store.update("/a/x", thing(), expected=2)
    await store.close()  # waits for the compaction
    assert store.compacted_revision == 1


async def test_a_closed_store_refuses(store: Store) -> None:
    watch = store.watch("/a/", 0)
    accepted = asyncio.create_task(store.create("/a/x", thing()))
    await asyncio.sleep(0)
    await store.close()
    await accepted
    with pytest.raises(StoreClosed):
        await store.create("/a/y", thing())
    with pytest.raises(StoreClosed):
        store.watch("/a/", 0)
    assert await read_all(watch) == []
    await store.close()


async def test_objects_are_counted_by_prefix(store: Store) -> None:
    for key in ("/a/x", "/a/y", "/b/x"):
        await store.create(key, thing())
    assert [store.count(prefix) for prefix in ("/a/", "/b/", "/c/", "/")] == [2, 1, 0, 3]
