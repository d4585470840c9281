"""The controller loop: causes, errors, waiting for its own writes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tuik8s.api import kinds
from tuik8s.api.errors import Conflict
from tuik8s.api.objects import Key, copy, revision_of
from tuik8s.reconcile import Controller, Informers, TerminalError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


def config_map(name: str) -> Obj:
    return {"metadata": {"name": name, "namespace": "default"}}


class Harness:
    def __init__(self, plane: ControlPlane, reconcile: Callable[[Key], Awaitable[float | None]]) -> None:
        self.plane = plane
        self.client = plane.client_for("system:test-controller")
        self.informers = Informers(self.client)
        self.informer = self.informers.of(kinds.CONFIG_MAP)
        self.controller = Controller("test", reconcile, informers=self.informers, workers=3)
        self.controller.watches(self.informer)


@asynccontextmanager
async def running(harness: Harness) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(part.run()) for part in (harness.informers, harness.controller)]
    await harness.informers.synced()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_writes_carry_author_and_cause(control_plane: ControlPlane) -> None:
    async def reconcile(key: Key) -> None:
        obj = harness.informer.get(key)
        if obj is not None and "data" not in obj:
            await harness.client.update(kinds.CONFIG_MAP, {**copy(obj), "data": {"seen": "yes"}})

    harness = Harness(control_plane, reconcile)
    async with running(harness):
        made = await control_plane.client.create(kinds.CONFIG_MAP, config_map("a"))
        await asyncio.sleep(1)
        records = await control_plane.store.history(kinds.CONFIG_MAP.storage_key("default", "a"))
        written = max(records, key=lambda record: record.revision)
        assert written.operation == "update"
        assert written.author == "test-controller"
        assert written.cause == revision_of(made)


async def test_a_worker_waits_until_its_cache_has_seen_its_write(control_plane: ControlPlane) -> None:
    created: list[str] = []

    async def reconcile(key: Key) -> None:
        """Without the wait, the second pass would not see the first one's child and make another."""
        if key.name.startswith("child"):
            return
        children = [obj for obj in harness.informer.list() if obj["metadata"]["name"].startswith("child")]
        if not children:
            name = f"child-{len(created)}"
            created.append(name)
            await harness.client.create(kinds.CONFIG_MAP, config_map(name))

    harness = Harness(control_plane, reconcile)
    async with running(harness):
        made = await control_plane.client.create(kinds.CONFIG_MAP, config_map("parent"))
        for number in range(20):
            await control_plane.client.patch(
                kinds.CONFIG_MAP, "default", made["metadata"]["name"], {"data": {"n": str(number)}}
            )
        await asyncio.sleep(5)
    assert created == ["child-0"]


async def test_an_object_that_fails_is_retried_while_the_others_go_on(control_plane: ControlPlane) -> None:
    loop = asyncio.get_running_loop()
    attempts: list[float] = []
    done: list[str] = []

    async def reconcile(key: Key) -> None:
        if key.name == "bad":
            attempts.append(loop.time())
            if len(attempts) < 6:
                raise RuntimeError("boom")
        done.append(key.name)

    harness = Harness(control_plane, reconcile)
    async with running(harness):
        for name in ("bad", "good"):
            await control_plane.client.create(kinds.CONFIG_MAP, config_map(name))
        await asyncio.sleep(10)
    assert done == ["good", "bad"]
    gaps = [round(later - earlier, 3) for earlier, later in pairwise(attempts)]
    assert gaps == [0.005, 0.01, 0.02, 0.04, 0.08]
    statistics = harness.controller.statistics()
    assert statistics.failed == 5
    assert statistics.last_error == "default/bad: boom"
    assert harness.controller.queue.failures(Key("default", "bad")) == 0


async def test_terminal_errors_wait_for_a_change(control_plane: ControlPlane) -> None:
    attempts = 0

    async def reconcile(_: Key) -> None:
        nonlocal attempts
        attempts += 1
        raise TerminalError("the selector can never match")

    harness = Harness(control_plane, reconcile)
    async with running(harness):
        await control_plane.client.create(kinds.CONFIG_MAP, config_map("a"))
        await asyncio.sleep(100)
        assert attempts == 1
        await control_plane.client.patch(kinds.CONFIG_MAP, "default", "a", {"data": {"a": "b"}})
        await asyncio.sleep(100)
        assert attempts == 2


