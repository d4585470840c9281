"""What changes of the cluster mean to the scheduler (kube-scheduler's event handlers)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.objects import is_deleting, is_pod_finished, labels_of, revision_of, uid_of
from tuik8s.scheduler.framework import Change, ClusterEvent
from tuik8s.scheduler.pod_info import PodInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tuik8s.api.objects import Obj
    from tuik8s.reconcile import Informers
    from tuik8s.scheduler.queue import SchedulingQueue
    from tuik8s.scheduler.snapshot import Snapshot

log = logging.getLogger(__name__)


class EventHandlers:
    """Keeps snapshot and queue in step with the caches; `changed` hears of what may help waiting pods."""

    def __init__(
        self,
        informers: Informers,
        snapshot: Snapshot,
        queue: SchedulingQueue,
        changed: Callable[[ClusterEvent], None],
        *,
        scheduler_name: str,
    ) -> None:
        self._snapshot = snapshot
        self._queue = queue
        self._changed = changed
        self._scheduler_name = scheduler_name
        informers.of(kinds.NAMESPACE).subscribe(self._on_namespace)
        informers.of(kinds.NODE).subscribe(self._on_node)
        informers.of(kinds.POD).subscribe(self._on_pod)

    def _on_namespace(self, old: Obj | None, new: Obj | None) -> None:
        obj = new or old or {}
        labels = labels_of(new) if new is not None else None
        self._snapshot.set_namespace(obj["metadata"]["name"], labels)
        if new is not None and (old is None or labels_of(old) != labels):
            self._changed(ClusterEvent(Change.NAMESPACE_LABELS, cause=revision_of(new)))

    def _on_node(self, old: Obj | None, new: Obj | None) -> None:
        if new is None:
            if old is not None:
                self._snapshot.remove_node(old["metadata"]["name"])
                self._changed(ClusterEvent(Change.NODE_REMOVED, cause=revision_of(old)))
            return
        if old is not None and not _node_changes(old, new) and not _images_changed(old, new):
            return  # heartbeats
        node = self._snapshot.set_node(new)
        for change in (Change.NODE_ADDED,) if old is None else _node_changes(old, new):
            self._changed(ClusterEvent(change, node, cause=revision_of(new)))

    def _on_pod(self, old: Obj | None, new: Obj | None) -> None:
        if old is not None and (new is None or uid_of(old) != uid_of(new)):
            self._gone(old)
            old = None
        if new is None:
            return
        try:
            self._place(old, new)
        except (ValueError, KeyError, TypeError):
            # A pod that cannot be read is nothing to schedule, and must not stop the others.
            log.exception("pod %s/%s", new["metadata"].get("namespace"), new["metadata"]["name"])

    def _place(self, old: Obj | None, new: Obj) -> None:
        if is_pod_finished(new):
            self._gone(new)
        elif new["spec"].get("nodeName"):
            self._bound(old, new)
        elif is_deleting(new):
            self._queue.remove(uid_of(new))
        elif new["spec"].get("schedulerName", self._scheduler_name) == self._scheduler_name:
            self._pending(old, new)

    def _bound(self, old: Obj | None, new: Obj) -> None:
        uid = uid_of(new)
        self._queue.remove(uid)
        was_bound = old is not None and bool(old["spec"].get("nodeName"))
        if was_bound and old is not None and not _matters(old, new):
            return
        info = PodInfo(new)
        self._snapshot.set_pod(info, new["spec"]["nodeName"])
        change = Change.POD_LABELS if was_bound else Change.POD_ADDED
        self._changed(ClusterEvent(change, None, info, revision_of(new)))

    def _pending(self, old: Obj | None, new: Obj) -> None:
        if self._snapshot.is_assumed(uid_of(new)):
            return
        if old is None or self._queue.get(uid_of(new)) is None or _matters(old, new):
            self._queue.add(PodInfo(new), revision_of(new))
        else:
            self._queue.refresh(PodInfo(new))

    def _gone(self, pod: Obj) -> None:
        self._queue.remove(uid_of(pod))
        info = self._snapshot.remove_pod(uid_of(pod))
        if info is not None:
            node = self._snapshot.node(pod["spec"].get("nodeName") or "")
            self._changed(ClusterEvent(Change.POD_REMOVED, node, info, revision_of(pod)))


def _node_changes(old: Obj, new: Obj) -> Iterable[Change]:
    changes: list[Change] = []
    if _status(old, "allocatable") != _status(new, "allocatable"):
        changes.append(Change.NODE_ALLOCATABLE)
    if labels_of(old) != labels_of(new):
        changes.append(Change.NODE_LABELS)
    before, after = old.get("spec") or {}, new.get("spec") or {}
    if any(before.get(name) != after.get(name) for name in ("taints", "unschedulable")):
        changes.append(Change.NODE_TAINTS)
    return changes


def _images_changed(old: Obj, new: Obj) -> bool:
    return bool(_status(old, "images") != _status(new, "images"))


def _status(node: Obj, name: str) -> object:
    return (node.get("status") or {}).get(name)


def _matters(old: Obj, new: Obj) -> bool:
    """Whether more changed than the status."""
    return (
        old["spec"] != new["spec"] or labels_of(old) != labels_of(new) or is_deleting(old) != is_deleting(new)
    )
