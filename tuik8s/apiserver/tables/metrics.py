"""Usage, as metrics-server prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import quantity
from tuik8s.apiserver.tables.printer import NAME, Printer, column

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.tables.printer import Cells

_COLUMNS = [
    NAME,
    column("Cpu", "CPU used, in thousandths of a core."),
    column("Memory", "Memory in use, in MiB."),
    column("Window", "The time over which the CPU is averaged."),
]


def _cells(obj: Obj, now: datetime) -> Cells:
    parts = [obj["usage"]] if "usage" in obj else [one["usage"] for one in obj["containers"]]
    cpu = sum(quantity.millis(part["cpu"]) for part in parts)
    memory = sum(quantity.value(part["memory"]) for part in parts) // 2**20
    return [obj["metadata"]["name"], f"{cpu}m", f"{memory}Mi", obj["window"]]


METRICS_PRINTER = Printer(_COLUMNS, _cells)
