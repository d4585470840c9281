"""Garbage collection for a process that keeps most of what it makes."""

from __future__ import annotations

import gc

THRESHOLDS = (50_000, 20, 100)


def collect_seldom() -> None:
    """Look for cycles seldom, and never among the modules loaded so far.

    Objects are JSON without cycles: at 4,000 pods Python's own thresholds take a quarter of all time to find
    nothing. Call it once the program is loaded.
    """
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
