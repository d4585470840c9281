"""Order, back-off, and what brings a pod back."""

from __future__ import annotations

import asyncio

import pytest

from tests.scheduler.objects import info
from tuik8s.scheduler.queue import SchedulingQueue

pytestmark = pytest.mark.looptime


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_priority_then_age() -> None:
    queue = SchedulingQueue()
    queue.add(info("old"))
    await asyncio.sleep(1)
    queue.add(info("young"))
    queue.add(info("important", priority=5))
    assert [(await queue.pop()).info.key.name for _ in range(3)] == ["important", "old", "young"]


async def test_unschedulable_pods_wait_for_an_event_that_helps() -> None:
    queue = SchedulingQueue()
    queue.add(info("p"))
    queued = await queue.pop()
    queue.park(queued, ["NodeResourcesFit"])
    await asyncio.sleep(60)
    queue.move(lambda _: False)
    assert queue.statistics().unschedulable == 1
    queue.move(lambda waiting: "NodeResourcesFit" in waiting.rejectors, cause=7)
    assert (await queue.pop()).cause == 7


async def test_back_off_doubles_to_ten_seconds() -> None:
    queue = SchedulingQueue()
    queue.add(info("p"))
    waited = []
    for _ in range(6):
        queued = await queue.pop()
        failed = now()
        queue.park(queued, [])
        queue.move(lambda _: True)
        await queue.pop()
        waited.append(round(now() - failed, 3))
        queued.attempts -= 1
        queue.retry(queued)
    assert waited == [1, 2, 4, 8, 10, 10]


async def test_nobody_waits_longer_than_five_minutes() -> None:
    queue = SchedulingQueue()
    flusher = asyncio.create_task(queue.run())
    queue.add(info("p"))
    queue.park(await queue.pop(), ["NodeName"])
    await queue.pop()
    assert 300 <= now() <= 330
    flusher.cancel()


async def test_gated_pods_do_not_come_up_until_the_gates_open() -> None:
    queue = SchedulingQueue()
    queue.add(info("p", schedulingGates=[{"name": "example.com/wait"}]))
    assert queue.pop_nowait() is None
    assert queue.statistics().gated == 1
    queue.add(info("p"))
    assert (await queue.pop()).info.key.name == "p"


async def test_removed_pods_do_not_come_back() -> None:
    queue = SchedulingQueue()
    for name in ("a", "b"):
        queue.add(info(name))
    queue.remove("uid-a")
    queued = await queue.pop()
    queue.remove("uid-b")
    queue.retry(queued)
    await asyncio.sleep(60)
    assert queue.pop_nowait() is None
    assert sum(queue.statistics()) == 0


async def test_what_was_in_flight_can_be_recovered() -> None:
    queue = SchedulingQueue()
    queue.add(info("p"))
    queued = await queue.pop()
    assert queue.recover() == [queued]
    assert queue.pop_nowait() is queued
