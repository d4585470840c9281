"""Pure rules about pods that several components share.

Sources: k8s.io/component-helpers/resource (requests, limits), pkg/apis/core/v1/helper/qos, pkg/api/v1/pod,
pkg/printers/internalversion (the STATUS column).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from tuik8s.api import quantity
from tuik8s.api.objects import condition_of, is_deleting, is_pod_finished, is_pod_ready, is_true

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tuik8s.api.objects import Obj

QosClass: TypeAlias = Literal["Guaranteed", "Burstable", "BestEffort"]
Resources: TypeAlias = dict[str, Decimal]

_QOS_RESOURCES = ("cpu", "memory")


def is_sidecar(container: Obj) -> bool:
    """An init container that goes on running beside the others (`restartPolicy: Always`)."""
    return container.get("restartPolicy") == "Always"


def all_containers(pod: Obj) -> Iterator[Obj]:
    """Init containers, then containers; of a pod or of a pod template."""
    spec = pod.get("spec") or {}
    yield from spec.get("initContainers") or ()
    yield from spec.get("containers") or ()


def container_statuses(pod: Obj) -> dict[str, Obj]:
    """By container name: init, ordinary and ephemeral containers."""
    status = pod.get("status") or {}
    fields = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
    return {entry["name"]: entry for field in fields for entry in status.get(field) or ()}


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


def pod_requests(pod: Obj) -> Resources:
    """What the scheduler reserves: the larger of what runs together and of each init step, with overhead."""
    spec = pod.get("spec") or {}
    total = container_requests(spec)
    _override(total, spec, "requests")
    _add(total, _amounts(spec.get("overhead")))
    return total


def pod_limits(pod: Obj) -> Resources:
    """The limits taken together; overhead counts only where there is a limit."""
    spec = pod.get("spec") or {}
    total = container_limits(spec)
    _override(total, spec, "limits")
    overhead = _amounts(spec.get("overhead"))
    _add(total, {name: amount for name, amount in overhead.items() if total.get(name)})
    return total


def container_requests(spec: Obj) -> Resources:
    """What a pod spec's containers request together, without overhead and pod-level resources."""
    return _aggregate(spec, "requests")


def container_limits(spec: Obj) -> Resources:
    """What a pod spec's containers may use together, without overhead and pod-level resources."""
    return _aggregate(spec, "limits")


def is_pod_level_resource(name: str) -> bool:
    """Whether it can be set for the whole pod."""
    return name in _QOS_RESOURCES or name.startswith("hugepages-")


def _aggregate(spec: Obj, which: str) -> Resources:
    total: Resources = {}
    for container in spec.get("containers") or ():
        _add(total, _amounts((container.get("resources") or {}).get(which)))
    sidecars: Resources = {}
    initial: Resources = {}
    for container in spec.get("initContainers") or ():
        own = _amounts((container.get("resources") or {}).get(which))
        if is_sidecar(container):
            _add(total, own)
            _add(sidecars, own)
            step = sidecars
        else:
            step = dict(own)
            _add(step, sidecars)
        _raise_to(initial, step)
    _raise_to(total, initial)
    return total


def _amounts(resources: Mapping[str, Any] | None) -> Resources:
    return {name: quantity.parse(text) for name, text in (resources or {}).items()}


def _add(total: Resources, more: Resources) -> None:
    for name, amount in more.items():
        total[name] = total.get(name, Decimal(0)) + amount


def _raise_to(total: Resources, least: Resources) -> None:
    for name, amount in least.items():
        if amount > total.get(name, Decimal(-1)):
            total[name] = amount


def _override(total: Resources, spec: Obj, which: str) -> None:
    """Resources set for the whole pod count instead of the containers' sum."""
    for name, amount in _amounts((spec.get("resources") or {}).get(which)).items():
        if is_pod_level_resource(name):
            total[name] = amount


def qos_class(pod: Obj) -> QosClass:
    """Guaranteed: every container limits CPU and memory to what it requests; BestEffort: none asks."""
    pod_level = (pod.get("spec") or {}).get("resources") or {}
    holders = [pod_level] if pod_level else [c.get("resources") or {} for c in all_containers(pod)]
    requests: Resources = {}
    limits: Resources = {}
    guaranteed = True
    for holder in holders:
        _add(requests, _positive(holder.get("requests")))
        own = _positive(holder.get("limits"))
        _add(limits, own)
        guaranteed = guaranteed and len(own) == len(_QOS_RESOURCES)
    if not requests and not limits:
        return "BestEffort"
    return "Guaranteed" if guaranteed and requests == limits else "Burstable"


def _positive(resources: Mapping[str, Any] | None) -> Resources:
    return {name: a for name, a in _amounts(resources).items() if name in _QOS_RESOURCES and a > 0}


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
    sidecars = {container["name"] for container in inits if is_sidecar(container)}
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
        if entry["name"] in sidecars:
            sidecar_restarts += entry.get("restartCount", 0)
            sidecar_ended += _last_end(entry)
        terminated = (entry.get("state") or {}).get("terminated")
        if terminated is not None and terminated.get("exitCode", 0) == 0:
            continue
        if entry["name"] in sidecars and entry.get("started"):
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
