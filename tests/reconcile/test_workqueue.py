"""The queue holds a key once, works on it once at a time, and loses none."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuik8s.reconcile import WorkQueue

pytestmark = pytest.mark.looptime


async def claim(queue: WorkQueue[str]) -> tuple[str, int]:
    async with queue.claim() as held:
        return held.key, held.cause


async def test_a_burst_is_one_key_with_the_latest_cause() -> None:
    queue: WorkQueue[str] = WorkQueue()
    for cause in (3, 9, 5):
        queue.add("a", cause)
    assert await claim(queue) == ("a", 9)
    assert queue.statistics().ready == 0


async def test_first_come_first_served() -> None:
    queue: WorkQueue[str] = WorkQueue()
    for key in ("a", "b", "a", "c"):
        queue.add(key)
    assert [(await claim(queue))[0] for _ in range(3)] == ["a", "b", "c"]


async def test_a_key_added_while_it_is_worked_on_comes_back_afterwards() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a", 1)
    async with queue.claim() as held:
        assert held.key == "a"
        queue.add("a", 2)
        assert queue.statistics().ready == 0, "no second worker may get it now"
        assert queue.statistics().active == 1
    assert await claim(queue) == ("a", 2)


async def test_waiting_workers_are_woken_one_key_each() -> None:
    queue: WorkQueue[str] = WorkQueue()
    waiting = [asyncio.create_task(claim(queue)) for _ in range(3)]
    await asyncio.sleep(0)
    for key in ("a", "b", "c"):
        queue.add(key)
    assert {key for key, _ in await asyncio.gather(*waiting)} == {"a", "b", "c"}


async def test_of_several_delays_the_earliest_wins() -> None:
    queue: WorkQueue[str] = WorkQueue()
    loop = asyncio.get_running_loop()
    for delay in (10, 3, 7):
        queue.add_after("a", delay)
    began = loop.time()
    assert await claim(queue) == ("a", 0)
    assert loop.time() - began == pytest.approx(3)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(claim(queue), 60)


async def test_retries_back_off_per_key_until_forgotten() -> None:
    queue: WorkQueue[str] = WorkQueue(base_delay=1, max_delay=5)
    loop = asyncio.get_running_loop()
    waits = []
    for _ in range(5):
        began = loop.time()
        queue.retry("a")
        await claim(queue)
        waits.append(round(loop.time() - began))
    assert waits == [1, 2, 4, 5, 5]
    assert queue.failures("a") == 5
    assert queue.failures("b") == 0
    queue.forget("a")
    began = loop.time()
    queue.retry("a")
    await claim(queue)
    assert loop.time() - began == pytest.approx(1)


async def test_a_key_that_backs_off_is_still_due_when_something_changes() -> None:
    queue: WorkQueue[str] = WorkQueue(base_delay=100)
    queue.retry("a")
    queue.add("a", 7)
    assert await asyncio.wait_for(claim(queue), 1) == ("a", 7)


async def test_a_stopped_worker_gives_its_key_back() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add("a", 4)

    async def work() -> None:
        async with queue.claim():
            await asyncio.sleep(1000)

    worker = asyncio.create_task(work())
    await asyncio.sleep(1)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert await claim(queue) == ("a", 4)


async def test_keys_that_waited_when_the_queue_was_closed_are_due_at_once() -> None:
    queue: WorkQueue[str] = WorkQueue()
    queue.add_after("a", 500)
    queue.close()
    assert queue.statistics().delayed == 0
    assert await asyncio.wait_for(claim(queue), 1) == ("a", 0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["add", "later", "retry"])), max_size=40))
@settings(max_examples=50, deadline=None)
def test_nothing_is_lost_and_nothing_runs_twice_at_once(steps: list[tuple[str, str]]) -> None:
    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue(base_delay=0.0001, max_delay=0.001)
        active: set[str] = set()
        version: dict[str, int] = {}
        seen: dict[str, int] = {}

        async def worker() -> None:
            while True:
                async with queue.claim() as held:
                    assert held.key not in active
                    active.add(held.key)
                    observed = version.get(held.key, 0)
                    await asyncio.sleep(0)
                    seen[held.key] = observed
                    active.discard(held.key)

        workers = [asyncio.create_task(worker()) for _ in range(3)]
        for key, how in steps:
            version[key] = version.get(key, 0) + 1
            if how == "add":
                queue.add(key)
            elif how == "later":
                queue.add_after(key, 0.0005)
            else:
                queue.retry(key)
            await asyncio.sleep(0)
        for _ in range(1000):
            if not any(queue.statistics()[:3]):
                break
            await asyncio.sleep(0.0002)
        for task in workers:
            task.cancel()
        outcomes = await asyncio.gather(*workers, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
        assert seen == version

    asyncio.run(scenario())
