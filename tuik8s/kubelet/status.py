"""A pod's status from what the runtime has (pkg/kubelet generateAPIPodStatus, pkg/kubelet/status)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tuik8s.api import pods
from tuik8s.api.clock import timestamp
from tuik8s.kubelet.conditions import pod_conditions
from tuik8s.kubelet.resizing import reported_resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tuik8s.api.objects import Obj
    from tuik8s.cri import ContainerStatus, Resources
    from tuik8s.kubelet.pleg import PodState


class Waiting(NamedTuple):
    """Why a container does not run."""

    reason: str
    message: str = ""


class Failure(NamedTuple):
    """Why the kubelet gave the whole pod up: `reason` and `message` of its status."""

    reason: str
    message: str


class Readiness(Protocol):
    """What probes say."""

    def started(self, container: ContainerStatus) -> bool: ...
    def ready(self, container: ContainerStatus) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All that a pod's status is made of, beside the pod itself."""

    state: PodState
    probes: Readiness
    now: datetime
    host_ip: str
    container_id: Callable[[str], str]
    image_id: Callable[[str], str]
    message: Callable[[ContainerStatus], str]
    waiting: Mapping[str, Waiting] = field(default_factory=dict)
    wanted: Callable[[Obj, Obj], Resources]
    """Of a pod and a container: what it should have."""
    failure: Failure | None = None
    resizes: tuple[Obj, ...] = ()
    """Conditions about a resize of the pod."""
    stopped: bool = False
    """Nothing runs any more, and nothing will."""


def pod_status(pod: Obj, seen: Observation) -> Obj:
    """The fields a kubelet owns."""
    old = pod.get("status") or {}
    spec = pod["spec"]
    inits = [container_status(pod, c, seen, init=True) for c in spec.get("initContainers") or ()]
    main = [container_status(pod, c, seen, init=False) for c in spec["containers"]]
    ended = old.get("phase") in ("Succeeded", "Failed")
    phase = "Failed" if seen.failure else pod_phase(pod, inits, main, seen)
    if ended:
        phase = old["phase"]  # no pod comes back from its end
    status: Obj = {
        "phase": phase,
        "startTime": old.get("startTime") or timestamp(seen.now),
        "hostIP": seen.host_ip,
        "hostIPs": [{"ip": seen.host_ip}],
        "qosClass": old.get("qosClass") or pods.qos_class(pod),
        "containerStatuses": main,
        **_addresses(pod, old, seen),
    }
    if inits:
        status["initContainerStatuses"] = inits
    if spec.get("ephemeralContainers"):
        ephemeral = [ephemeral_status(pod, c, seen) for c in spec["ephemeralContainers"]]
        status["ephemeralContainerStatuses"] = ephemeral
    if pod["metadata"].get("generation"):
        status["observedGeneration"] = pod["metadata"]["generation"]
    failure = seen.failure
    if ended:
        status |= {key: old[key] for key in ("reason", "message") if old.get(key)}
    elif failure is not None:
        status |= {"reason": failure.reason, "message": failure.message}
    status["conditions"] = pod_conditions(
        pod, status, network_ready=_network_ready(seen), now=seen.now, more=seen.resizes
    )
    return status


def rejected_status(pod: Obj, failure: Failure, now: datetime) -> Obj:
    """Of a pod that was not admitted to the node: no container is mentioned."""
    old = pod.get("status") or {}
    return {
        "phase": "Failed",
        "startTime": old.get("startTime") or timestamp(now),
        "qosClass": old.get("qosClass") or pods.qos_class(pod),
        "reason": failure.reason,
        "message": failure.message,
    }


def _network_ready(seen: Observation) -> bool:
    return seen.state.sandbox is not None and seen.state.sandbox.ready


