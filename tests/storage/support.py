"""What the tests of the store share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.storage import Record, Watch


class FixedClock:
    """Stands still until told."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def thing(**spec: Any) -> Obj:
    return {"kind": "Thing", "metadata": {"name": "x"}, "spec": spec}


def spec_of(obj: Obj | None) -> Any:
    return obj["spec"] if obj is not None else None


async def read(watch: Watch, count: int) -> list[Record]:
    return [await anext(watch) for _ in range(count)]


async def read_all(watch: Watch) -> list[Record]:
    """Until the watch ends."""
    return [record async for record in watch]
