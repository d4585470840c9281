"""Figures for the header: how much of the cluster is well."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.objects import is_pod_finished, is_pod_ready, is_true

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.tui.rows.model import Row, TableModel


class Tally:
    """How many rows of a model are of each class; looks only at rows that have changed."""

    def __init__(self, model: TableModel, classify: Callable[[Row], str]) -> None:
        self.model = model
        self._classify = classify
        self._classes: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._seen = -1

    def counts(self) -> Counter[str]:
        changed = self.model.changed_since(self._seen)
        self._seen = self.model.version
        if changed is None:
            self._classes = {uid: self._classify(row) for uid, row in self.model.rows.items()}
            self._counts = Counter(self._classes.values())
            return self._counts
        for uid in changed:
            before = self._classes.pop(uid, "")
            self._counts[before] -= 1
            row = self.model.rows.get(uid)
            if row is not None:
                self._classes[uid] = self._classify(row)
                self._counts[self._classes[uid]] += 1
        return self._counts


class Health(NamedTuple):
    """`pods` leaves out those that have succeeded: they owe nothing more."""

    nodes: int = 0
    nodes_ready: int = 0
    pods: int = 0
    pods_ready: int = 0
    failing: int = 0
    """Pods that are not ready and not just starting."""


class HealthCheck:
    """The figures of the header, from the models of nodes and pods."""

    def __init__(self, nodes: TableModel, pods: TableModel) -> None:
        self._nodes = Tally(nodes, _node_class)
        self._pods = Tally(pods, self._pod_class)

    def now(self) -> Health:
        nodes, pods = self._nodes.counts(), self._pods.counts()
        alive = pods["ready"] + pods["starting"] + pods["failing"]
        return Health(len(self._nodes.model.rows), nodes["ready"], alive, pods["ready"], pods["failing"])

    def _pod_class(self, row: Row) -> str:
        if (row.object.get("status") or {}).get("phase") == "Succeeded":
            return "done"
        if is_pod_ready(row.object) and not is_pod_finished(row.object):
            return "ready"
        column = self._pods.model.column_index("Status")
        status = row.cells[column] if column >= 0 else ""
        return "starting" if status in _STARTING or status.startswith("Init:") else "failing"


def _node_class(row: Row) -> str:
    return "ready" if is_true(row.object, "Ready") else "not ready"


_STARTING = frozenset({"Pending", "ContainerCreating", "PodInitializing", "Running", "Terminating", ""})


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
