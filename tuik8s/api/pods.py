"""Pure rules about pods that several components share.

Sources: pkg/api/v1/pod, k8s.io/component-helpers/scheduling (tolerations), pkg/printers/internalversion (the
STATUS column). What a pod requests stands in `pod_resources`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.objects import condition_of, is_deleting, is_pod_finished, is_pod_ready, is_true
from tuik8s.api.pod_resources import (
    QosClass,
    Resources,
    all_containers,
    container_limits,
    container_requests,
    is_pod_level_resource,
    is_sidecar,
    pod_limits,
    pod_requests,
    qos_class,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tuik8s.api.objects import Obj

__all__ = [
    "MIRROR_ANNOTATION",
    "SPEC_PATHS",
    "HostPort",
    "QosClass",
    "Resources",
    "Summary",
    "all_containers",
    "container_limits",
    "container_ports",
    "container_requests",
    "container_statuses",
    "every_container",
    "host_ports",
    "is_available",
    "is_pod_level_resource",
    "is_sidecar",
    "pod_limits",
    "pod_requests",
    "priority",
    "qos_class",
    "seconds_until_available",
    "status_text",
    "summary",
    "tolerates",
    "tolerates_taint",
]

MIRROR_ANNOTATION = "kubernetes.io/config.mirror"
"""On what a kubelet writes of a pod that it has from elsewhere: a static pod's mirror."""

_TEMPLATE = ("spec", "template", "spec")
SPEC_PATHS: dict[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", *_TEMPLATE),
    **dict.fromkeys(
        ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job"), _TEMPLATE
    ),
}
"""Where the spec of pods stands in an object of a kind that has one."""


def container_statuses(pod: Obj) -> dict[str, Obj]:
    """By container name: init, ordinary and ephemeral containers."""
    status = pod.get("status") or {}
    fields = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
    return {entry.get("name", ""): entry for field in fields for entry in status.get(field) or ()}


def every_container(pod: Obj) -> Iterator[Obj]:
    """Containers, init containers and ephemeral ones: all that may ever run in the pod."""
    for field in ("containers", "initContainers", "ephemeralContainers"):
        yield from (pod.get("spec") or {}).get(field) or ()


def priority(pod: Obj) -> int:
    return int((pod.get("spec") or {}).get("priority") or 0)


def container_ports(pod: Obj) -> Iterator[Obj]:
    """Of ordinary containers and sidecars, in order: those that a named target port may mean."""
    spec = pod.get("spec") or {}
    for container in spec.get("containers") or ():
        yield from container.get("ports") or ()
    for container in spec.get("initContainers") or ():
        if is_sidecar(container):
            yield from container.get("ports") or ()


class HostPort(NamedTuple):
    """A port of the node that a pod takes; the address is 0.0.0.0 for all."""

    address: str
    protocol: str
    port: int

    def conflicts_with(self, other: HostPort) -> bool:
        same = self.port == other.port and self.protocol == other.protocol
        return same and (self.address == other.address or "0.0.0.0" in (self.address, other.address))


def host_ports(pod: Obj) -> list[HostPort]:
    return [
        HostPort(port.get("hostIP") or "0.0.0.0", port.get("protocol") or "TCP", port["hostPort"])
        for port in container_ports(pod)
        if port.get("hostPort")
    ]


def tolerates(tolerations: Iterable[Obj] | None, taint: Obj) -> bool:
    return any(tolerates_taint(toleration, taint) for toleration in tolerations or ())


def tolerates_taint(toleration: Obj, taint: Obj) -> bool:
    """An empty key (with Exists) tolerates all keys, an empty effect all effects."""
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    operator = toleration.get("operator") or "Equal"
    if operator == "Equal":
        return (toleration.get("value") or "") == (taint.get("value") or "")
    return operator == "Exists"


def is_available(pod: Obj, min_ready_seconds: int, now: datetime) -> bool:
    """Ready for at least this long."""
    remaining = seconds_until_available(pod, min_ready_seconds, now)
    return remaining is not None and remaining <= 0


def seconds_until_available(pod: Obj, min_ready_seconds: int, now: datetime) -> float | None:
    """How long the pod must still stay ready; at most 0 when it is available, None when it is not ready."""
    condition = condition_of(pod, "Ready")
    if condition is None or condition["status"] != "True":
        return None
    since = condition.get("lastTransitionTime")
    if not min_ready_seconds or not since:
        return 0.0 if not min_ready_seconds else None
    due = datetime.fromisoformat(since) + timedelta(seconds=min_ready_seconds)
    return (due - now).total_seconds()


