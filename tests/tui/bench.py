"""What the interface costs the loop it shares with the cluster: `python -m tests.tui.bench`."""

from __future__ import annotations

import asyncio
import gc
import random
import time
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tests.tui.conftest import run_stage
from tests.tui.fakes import FakeTransport, pod, populate
from tuik8s.api.kinds import POD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tui.conftest import Stage

ROWS = 5_000
SIZES = ((80, 24), (120, 40), (200, 60))


class Figures(NamedTuple):
    """Milliseconds; `stall` is how late a heartbeat on the same loop came while rows changed."""

    one_row: float
    all_rows: float
    stall_p99: float
    stall_max: float
    cpu_percent: float


async def measure(size: tuple[int, int], *, seconds: float = 4.0, rate: int = 100) -> Figures:
    """`rate`: how many of the rows change per second."""
    transport = FakeTransport()
    populate(transport)
    for number in range(ROWS):
        _put(transport, number, 0)
    async with run_stage(size, transport=transport, filled=False, patient=True) as stage:
        await asyncio.sleep(1)
        gc.collect()
        gc.freeze()
        one, every = _repaint(stage)
        gaps, cpu = await _churn(transport, seconds, rate)
        gc.unfreeze()
    return Figures(one, every, gaps[int(len(gaps) * 0.99)] * 1e3, gaps[-1] * 1e3, cpu * 100)


def _put(transport: FakeTransport, number: int, restarts: int) -> None:
    transport.put(POD, *pod(f"web-{number:05d}-xk4m2", "abcde"[number % 5], restarts=restarts))


def _repaint(stage: Stage) -> tuple[float, float]:
    """Taking in a change and drawing the frame, for one row and for all of them."""
    screen, table = stage.app.screen, stage.app.main.table("main")
    model = table.model
    rows = list(stage.transport.rows[POD].values())

    def timed(change: Callable[[int], None]) -> float:
        times = []
        for turn in range(9):
            start = time.perf_counter()
            change(turn)
            table.refresh_rows()
            screen._compositor.update_widgets({table})
            screen._compositor.render_update(full=False)
            times.append(time.perf_counter() - start)
        return median(times) * 1e3

    def other(turn: int) -> None:
        obj, cells = pod("web-00002-xk4m2", "c", restarts=turn)
        model.upsert({"cells": cells, "object": obj})

    one = timed(other)
    fresh = [
        model.read({"cells": row["cells"], "object": _touched(row["object"], n)} for row in rows)
        for n in range(9)
    ]
    return one, timed(lambda turn: model.swap(fresh[turn]))


def _touched(obj: dict[str, dict[str, object]], turn: int) -> dict[str, dict[str, object]]:
    return {**obj, "metadata": {**obj["metadata"], "resourceVersion": f"turn-{turn}"}}


async def _churn(transport: FakeTransport, seconds: float, rate: int) -> tuple[list[float], float]:
    gaps: list[float] = []
    chance = random.Random(0)

    async def beat() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - last - 0.001)
            last = now

    heart = asyncio.create_task(beat())
    start, used = time.perf_counter(), time.process_time()
    for turn in range(int(seconds * 100)):
        for _ in range(rate // 100):
            _put(transport, chance.randrange(ROWS), turn)
        await asyncio.sleep(0.01)
    share = (time.process_time() - used) / (time.perf_counter() - start)
    heart.cancel()
    return sorted(gaps), share


def main() -> None:
    for size in SIZES:
        found = asyncio.run(measure(size))
        figures = "  ".join(f"{name} {value:.1f}" for name, value in found._asdict().items())
        print(f"{size[0]}x{size[1]}  {figures}")  # noqa: T201


if __name__ == "__main__":
    main()
