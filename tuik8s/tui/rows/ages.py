"""Ages: which moment a column counts from, and how Kubernetes writes the time since.

The server writes ages when it answers; a row that does not change would keep its age for ever, so the
interface counts again from the object's own timestamps.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tuik8s.api import events
from tuik8s.api.clock import parse_time
from tuik8s.api.durations import UNKNOWN, human_duration
from tuik8s.api.pods import summary

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tuik8s.api.objects import Obj


@lru_cache(maxsize=20_000)
def moment(text: str) -> datetime | None:
    """A timestamp of an object; None when it is absent or not one."""
    try:
        return parse_time(text) if text else None
    except ValueError:
        return None


def created(obj: Obj) -> datetime | None:
    return moment(obj["metadata"].get("creationTimestamp") or "")


def first_seen(event: Obj) -> datetime | None:
    return moment(events.first_seen(event)) or created(event)


def last_seen(event: Obj) -> datetime | None:
    return moment(events.last_seen(event)) or created(event)


COUNTED_FROM: dict[str, Callable[[Obj], datetime | None]] = {
    "age": created,
    "last seen": last_seen,
    "first seen": first_seen,
}
"""By column name in lower case."""


def age_text(since: datetime | None, now: datetime) -> str:
    return UNKNOWN if since is None else human_duration((now - since).total_seconds())


_RESTARTS = re.compile(r"(\d+) \([^)]* ago\)")


def restarts_text(cell: str, pod: Obj, now: datetime) -> str:
    """The RESTARTS cell `3 (20s ago)` as it would be written now."""
    match = _RESTARTS.fullmatch(cell)
    if match is None:
        return cell
    last = moment(summary(pod).last_restart)
    return cell if last is None else f"{match[1]} ({age_text(last, now)} ago)"
