"""Garbage collection for a process that keeps most of what it makes."""

from __future__ import annotations

import gc

THRESHOLDS = (50_000, 20, 100)


def collect_seldom() -> None:
    """Look for cycles seldom. Call it before the program is loaded: a tenth of that would go into looking.

    Objects are JSON without cycles: at 4,000 pods Python's own thresholds take a quarter of all time to find
    nothing.
    """
    gc.set_threshold(*THRESHOLDS)


def keep_what_is_loaded() -> None:
    """Never look among the modules loaded so far."""
    gc.freeze()
