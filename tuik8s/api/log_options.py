"""Which lines of a log a query asks for: of pods/log, and of the kubelet's containerLogs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tuik8s.api.clock import parse_time
from tuik8s.api.errors import BadRequest, Invalid, invalid
from tuik8s.api.query import flag, number, text
from tuik8s.api.request import LogOptions

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.query import Query


def log_options(query: Query, now: datetime) -> LogOptions:
    """Invalid or BadRequest for what contradicts itself or cannot be read."""
    seconds, tail = number(query, "sinceSeconds"), number(query, "tailLines")
    limit, time = number(query, "limitBytes"), text(query, "sinceTime")
    errors = []
    if seconds is not None and time:
        errors.append(
            invalid("sinceSeconds", seconds, "at most one of `sinceTime` or `sinceSeconds` may be specified")
        )
    if seconds is not None and seconds < 1:
        errors.append(invalid("sinceSeconds", seconds, "must be greater than 0"))
    if tail is not None and tail < 0:
        errors.append(invalid("tailLines", tail, "must be greater than or equal to 0"))
    if limit is not None and limit < 1:
        errors.append(invalid("limitBytes", limit, "must be greater than 0"))
    if errors:
        raise Invalid.of("PodLogOptions", "", "", errors)
    return LogOptions(
        container=text(query, "container"), follow=flag(query, "follow"),
        previous=flag(query, "previous"), timestamps=flag(query, "timestamps"),
        since=_since(seconds, time, now), tail_lines=tail, limit_bytes=limit,
    )  # fmt: skip


def _since(seconds: int | None, time: str, now: datetime) -> datetime | None:
    if seconds is not None:
        return now - timedelta(seconds=min(seconds, 10**9))
    try:
        return parse_time(time) if time else None
    except ValueError:
        raise BadRequest(f'sinceTime: Invalid value: "{time}": must be an RFC 3339 time') from None
