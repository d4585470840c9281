"""Whose logs belong to a row: a Pod's container, or those of every Pod that a workload selects."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.kinds import NODE, POD
from tuik8s.tui.rows.related import pods_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.tui.rows.model import Row

MOST = 10
"""Streams that one pane opens at the same time."""
_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


class LogSource(NamedTuple):
    """One container's log. `label` stands before its lines when several are shown together."""

    namespace: str
    pod: str
    container: str = ""
    label: str = ""


def default_container(pod: Obj) -> str:
    """The one kubectl takes when none is named."""
    named = (pod["metadata"].get("annotations") or {}).get(_DEFAULT_CONTAINER)
    containers = (pod.get("spec") or {}).get("containers") or [{"name": ""}]
    return str(named or containers[0]["name"])


def sources_of(kind: Kind, row: Row, pods: Iterable[Row]) -> list[LogSource] | None:
    """None where a row has no logs: those of the last one stay."""
    if kind == POD:
        return [LogSource(row.namespace, row.name, default_container(row.object))]
    scope = pods_of(kind, row)
    if scope is None or kind == NODE:
        return None
    found = sorted((pod for pod in pods if scope.contains(pod)), key=lambda pod: pod.name)[:MOST]
    return [
        LogSource(pod.namespace, pod.name, default_container(pod.object), pod.name.rsplit("-", 1)[-1])
        for pod in found
    ]
