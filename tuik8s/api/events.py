"""When and how often what an Event tells has happened, of either group and either way of counting.

Recorders of core/v1 raise `count` and move `lastTimestamp`; those of events.k8s.io/v1 write `series`, and
that only once a series has begun (pkg/printers/internalversion, printEvent).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def first_seen(event: Obj) -> str:
    """A timestamp; empty when the event carries none."""
    return str(either(event, "firstTimestamp", "deprecatedFirstTimestamp") or event.get("eventTime") or "")


def last_seen(event: Obj) -> str:
    """A timestamp; empty when the event carries none."""
    series = (event.get("series") or {}).get("lastObservedTime")
    return str(series or either(event, "lastTimestamp", "deprecatedLastTimestamp") or first_seen(event))


def occurrences(event: Obj) -> int:
    series = event.get("series") or {}
    return int(series.get("count") or either(event, "count", "deprecatedCount") or 1)


def either(event: Obj, core: str, newer: str) -> Any:
    """A field by its name in core/v1 or in events.k8s.io/v1."""
    return event.get(core) or event.get(newer)
