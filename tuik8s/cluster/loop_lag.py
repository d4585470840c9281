"""How long the event loop keeps others waiting."""

from __future__ import annotations

import asyncio
from collections import deque

PERIOD = 0.05
WINDOW = 400
"""Samples: the last twenty seconds."""


class LoopLag:
    """Sleeps for a moment again and again, and notes by how much too late it wakes."""

    def __init__(self) -> None:
        self._samples: deque[float] = deque(maxlen=WINDOW)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + PERIOD
        while True:
            await asyncio.sleep(due - loop.time())
            self._samples.append(loop.time() - due)
            due = loop.time() + PERIOD

    def percentile(self, fraction: float = 0.99) -> float:
        """Seconds; 0 before the first sample."""
        ordered = sorted(self._samples)
        return ordered[min(int(len(ordered) * fraction), len(ordered) - 1)] if ordered else 0.0
