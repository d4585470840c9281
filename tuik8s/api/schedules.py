"""The schedules of CronJobs: five fields as cron has them, `?` for `*`, and names such as `@daily`.

What Kubernetes' own parser (robfig/cron) does not know is refused, though the library would take it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from tuik8s.api.durations import parse_duration

_NAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_EVERY = "@every "
_FIELD = re.compile(r"[0-9a-zA-Z*/,-]+")
_DAYS_AND_MONTHS = re.compile(
    r"mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE
)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def schedule_problem(schedule: str) -> str:
    """What is wrong with it; empty when it is fine. It may be one that never comes: a 31st of February."""
    if schedule.startswith("@"):
        if schedule.startswith(_EVERY):
            return _interval_problem(schedule)
        return "" if schedule in _NAMES else f"unrecognized descriptor: {schedule}"
    fields = schedule.replace("?", "*").split()
    if len(fields) != 5:
        return f"expected exactly 5 fields, found {len(fields)}: [{' '.join(schedule.split())}]"
    for field in fields:
        if _FIELD.fullmatch(field) is None or re.search("[a-zA-Z]", _DAYS_AND_MONTHS.sub("", field)):
            return f"failed to parse int from {field}"
    minute, hour, day, month, weekday = fields
    for part in (f"{minute} {hour} * {month} {weekday}", f"* * {day} * *"):
        try:
            CronSim(part, _EPOCH)
        except CronSimError as error:
            return str(error)[:1].lower() + str(error)[1:]
    return ""


def _interval_problem(schedule: str) -> str:
    interval = schedule.removeprefix(_EVERY)
    try:
        backwards = parse_duration(interval) < timedelta()
    except ValueError:
        return f'failed to parse duration {schedule}: time: invalid duration "{interval}"'
    return f"unrecognized descriptor: {schedule}" if backwards else ""


def time_zone_problem(name: str) -> str:
    if not name:
        return "timeZone must be nil or non-empty string"
    if name.lower() == "local":
        return "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return f"unknown time zone {name}"
    return ""
