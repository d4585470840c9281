"""Figures for the header: how much of the cluster is well."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.objects import is_pod_finished, is_pod_ready, is_true
from tuik8s.tui.rows.tones import is_faulty

if TYPE_CHECKING:
    from tuik8s.tui.rows.model import TableModel


class Health(NamedTuple):
    """`pods` leaves out those that have succeeded: they owe nothing more."""

    nodes: int = 0
    nodes_ready: int = 0
    pods: int = 0
    pods_ready: int = 0
    failing: int = 0
    """Pods that are not ready and not just starting."""


_STARTING = frozenset({"Pending", "ContainerCreating", "PodInitializing", "Running", "Terminating"})


def health(nodes: TableModel, pods: TableModel) -> Health:
    ready = sum(1 for row in nodes.rows.values() if is_true(row.object, "Ready"))
    alive = [row for row in pods.rows.values() if row.object.get("status", {}).get("phase") != "Succeeded"]
    good = sum(1 for row in alive if is_pod_ready(row.object) and not is_pod_finished(row.object))
    status = pods.column_index("Status")
    failing = sum(
        1
        for row in alive
        if status >= 0 and is_faulty("pods", row) and row.cells[status] not in _STARTING
        and not row.cells[status].startswith("Init:")
    )  # fmt: skip
    return Health(len(nodes.rows), ready, len(alive), good, failing)


def ordered_namespaces(model: TableModel) -> list[str]:
    """As the number keys count them: default, then people's own as they came, then the system's."""

    def rank(item: tuple[str, str]) -> tuple[int, str, str]:
        created, name = item
        place = 0 if name == "default" else 2 if name.startswith("kube-") else 1
        return (place, created, name)

    found = [(row.object["metadata"].get("creationTimestamp", ""), row.name) for row in model.rows.values()]
    return [name for _, name in sorted(found, key=rank)]


def compact_bytes(count: float) -> str:
    """`3.1MB`: for a line that has no room for more."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f}{unit}" if unit == "B" or count >= 100 else f"{count:.1f}{unit}"
        count /= 1000
    return ""


_BARS = "▁▂▃▄▅▆▇█"


def sparkline(values: list[float], width: int) -> str:
    """The last values as bars, scaled to their highest."""
    shown = values[-width:]
    top = max(shown, default=0.0)
    if top <= 0:
        return _BARS[0] * len(shown)
    return "".join(_BARS[min(7, int(value / top * 7.999))] for value in shown)
