"""How long the event loop keeps others waiting."""

from __future__ import annotations

import asyncio
from collections import deque

PERIOD = 0.1
"""Seconds; each sample wakes an idle process, and ten a second are most of what wakes it at all."""
WINDOW = 200
"""Samples: the last twenty seconds."""


class LoopLag:
    """Sets a timer again and again, and notes by how much too late it comes."""

    def __init__(self) -> None:
        self._samples: deque[float] = deque(maxlen=WINDOW)
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        self._set(asyncio.get_running_loop())
        try:
            await asyncio.Event().wait()
        finally:
            if self._timer is not None:
                self._timer.cancel()

    def percentile(self, fraction: float = 0.99) -> float:
        """Seconds; 0 before the first sample."""
        ordered = sorted(self._samples)
        return ordered[min(int(len(ordered) * fraction), len(ordered) - 1)] if ordered else 0.0

    def _set(self, loop: asyncio.AbstractEventLoop) -> None:
        self._due = loop.time() + PERIOD
        self._timer = loop.call_at(self._due, self._note, loop)

    def _note(self, loop: asyncio.AbstractEventLoop) -> None:
        self._samples.append(loop.time() - self._due)
        self._set(loop)
