from datetime import UTC, datetime, timedelta, timezone

import pytest

from tuik8s.api.clock import micro_timestamp, parse_time, timestamp


@pytest.mark.parametrize(
    ("moment", "seconds", "micros"),
    [
        (
            datetime(2026, 11, 20, 8, 0, 7, 42, tzinfo=UTC),
            "2026-11-20T08:00:07Z",
            "2026-11-20T08:00:07.000042Z",
        ),
        (datetime(2026, 11, 20, 8, tzinfo=UTC), "2026-11-20T08:00:00Z", "2026-11-20T08:00:00.000000Z"),
        (
            datetime(2026, 11, 20, 1, 30, tzinfo=timezone(timedelta(hours=2))),
            "2026-11-19T23:30:00Z",
            "2026-11-19T23:30:00.000000Z",
        ),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
    ],
)
def test_times_are_written_in_utc(moment: datetime, seconds: str, micros: str) -> None:
    assert timestamp(moment) == seconds
    assert micro_timestamp(moment) == micros
    assert parse_time(micros) == moment
