"""What a screen full of changing rows keeps the event loop from: ours beside Textual's DataTable."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

from tests.bench.child import COLUMNS, LINES, running
from tests.bench.figure import Figure

LIMIT = 60.0


class Delays(TypedDict):
    """Milliseconds."""

    p99: float
    worst: float


def measure() -> list[Figure]:
    ours, table = _delays("interface"), _delays("datatable")
    name = "loop delay, 5,000 pods, 50 changes/s"
    screen = f"DataTable, {COLUMNS}x{LINES}"
    return [
        Figure(
            name=f"{name}, p99", ours=ours["p99"], unit="ms", goal=20, baseline=table["p99"],
            baseline_name=screen,
        ),
        Figure(
            name=f"{name}, worst", ours=ours["worst"], unit="ms", baseline=table["worst"],
            baseline_name=screen,
        ),
    ]  # fmt: skip


def _delays(what: str) -> Delays:
    with TemporaryDirectory() as directory:
        result = Path(directory) / "delays"
        with running("-m", "tests.bench.stall_child", what, str(result), terminal=True) as child:
            child.until_ended(LIMIT)
        answer: Delays = json.loads(result.read_text())
        return answer
