"""Pod conditions in Kubernetes' words (pkg/kubelet/status/generate.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.clock import timestamp
from tuik8s.api.objects import condition_of
from tuik8s.api.pods import is_sidecar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tuik8s.api.objects import Obj


def pod_conditions(
    pod: Obj, status: Obj, *, network_ready: bool, now: datetime, more: Iterable[Obj] = ()
) -> list[Obj]:
    """The four a kubelet always sets, and `more`; those whose status did not change keep their transition
    time."""
    containers = _containers_ready(pod, status)
    fresh = [
        {"type": "PodReadyToStartContainers", "status": "True" if network_ready else "False"},
        _initialized(pod, status),
        _ready(pod, containers),
        containers,
        *(dict(condition) for condition in more),
    ]
    generation = status.get("observedGeneration")
    for condition in fresh:
        old = condition_of(pod, condition["type"])
        same = old is not None and old["status"] == condition["status"]
        kept = old.get("lastTransitionTime") if same and old is not None else None
        condition["lastTransitionTime"] = kept or timestamp(now)
        if generation:
            condition["observedGeneration"] = generation
    return fresh


def _initialized(pod: Obj, status: Obj) -> Obj:
    inits = pod["spec"].get("initContainers") or ()
    if status["phase"] == "Succeeded":
        return _condition("Initialized", "PodCompleted") if inits else _condition("Initialized")
    if any("waiting" not in s["state"] or s["lastState"] for s in status["containerStatuses"]):
        return _condition("Initialized")
    entries = {s["name"]: s for s in status.get("initContainerStatuses") or ()}
    incomplete = [c["name"] for c in inits if not _init_done(c, entries[c["name"]])]
    if not incomplete:
        return _condition("Initialized")
    names = " ".join(incomplete)
    return _condition(
        "Initialized", "ContainersNotInitialized", f"containers with incomplete status: [{names}]"
    )


def _init_done(container: Obj, status: Obj) -> bool:
    if is_sidecar(container):
        return bool(status["started"])
    ended = status["state"].get("terminated")
    return ended is not None and ended["exitCode"] == 0


def _containers_ready(pod: Obj, status: Obj) -> Obj:
    if status["phase"] == "Succeeded":
        return _condition("ContainersReady", "PodCompleted", ok=False)
    if status["phase"] == "Failed":
        return _condition("ContainersReady", "PodFailed", ok=False)
    sidecars = {c["name"] for c in pod["spec"].get("initContainers") or () if is_sidecar(c)}
    entries = [s for s in status.get("initContainerStatuses") or () if s["name"] in sidecars]
    unready = [s["name"] for s in [*entries, *status["containerStatuses"]] if not s["ready"]]
    if not unready:
        return _condition("ContainersReady")
    message = f"containers with unready status: [{' '.join(unready)}]"
    return _condition("ContainersReady", "ContainersNotReady", message)


def _ready(pod: Obj, containers: Obj) -> Obj:
    if containers["status"] != "True":
        return {**containers, "type": "Ready"}
    missing = []
    for gate in pod["spec"].get("readinessGates") or ():
        kind = gate["conditionType"]
        condition = condition_of(pod, kind)
        if condition is None:
            missing.append(f'corresponding condition of pod readiness gate "{kind}" does not exist.')
        elif condition["status"] != "True":
            missing.append(
                f'the status of pod readiness gate "{kind}" is not "True", but {condition["status"]}'
            )
    if missing:
        return _condition("Ready", "ReadinessGatesNotReady", ", ".join(missing))
    return _condition("Ready")


def _condition(kind: str, reason: str = "", message: str = "", *, ok: bool | None = None) -> Obj:
    """True unless there is a reason against it, or `ok` says otherwise."""
    true = ok if ok is not None else reason in ("", "PodCompleted")
    condition = {"type": kind, "status": "True" if true else "False"}
    if reason:
        condition["reason"] = reason
    if message:
        condition["message"] = message
    return condition