def _addresses(pod: Obj, old: Obj, seen: Observation) -> Obj:
    sandbox = seen.state.sandbox
    ip = ""
    if sandbox is not None and sandbox.ready:
        ip = seen.host_ip if pod["spec"].get("hostNetwork") else sandbox.ip
    # Once a pod has ended its last address stays to be read.
    ip = ip or (old.get("podIP") or "" if seen.stopped or seen.failure else "")
    return {"podIP": ip, "podIPs": [{"ip": ip}]} if ip else {}


def container_status(pod: Obj, container: Obj, seen: Observation, *, init: bool) -> Obj:
    name = container["name"]
    latest = seen.state.latest(name)
    old = pods.container_statuses(pod).get(name) or {}
    status: Obj = {"name": name, "image": container.get("image") or "", "imageID": "", "ready": False,
                   "restartCount": old.get("restartCount", 0), "lastState": {}, "started": False}  # fmt: skip
    if latest is None:
        status["state"] = _never_ran(pod, name, seen, old)
        status["lastState"] = old.get("lastState") or {}
        if not seen.stopped and "running" in (old.get("state") or {}):
            status |= {"restartCount": next_attempt(old), "lastState": _lost(old)}
        return status
    status |= {
        "containerID": seen.container_id(latest.id),
        "image": latest.image or status["image"],
        "imageID": _image_id(latest, old, seen),
        "restartCount": latest.attempt,
    }
    previous = seen.state.previous(name)
    status["lastState"] = _last_state(previous, old, latest, seen)
    if latest.state == "running":
        status["state"] = {"running": {"startedAt": timestamp(latest.started_at or latest.created_at)}}
        status |= _resources(pod, container, latest, seen)
        status["started"] = seen.probes.started(latest)
        status["ready"] = seen.probes.ready(latest) if not init or pods.is_sidecar(container) else False
    elif name in seen.waiting and not seen.stopped:
        status["state"] = _waiting(seen.waiting[name])
        if latest.state == "exited":
            status["lastState"] = {"terminated": _terminated(latest, seen)}
    elif latest.state == "exited":
        status["state"] = {"terminated": _terminated(latest, seen)}
        status["ready"] = init and not pods.is_sidecar(container) and latest.exit_code == 0
    else:
        status["state"] = _never_ran(pod, name, seen, old)
    return status


def ephemeral_status(pod: Obj, container: Obj, seen: Observation) -> Obj:
    """It runs once: one that the runtime has forgotten has ended."""
    status = container_status(pod, container, seen, init=False)
    old = pods.container_statuses(pod).get(container["name"]) or {}
    if seen.state.latest(container["name"]) is None and old.get("containerID"):
        kept: Obj = {field: old[field] for field in ("containerID", "image", "imageID") if field in old}
        status |= {**kept, "restartCount": 0, "lastState": {}, "state": _lost(old) or old.get("state") or {}}
    return status


def _resources(pod: Obj, container: Obj, latest: ContainerStatus, seen: Observation) -> Obj:
    """What the container was granted, and what it really has."""
    granted = container.get("resources") or {}
    if not granted:
        return {}
    wanted = seen.wanted(pod, container)
    fields: Obj = {"resources": reported_resources(container, latest.resources, wanted)}
    if granted.get("requests"):
        fields["allocatedResources"] = dict(granted["requests"])
    return fields


def _image_id(latest: ContainerStatus, old: Obj, seen: Observation) -> str:
    """What was reported of this instance stays: after a restart of the program its digest is not known."""
    if old.get("imageID") and old.get("containerID") == seen.container_id(latest.id):
        return str(old["imageID"])
    return seen.image_id(latest.image_id)


def _last_state(
    previous: ContainerStatus | None, old: Obj, latest: ContainerStatus, seen: Observation
) -> Obj:
    if previous is not None and previous.state == "exited":
        return {"terminated": _terminated(previous, seen)}
    # The previous instance may have been removed: what was reported of it still holds.
    if old.get("restartCount") == latest.attempt:
        return dict(old.get("lastState") or {})
    return _lost(old) if previous is None else {}


