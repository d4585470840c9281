"""Turns any number of changes into a bounded number of announcements."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL = 0.25
"""Seconds between two announcements: four redraws a second and pane."""
SETTLE = 0.02
"""A burst's first change waits this long for its companions."""


class Pace:
    """`touch` as often as you like: `announce` runs soon after, and never twice within INTERVAL."""

    def __init__(self, announce: Callable[[], object]) -> None:
        self._announce = announce
        self._last = float("-inf")
        self._timer: asyncio.TimerHandle | None = None

    def touch(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(max(loop.time() + SETTLE, self._last + INTERVAL), self._fire)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fire(self) -> None:
        self._timer = None
        self._last = asyncio.get_running_loop().time()
        self._announce()
