"""The kubelet's metrics in Prometheus' text format: its own, those of resources, and cAdvisor's."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tuik8s.api import quantity
from tuik8s.api.kinds import KUBERNETES_VERSION
from tuik8s.kubelet.server.stats import containers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tuik8s.api.objects import Obj
    from tuik8s.api.usage import ContainerUsage, NodeUsage
    from tuik8s.kubelet.services import Services

    Labels = dict[str, str]
    Samples = Iterable[tuple[Labels, float]]


def own(services: Services, pods: Iterable[Obj]) -> Iterator[str]:
    node, pleg = services.host.node.name, services.pleg
    states = [pleg.state(uid) for uid in pleg.pods_of(node)]
    running = sum(bool(state.sandbox and state.sandbox.ready) for state in states)
    containers = Counter(str(one.state) for state in states for one in state.containers)
    yield from _metric("kubelet_node_name", "gauge", "The node's name. The count is always 1.",
                       [({"node": node}, 1)])  # fmt: skip
    yield from _metric("kubernetes_build_info", "gauge", "The version that is followed.",
                       [({"git_version": KUBERNETES_VERSION}, 1)])  # fmt: skip
    yield from _metric("kubelet_active_pods", "gauge", "Pods bound to the node.", [({}, len(list(pods)))])
    yield from _metric("kubelet_running_pods", "gauge", "Number of pods that have a running pod sandbox",
                       [({}, running)])  # fmt: skip
    by_state = [({"container_state": state}, float(count)) for state, count in sorted(containers.items())]
    yield from _metric("kubelet_running_containers", "gauge", "Number of containers", by_state)
    yield from _metric("kubelet_pleg_relist_total", "counter", "Complete looks at the runtime.",
                       [({}, pleg.relists)])  # fmt: skip


def resource(pods: Iterable[Obj], usage: NodeUsage) -> Iterator[str]:
    """/metrics/resource, which metrics-server reads."""
    pairs = [(pod, container) for pod in pods for container in containers_of(pod, usage)]
    containers = [(_labels(pod, one), one) for pod, one in pairs]
    yield from _metric("container_cpu_usage_seconds_total", "counter",
                       "Cumulative cpu time consumed by the container in core-seconds",
                       [(labels, one.cpu_nanoseconds / 1e9) for labels, one in containers])  # fmt: skip
    yield from _metric("container_memory_working_set_bytes", "gauge",
                       "Current working set of the container in bytes",
                       [(labels, one.memory_bytes) for labels, one in containers])  # fmt: skip
    yield from _metric("container_start_time_seconds", "gauge",
                       "Start time of the container since unix epoch in seconds",
                       [(labels, one.started_at.timestamp()) for labels, one in containers])  # fmt: skip
    yield from _metric("node_cpu_usage_seconds_total", "counter",
                       "Cumulative cpu time consumed by the node in core-seconds",
                       [({}, usage.cpu_nanoseconds / 1e9)])  # fmt: skip
    yield from _metric("node_memory_working_set_bytes", "gauge",
                       "Current working set of the node in bytes", [({}, usage.memory_bytes)])  # fmt: skip
    yield from _metric("pod_cpu_usage_seconds_total", "counter",
                       "Cumulative cpu time consumed by the pod in core-seconds",
                       _summed((pod, one.cpu_nanoseconds / 1e9) for pod, one in pairs))  # fmt: skip
    yield from _metric("pod_memory_working_set_bytes", "gauge", "Current working set of the pod in bytes",
                       _summed((pod, one.memory_bytes) for pod, one in pairs))  # fmt: skip
    yield from _metric(
        "resource_scrape_error",
        "gauge",
        "1 if there was an error while getting container metrics, 0 otherwise",
        [({}, 0)],
    )


def cadvisor(services: Services, pods: Iterable[Obj], usage: NodeUsage) -> Iterator[str]:
    node = services.host.node
    yield from _metric("machine_cpu_cores", "gauge", "Number of logical CPU cores.",
                       [({}, quantity.millis(node.cpu) / 1000)])  # fmt: skip
    yield from _metric("machine_memory_bytes", "gauge", "Amount of memory installed on the machine.",
                       [({}, quantity.value(node.memory))])  # fmt: skip
    images = {
        (status.pod_uid, status.name): status.image
        for uid in services.pleg.pods_of(node.name)
        for status in services.pleg.state(uid).running
    }
    containers = [
        (_labels(pod, one) | {"image": images.get((one.pod_uid, one.name), "")}, one)
        for pod in pods
        for one in containers_of(pod, usage)
    ]
    yield from _metric("container_cpu_usage_seconds_total", "counter",
                       "Cumulative cpu time consumed in seconds.",
                       [(labels, one.cpu_nanoseconds / 1e9) for labels, one in containers])  # fmt: skip
    yield from _metric("container_memory_working_set_bytes", "gauge", "Current working set in bytes.",
                       [(labels, one.memory_bytes) for labels, one in containers])  # fmt: skip
    yield from _metric("container_start_time_seconds", "gauge",
                       "Start time of the container since unix epoch in seconds.",
                       [(labels, one.started_at.timestamp()) for labels, one in containers])  # fmt: skip


def seconds(amount: float) -> str:
    """As Go writes a duration: `10s`, `5m0s`."""
    minutes, rest = divmod(int(amount), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def _labels(pod: Obj, one: ContainerUsage) -> Labels:
    meta = pod["metadata"]
    return {"container": one.name, "namespace": meta["namespace"], "pod": meta["name"]}


def _summed(values: Iterable[tuple[Obj, float]]) -> Samples:
    totals: Counter[tuple[str, str]] = Counter()
    for pod, value in values:
        totals[pod["metadata"]["namespace"], pod["metadata"]["name"]] += value  # type: ignore[assignment]
    return [({"namespace": namespace, "pod": name}, value) for (namespace, name), value in totals.items()]


def _metric(name: str, kind: str, text: str, samples: Samples) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        shown = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
        yield f"{name}{{{shown}}} {value:.15g}" if shown else f"{name} {value:.15g}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