async def test_conflicts_are_no_failures(control_plane: ControlPlane) -> None:
    attempts = 0

    async def reconcile(_: Key) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise Conflict.modified("configmaps", "a")

    harness = Harness(control_plane, reconcile)
    async with running(harness):
        await control_plane.client.create(kinds.CONFIG_MAP, config_map("a"))
        await asyncio.sleep(1)
    assert attempts == 2
    assert harness.controller.statistics().failed == 0


async def test_a_conflict_that_stays_becomes_a_failure(control_plane: ControlPlane) -> None:
    async def reconcile(_: Key) -> None:
        raise Conflict.modified("configmaps", "a")

    harness = Harness(control_plane, reconcile)
    async with running(harness):
        await control_plane.client.create(kinds.CONFIG_MAP, config_map("a"))
        await asyncio.sleep(10)
    assert harness.controller.statistics().failed > 0


async def test_looking_again_after_a_while(control_plane: ControlPlane) -> None:
    loop = asyncio.get_running_loop()
    moments: list[float] = []

    async def reconcile(_: Key) -> float | None:
        moments.append(loop.time())
        return 30.0 if len(moments) < 3 else None

    harness = Harness(control_plane, reconcile)
    async with running(harness):
        await control_plane.client.create(kinds.CONFIG_MAP, config_map("a"))
        await asyncio.sleep(200)
    assert [round(moment - moments[0]) for moment in moments] == [0, 30, 60]


async def test_a_controller_that_was_stopped_goes_on_where_it_was(control_plane: ControlPlane) -> None:
    begun: list[str] = []
    finished: list[str] = []

    async def reconcile(key: Key) -> None:
        begun.append(key.name)
        await asyncio.sleep(50)
        finished.append(key.name)

    harness = Harness(control_plane, reconcile)
    informing = asyncio.create_task(harness.informers.run())
    await harness.informers.synced()
    for name in ("a", "b"):
        await control_plane.client.create(kinds.CONFIG_MAP, config_map(name))
    first = asyncio.create_task(harness.controller.run())
    await asyncio.sleep(10)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert (sorted(begun), finished) == (["a", "b"], [])
    again = asyncio.create_task(harness.controller.run())
    await asyncio.sleep(60)
    assert sorted(finished) == ["a", "b"]
    for task in (again, informing):
        task.cancel()
    await asyncio.gather(again, informing, return_exceptions=True)


async def test_a_deleted_object_is_reconciled_too(control_plane: ControlPlane) -> None:
    seen: list[bool] = []

    async def reconcile(key: Key) -> None:
        seen.append(harness.informer.get(key) is not None)

    harness = Harness(control_plane, reconcile)
    async with running(harness):
        await control_plane.client.create(kinds.CONFIG_MAP, config_map("a"))
        await asyncio.sleep(1)
        await control_plane.client.delete(kinds.CONFIG_MAP, "default", "a")
        await asyncio.sleep(1)
    assert seen == [True, False]


async def test_a_compacted_history_only_costs_a_new_list(control_plane: ControlPlane) -> None:
    seen: set[str] = set()

    async def reconcile(key: Key) -> None:
        if harness.informer.get(key) is not None:
            seen.add(key.name)

    harness = Harness(control_plane, reconcile)
    informing = asyncio.create_task(harness.informers.run())
    await harness.informers.synced()
    informing.cancel()
    await asyncio.gather(informing, return_exceptions=True)
    for name in ("a", "b", "c"):
        await control_plane.client.create(kinds.CONFIG_MAP, config_map(name))
    await control_plane.client.delete(kinds.CONFIG_MAP, "default", "b")
    await control_plane.store.compact(control_plane.store.revision)
    async with running(harness):
        await asyncio.sleep(5)
    assert seen == {"a", "c"}
    assert harness.informer.statistics().lists == 2
