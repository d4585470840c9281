"""Wall time that follows the event loop's clock, which looptime makes virtual."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class LoopClock:
    """EPOCH at the loop's time zero; under looptime a sleep of an hour is over at once, and an hour later."""

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=asyncio.get_running_loop().time())
