"""The measure of how long the loop keeps others waiting."""

from __future__ import annotations

import asyncio

import pytest

from tuik8s.cluster.loop_lag import LoopLag

pytestmark = pytest.mark.looptime


async def test_a_loop_that_is_free_is_not_late() -> None:
    lag = LoopLag()
    run = asyncio.create_task(lag.run())
    await asyncio.sleep(60)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert lag.percentile(0.5) < 0.01


async def test_nothing_is_measured_before_it_runs_and_after_it_ends() -> None:
    lag = LoopLag()
    assert lag.percentile() == 0.0
    run = asyncio.create_task(lag.run())
    await asyncio.sleep(1)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    before = lag.percentile()
    await asyncio.sleep(60)
    assert lag.percentile() == before