class Summary(NamedTuple):
    """What `kubectl get pods` says about a pod."""

    ready: int
    total: int
    status: str
    restarts: int
    last_restart: str
    """When a container last ended before it was restarted; "" when none did."""


def status_text(pod: Obj) -> str:
    """kubectl's STATUS column."""
    return summary(pod).status


def summary(pod: Obj) -> Summary:
    """READY, STATUS and RESTARTS as printPod computes them."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    inits = spec.get("initContainers") or []
    sidecars = {container.get("name", "") for container in inits if is_sidecar(container)}
    initial = _initial_part(status, sidecars, len(inits))
    text = initial.text or _phase_text(pod, status)
    ready, restarts, ended = initial.ready, initial.restarts, initial.ended
    if not initial.text or is_true(pod, "Initialized"):
        main = _main_part(pod, status, text)
        text = main.text
        ready += main.ready
        restarts = initial.sidecar_restarts + main.restarts
        ended = initial.sidecar_ended + main.ended
    if is_deleting(pod):
        if status.get("reason") == "NodeLost":
            text = "Unknown"
        elif not is_pod_finished(pod):
            text = "Terminating"
    total = len(spec.get("containers") or ()) + len(sidecars)
    return Summary(ready, total, text, restarts, max(ended, default="") if restarts else "")


def _phase_text(pod: Obj, status: Obj) -> str:
    scheduled = condition_of(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "SchedulingGated":
        return "SchedulingGated"
    return status.get("reason") or status.get("phase") or ""


class _Initial(NamedTuple):
    text: str
    ready: int
    restarts: int
    ended: list[str]
    sidecar_restarts: int
    sidecar_ended: list[str]


class _Main(NamedTuple):
    text: str
    ready: int
    restarts: int
    ended: list[str]


def _initial_part(status: Obj, sidecars: set[str], count: int) -> _Initial:
    """Walks the init containers up to the first that is not done."""
    text, ready, restarts, sidecar_restarts = "", 0, 0, 0
    ended: list[str] = []
    sidecar_ended: list[str] = []
    for index, entry in enumerate(status.get("initContainerStatuses") or ()):
        restarts += entry.get("restartCount", 0)
        ended += _last_end(entry)
        name = entry.get("name", "")
        if name in sidecars:
            sidecar_restarts += entry.get("restartCount", 0)
            sidecar_ended += _last_end(entry)
        terminated = (entry.get("state") or {}).get("terminated")
        if terminated is not None and terminated.get("exitCode", 0) == 0:
            continue
        if name in sidecars and entry.get("started"):
            ready += bool(entry.get("ready"))
            continue
        text = _init_text(entry, index, count)
        break
    return _Initial(text, ready, restarts, ended, sidecar_restarts, sidecar_ended)


def _init_text(entry: Obj, index: int, count: int) -> str:
    state = entry.get("state") or {}
    if state.get("terminated") is not None:
        return f"Init:{_end_text(state['terminated'])}"
    waiting = (state.get("waiting") or {}).get("reason", "")
    if waiting and waiting != "PodInitializing":
        return f"Init:{waiting}"
    return f"Init:{index}/{count}"


def _main_part(pod: Obj, status: Obj, text: str) -> _Main:
    """The first container that has something to say, counted from the front, decides the text."""
    ready, restarts, running = 0, 0, False
    ended: list[str] = []
    for entry in reversed(status.get("containerStatuses") or []):
        restarts += entry.get("restartCount", 0)
        ended += _last_end(entry)
        state = entry.get("state") or {}
        waiting = (state.get("waiting") or {}).get("reason")
        if waiting:
            text = waiting
        elif state.get("terminated") is not None:
            text = _end_text(state["terminated"])
        elif entry.get("ready") and state.get("running") is not None:
            running = True
            ready += 1
    if text == "Completed" and running:
        text = "Running" if is_pod_ready(pod) else "NotReady"
    return _Main(text, ready, restarts, ended)


def _end_text(terminated: Obj) -> str:
    if terminated.get("reason"):
        return str(terminated["reason"])
    if terminated.get("signal"):
        return f"Signal:{terminated['signal']}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _last_end(entry: Obj) -> list[str]:
    terminated = (entry.get("lastState") or {}).get("terminated") or {}
    return [terminated["finishedAt"]] if terminated.get("finishedAt") else []
