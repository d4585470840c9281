"""What `/metrics` shows of the cluster beside the API server: queues, scheduler, nodes, store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.apiserver.http.metrics import Measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.cluster.cluster import Cluster


def measures(cluster: Cluster) -> Iterator[Measure]:
    yield from _storage(cluster)
    yield from _queues(cluster)
    yield from _scheduler(cluster)
    pods = [({"node": found.node}, float(found.pods)) for found in cluster.kubelets.statistics()]
    yield Measure("kubelet_running_pods", "Pods of each node.", "gauge", pods)
    restarts = [({"name": state.name}, float(state.restarts)) for state in cluster.supervisor.states()]
    yield Measure("tuik8s_component_restarts_total", "Crashes of each component.", "counter", restarts)
    lag = cluster.info.vitals().loop_lag_ms / 1000
    text = "How late the event loop wakes, 99th percentile."
    yield Measure("tuik8s_event_loop_lag_seconds", text, "gauge", [({}, lag)])


def _storage(cluster: Cluster) -> Iterator[Measure]:
    store = cluster.store.statistics()
    by_resource = {kind.resource: cluster.store.count(kind.prefix) for kind in cluster.registry}
    objects = [({"resource": resource}, float(count)) for resource, count in by_resource.items() if count]
    yield Measure("apiserver_storage_objects", "Stored objects by resource.", "gauge", objects)
    yield Measure("apiserver_storage_size_bytes", "Size of the storage.", "gauge", [({}, float(store.bytes))])
    for name, text, kind, value in (
        ("revision", "The revision of the latest write.", "gauge", store.revision),
        ("compacted_revision", "The oldest revision that can be read.", "gauge", store.compacted_revision),
        ("writes_total", "Writes to the store.", "counter", store.writes),
        ("commits_total", "Commits, each of the writes of one turn.", "counter", store.commits),
        ("failed_commits_total", "Commits that failed.", "counter", store.failed_commits),
        ("last_commit_seconds", "How long the latest commit took.", "gauge", store.last_commit_seconds),
        ("watchers", "Open watches of the store.", "gauge", store.watchers),
    ):
        yield Measure(f"tuik8s_store_{name}", text, kind, [({}, float(value))])


def _queues(cluster: Cluster) -> Iterator[Measure]:
    found = [controller.statistics() for controller in cluster.controllers]
    for name, field, text, kind in (
        ("depth", "ready", "Keys that wait for a worker.", "gauge"),
        ("adds_total", "added", "Keys that were added.", "counter"),
        ("retries_total", "retried", "Keys that were put back after a failure.", "counter"),
        ("delayed", "delayed", "Keys that wait for their time.", "gauge"),
        ("unfinished", "active", "Keys that are being worked on.", "gauge"),
    ):
        values = [({"name": each.name}, float(getattr(each.queue, field))) for each in found]
        yield Measure(f"workqueue_{name}", text, kind, values)


def _scheduler(cluster: Cluster) -> Iterator[Measure]:
    found = cluster.scheduler.statistics()
    queue = found.queue
    pending = {
        "active": queue.active, "backoff": queue.backoff, "gated": queue.gated,
        "unschedulable": queue.unschedulable,
    }  # fmt: skip
    values = [({"queue": name}, float(count)) for name, count in pending.items()]
    yield Measure("scheduler_pending_pods", "Pods that wait, by queue.", "gauge", values)
    results = {"error": found.failed, "scheduled": found.scheduled, "unschedulable": found.unschedulable}
    attempts = [
        ({"profile": "default-scheduler", "result": name}, float(count)) for name, count in results.items()
    ]
    yield Measure("scheduler_schedule_attempts_total", "Attempts by result.", "counter", attempts)
