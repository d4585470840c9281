"""Ages as Kubernetes prints them (k8s.io/apimachinery/pkg/util/duration), and durations as Go reads them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tuik8s.api.clock import parse_time

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj

UNKNOWN = "<unknown>"
MINUTE, HOUR, DAY, YEAR = 60, 3600, 86_400, 31_536_000
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_PARTS = re.compile(f"(?:{_PART.pattern})+")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> timedelta:
    """`1h30m`, `90s`, `-1.5h` or `0`, as Go's time.ParseDuration. Raises ValueError for anything else."""
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    if unsigned == "0":
        return timedelta()
    if _PARTS.fullmatch(unsigned) is None:
        raise ValueError(f"{text!r} is no duration, such as 1h30m or 90s")
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(unsigned))
    try:
        return timedelta(seconds=-seconds if text.startswith("-") else seconds)
    except OverflowError:
        raise ValueError(f"{text!r} is too long a duration") from None


def human_duration(seconds: float) -> str:
    """Two or three significant figures: `45s`, `2m30s`, `15m`, `3h20m`, `30h`, `3d4h`, `90d`, `2y30d`.

    Clocks may differ a little: up to two seconds in the future is `0s`, further is `<invalid>`.
    """
    whole = int(seconds)
    if whole < 0:
        return "<invalid>" if whole < -1 else "0s"
    if whole < 2 * MINUTE:
        return f"{whole}s"
    if whole < 10 * MINUTE:
        return _two(whole, MINUTE, "m", 1, "s")
    if whole < 3 * HOUR:
        return f"{whole // MINUTE}m"
    if whole < 8 * HOUR:
        return _two(whole, HOUR, "h", MINUTE, "m")
    if whole < 2 * DAY:
        return f"{whole // HOUR}h"
    if whole < 8 * DAY:
        return _two(whole, DAY, "d", HOUR, "h")
    if whole < 2 * YEAR:
        return f"{whole // DAY}d"
    if whole < 8 * YEAR:
        return _two(whole, YEAR, "y", DAY, "d")
    return f"{whole // YEAR}y"


def since(moment: Any, now: datetime) -> str:
    """The time since a timestamp of an object; `<unknown>` when it is unset."""
    return human_duration((now - parse_time(moment)).total_seconds()) if moment else UNKNOWN


def age(obj: Obj, now: datetime) -> str:
    return since(obj["metadata"].get("creationTimestamp"), now)


def _two(seconds: int, large: int, large_name: str, small: int, small_name: str) -> str:
    rest = seconds % large // small
    return f"{seconds // large}{large_name}" + (f"{rest}{small_name}" if rest else "")
