"""A crash of one component is shown, counted and repaired, and no other notices."""

from __future__ import annotations

import asyncio

import pytest

from tuik8s.cluster.supervisor import FIRST_DELAY, STABLE_AFTER, Supervisor

pytestmark = pytest.mark.looptime


class Part:
    """Counts its starts; `crash` ends it with an error, `cleaned` tells that it could clean up."""

    def __init__(self) -> None:
        self.starts: list[float] = []
        self.cleaned = 0
        self._crash: asyncio.Event = asyncio.Event()

    async def run(self) -> None:
        self.starts.append(asyncio.get_running_loop().time())
        self._crash.clear()
        try:
            await self._crash.wait()
            raise RuntimeError("out of luck")
        finally:
            self.cleaned += 1

    def crash(self) -> None:
        self._crash.set()


@pytest.fixture
def supervisor() -> Supervisor:
    return Supervisor()


async def test_a_crashed_component_comes_back_after_a_growing_delay(supervisor: Supervisor) -> None:
    part = Part()
    supervisor.start("part", part.run)
    for _ in range(3):
        await asyncio.sleep(10)
        part.crash()
        await asyncio.sleep(0.1)
        assert supervisor.states()[0].state == "backing off"
    await asyncio.sleep(10)
    gaps = [later - earlier - 10 for earlier, later in zip(part.starts, part.starts[1:], strict=False)]
    assert gaps[0] == pytest.approx(FIRST_DELAY)
    assert gaps[1] > gaps[0]
    state = supervisor.states()[0]
    assert (state.state, state.restarts, state.last_error) == (
        "running",
        3,
        "RuntimeError: out of luck",
    )
    await supervisor.stop()


async def test_a_long_healthy_run_is_forgiven(supervisor: Supervisor) -> None:
    part = Part()
    supervisor.start("part", part.run)
    for _ in range(5):
        await asyncio.sleep(STABLE_AFTER + 1)
        part.crash()
        await asyncio.sleep(FIRST_DELAY + 0.01)
        assert supervisor.states()[0].state == "running"
    await supervisor.stop()


async def test_a_crash_touches_no_other_component(supervisor: Supervisor) -> None:
    bad, good = Part(), Part()
    supervisor.start("bad", bad.run)
    supervisor.start("good", good.run)
    await asyncio.sleep(1)
    bad.crash()
    await asyncio.sleep(30)
    assert len(good.starts) == 1
    await supervisor.stop()


async def test_a_paused_component_stops_and_goes_on_when_resumed(supervisor: Supervisor) -> None:
    part = Part()
    component = supervisor.start("part", part.run)
    await asyncio.sleep(1)
    component.pause()
    await asyncio.sleep(100)
    assert (component.state().state, len(part.starts), part.cleaned) == ("paused", 1, 1)
    component.resume()
    await asyncio.sleep(1)
    assert (component.state().state, len(part.starts), component.state().restarts) == (
        "running",
        2,
        0,
    )
    await supervisor.stop()


async def test_a_killed_component_comes_back_and_is_counted(supervisor: Supervisor) -> None:
    part = Part()
    component = supervisor.start("part", part.run)
    await asyncio.sleep(1)
    component.kill()
    await asyncio.sleep(FIRST_DELAY * 2)
    assert (component.state().restarts, component.state().last_error, len(part.starts)) == (1, "killed", 2)
    await supervisor.stop()


async def test_stopping_waits_for_cleaning_up_in_the_reverse_order(supervisor: Supervisor) -> None:
    order: list[str] = []

    def part(name: str) -> Part:
        made = Part()
        original = made.run

        async def run() -> None:
            try:
                await original()
            finally:
                await asyncio.sleep(5)
                order.append(name)

        made.run = run  # type: ignore[method-assign]
        return made

    for name in ("first", "second"):
        supervisor.start(name, part(name).run)
    await asyncio.sleep(1)
    await supervisor.stop()
    assert order == ["second", "first"]


async def test_a_component_that_ends_by_itself_is_a_crash(supervisor: Supervisor) -> None:
    async def ends() -> None:
        await asyncio.sleep(0)

    component = supervisor.start("ends", ends)
    await asyncio.sleep(0.5)
    assert component.state().last_error == "ended by itself"
    await supervisor.stop()


async def test_a_resume_before_the_pause_has_ended_it_is_no_crash(supervisor: Supervisor) -> None:
    part = Part()
    component = supervisor.start("part", part.run)
    await asyncio.sleep(1)
    component.pause()
    component.resume()
    await asyncio.sleep(1)
    assert (component.state().state, component.state().restarts, len(part.starts)) == ("running", 0, 2)
    await supervisor.stop()
