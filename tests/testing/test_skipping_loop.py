"""Time that is skipped."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tuik8s.testing.skipping_loop import SkippingLoop

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 5.0
"""Real seconds after which a skip is taken for one that only waits."""


@pytest.fixture
def loop() -> Iterator[SkippingLoop]:
    loop = SkippingLoop()
    yield loop
    loop.close()


@pytest.mark.parametrize(("given_up", "kept"), [(3600, 7200), (7200, 3600), (3600, 3600)])
def test_a_skip_that_is_given_up_ends_no_other(loop: SkippingLoop, given_up: float, kept: float) -> None:
    async def skips() -> None:
        began = loop.time()
        first, second = asyncio.create_task(loop.skip(given_up)), asyncio.create_task(loop.skip(kept))
        loop.call_later(60, first.cancel)
        watchdog = threading.Timer(PATIENCE, lambda: loop.call_soon_threadsafe(second.cancel))
        watchdog.start()
        try:
            await second
        finally:
            watchdog.cancel()
        assert first.cancelled()
        assert kept <= loop.time() - began < kept + 60

    loop.run_until_complete(skips())


def test_time_stops_to_race_when_the_only_skip_is_given_up(loop: SkippingLoop) -> None:
    async def skips() -> None:
        began = loop.time()
        skipping = asyncio.create_task(loop.skip(3600))
        loop.call_later(60, skipping.cancel)
        with suppress(asyncio.CancelledError):
            await skipping
        await asyncio.sleep(0.1)
        assert 60 <= loop.time() - began < 70

    loop.run_until_complete(skips())
