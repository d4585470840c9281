"""Several runs as one component."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def together(*runs: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """One coroutine function that runs several; the first to fail ends all."""

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            for each in runs:
                tasks.create_task(_awaited(each))

    return run


async def _awaited(run: Callable[[], Awaitable[None]]) -> None:
    await run()
