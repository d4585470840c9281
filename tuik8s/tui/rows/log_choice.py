"""Which containers' logs an object has, all of them: for the full screen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tuik8s.api.kinds import POD
from tuik8s.tui.rows.log_sources import LogSource
from tuik8s.tui.rows.model import Row
from tuik8s.tui.rows.related import pods_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

MOST = 50
"""Streams open at the same time; those of the first pods by name."""
_SHORT = 4


def containers_of(kind: Kind, obj: Obj) -> list[str]:
    """Of a Pod, or of a workload's template, in the order they start."""
    spec = obj.get("spec") or {}
    pod_spec = spec if kind == POD else (spec.get("template") or {}).get("spec") or {}
    lists = (pod_spec.get("initContainers") or (), pod_spec.get("containers") or ())
    return [str(container["name"]) for listed in lists for container in listed]


def all_sources(kind: Kind, obj: Obj, pods: Iterable[Row], container: str = "") -> list[LogSource]:
    """Every container of every Pod, or only those called `container`. Labels are as short as they can be:
    none for a single source, `pod container` where a Pod has several."""
    found = [(pod, name) for pod in _pods(kind, obj, pods) for name in containers_of(POD, pod.object)]
    if container:
        found = [(pod, name) for pod, name in found if name == container]
    found = found[:MOST]
    names = Counter(pod.name for pod, _ in found)
    tails = Counter(name.rsplit("-", 1)[-1] for name in names)
    return [
        LogSource(pod.namespace, pod.name, name, _label(pod.name, name, names, tails)) for pod, name in found
    ]


def _label(pod: str, container: str, pods: Counter[str], tails: Counter[str]) -> str:
    tail = pod.rsplit("-", 1)[-1]
    short = tail if tails[tail] == 1 and len(tail) >= _SHORT else pod
    parts = [short] if len(pods) > 1 else []
    if max(pods.values()) > 1:
        parts.append(container)
    return " ".join(parts)


def _pods(kind: Kind, obj: Obj, pods: Iterable[Row]) -> list[Row]:
    meta = obj["metadata"]
    own = Row(str(meta["uid"]), str(meta.get("namespace", "")), str(meta["name"]), (), obj, 0)
    if kind == POD:
        return next(([pod] for pod in pods if pod.uid == own.uid), [own])
    scope = pods_of(kind, own)
    return sorted((pod for pod in pods if scope.contains(pod)), key=lambda pod: pod.name) if scope else []