def next_attempt(old: Obj) -> int:
    """The number of the next instance of a container that the runtime knows nothing of, from its status.

    One that was reported and is not there any more (the simulated runtime forgets its containers when the
    program ends) counts as ended; upstream finds its number by the names of its log files.
    """
    return int(old.get("restartCount", 0)) + bool(old.get("containerID"))


def _lost(old: Obj) -> Obj:
    """The last state of a container whose instance has vanished."""
    state = old.get("state") or {}
    if "running" in state:
        gone = (
            "The container could not be located when the pod was deleted.  The container used to be Running"
        )
        return {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown", "message": gone,
                               "startedAt": None, "finishedAt": None}}  # fmt: skip
    return {"terminated": state["terminated"]} if "terminated" in state else dict(old.get("lastState") or {})


def _never_ran(pod: Obj, name: str, seen: Observation, old: Obj) -> Obj:
    if seen.stopped:
        if "terminated" in (old.get("state") or {}):
            return dict(old["state"])
        gone = "The container could not be located when the pod was terminated"
        return {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown", "message": gone,
                               "startedAt": None, "finishedAt": None}}  # fmt: skip
    if name in seen.waiting:
        return _waiting(seen.waiting[name])
    initializing = bool(pod["spec"].get("initContainers"))
    return {"waiting": {"reason": "PodInitializing" if initializing else "ContainerCreating"}}


def _waiting(waiting: Waiting) -> Obj:
    entry = {"reason": waiting.reason}
    return {"waiting": {**entry, "message": waiting.message} if waiting.message else entry}


def _terminated(status: ContainerStatus, seen: Observation) -> Obj:
    started = status.started_at or status.created_at
    entry: Obj = {
        "exitCode": status.exit_code,
        "reason": status.reason or ("Completed" if status.exit_code == 0 else "Error"),
        "startedAt": timestamp(started),
        "finishedAt": timestamp(status.finished_at or started),
        "containerID": seen.container_id(status.id),
    }
    if status.signal:
        entry["signal"] = status.signal
    message = seen.message(status)
    if message:
        entry["message"] = message
    return entry


def pod_phase(pod: Obj, inits: list[Obj], main: list[Obj], seen: Observation) -> str:
    """pkg/kubelet getPhase."""
    never = (pod["spec"].get("restartPolicy") or "Always") == "Never"
    sidecars = {c["name"] for c in pod["spec"].get("initContainers") or () if pods.is_sidecar(c)}
    failed_init = pending_init = False
    for status in inits:
        state = status["state"]
        if status["name"] in sidecars:
            pending_init |= not status["started"] and "terminated" not in state
            continue
        ended = state.get("terminated") or (
            status["lastState"].get("terminated") if "waiting" in state else None
        )
        failed_init |= ended is not None and ended["exitCode"] != 0
        pending_init |= ended is None
    if failed_init and (never or seen.stopped):
        return "Failed"
    started = any("waiting" not in status["state"] or status["lastState"] for status in main)
    if failed_init or (pending_init and not started and not seen.stopped):
        return "Pending"
    return _main_phase(pod, main, seen, sidecars_run=_any_running(inits, sidecars))


def _any_running(statuses: list[Obj], names: set[str]) -> bool:
    return any(s["name"] in names and "running" in s["state"] for s in statuses)


def _main_phase(pod: Obj, main: list[Obj], seen: Observation, *, sidecars_run: bool) -> str:
    running = [s for s in main if "running" in s["state"]]
    ended = [s["state"].get("terminated") or s["lastState"].get("terminated") for s in main]
    if any("waiting" in s["state"] and not end for s, end in zip(main, ended, strict=True)):
        return "Pending"
    if running or sidecars_run:
        return "Running"
    if seen.stopped:
        return "Succeeded" if all(end and end["exitCode"] == 0 for end in ended) else "Failed"
    return "Running"
