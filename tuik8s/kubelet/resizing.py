"""In-place resize of one pod: what its node has granted of the CPU and memory that its spec asks for
(pkg/kubelet/allocation)."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.objects import condition_of
from tuik8s.api.pods import container_statuses, is_sidecar, pod_requests
from tuik8s.kubelet.generate import QUOTA_PERIOD, SHARES_PER_CPU, container_resources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from tuik8s.api.objects import Obj
    from tuik8s.cri import ContainerStatus, Resources
    from tuik8s.kubelet.host import Host
    from tuik8s.kubelet.pleg import PodState

PENDING, IN_PROGRESS = "PodResizePending", "PodResizeInProgress"


class Refusal(NamedTuple):
    """Why a resize waits (`Deferred`) or can never be (`Infeasible`)."""

    reason: str
    message: str


class Change(NamedTuple):
    """A running container that does not have what was granted."""

    container: Obj
    status: ContainerStatus
    wanted: Resources
    restart: bool
    """Its resizePolicy wants it restarted for this."""


class Allocation:
    """A pod with the resources that its node has granted it."""

    def __init__(self, pod: Obj) -> None:
        self.pod = pod

    @cached_property
    def requests(self) -> dict[str, Decimal]:
        """Each pod that comes to the node, or is resized, asks what the others have taken."""
        return pod_requests(self.pod)


class Resizing:
    """`check` says whether the node has room for the pod as it is given."""

    def __init__(self, host: Host, pod: Obj, check: Callable[[Obj], Refusal | None]) -> None:
        self._host, self._check = host, check
        self._granted = _granted_before(pod)
        self._allocation: tuple[Obj, Allocation] | None = None
        self._started = False
        self._wanted: dict[str, tuple[Obj, Resources]] = {}
        self.refusal: Refusal | None = None
        self.error = ""
        """Why the runtime does not do what was granted."""

    def allocation(self, pod: Obj) -> Allocation:
        """Found once for each version of the pod, and again after another grant."""
        known = self._allocation
        if known is None or known[0] is not pod:
            known = self._allocation = pod, Allocation(self._allocated(pod))
        return known[1]

    def _allocated(self, pod: Obj) -> Obj:
        """The pod with the resources that were granted; a copy where they are not those of its spec."""
        if all(self._granted.get(c["name"]) == (c.get("resources") or {}) for c in _resizable(pod)):
            return pod
        spec = dict(pod["spec"])
        for field in ("containers", "initContainers"):
            if field in spec:
                spec[field] = [self._with_granted(container) for container in spec[field]]
        return {**pod, "spec": spec}

    def review(self, pod: Obj) -> None:
        """Grant what the spec asks for if there is room; tell of it, or of why not, once."""
        if self.allocation(pod).pod is pod:
            self.refusal = None
            return
        refusal = self._check(pod)
        if refusal is None:
            self.refusal, self.error, self._started = None, "", True
            self._granted = {c["name"]: c.get("resources") or {} for c in _resizable(pod)}
            self._allocation = None
            self._tell(pod, "ResizeStarted", "started")
        elif refusal != self.refusal:
            self.refusal = refusal
            self._tell(pod, f"Resize{refusal.reason}", refusal.reason, refusal.message)

    def wanted(self, pod: Obj, container: Obj) -> Resources:
        """What the container should have; kept, because each look at the pod asks for it."""
        given = container.get("resources") or {}
        known = self._wanted.get(container["name"])
        if known is None or known[0] != given:
            known = self._wanted[container["name"]] = (
                given,
                container_resources(pod, container, self._host.node),
            )
        return known[1]

    def changes(self, pod: Obj, state: PodState) -> list[Change]:
        """What must still be done; `pod` as it was allocated."""
        found = []
        for container in _resizable(pod):
            status = state.current(container["name"])
            if status is None or status.state != "running" or status.resources is None:
                continue
            wanted = self.wanted(pod, container)
            changed = _changed(status.resources, wanted)
            if changed:
                found.append(Change(container, status, wanted, _restarts(container, changed)))
        return found

    def failed(self, pod: Obj, message: str) -> None:
        """The runtime refused."""
        if message != self.error:
            self.error = message
            self._tell(pod, "ResizeError", "error", message)

    def completed(self, pod: Obj) -> None:
        """Everything that was granted is so."""
        self.error = ""
        if self._started:
            self._started = False
            self._tell(pod, "ResizeCompleted", "completed")

    def conditions(self, *, in_progress: bool) -> list[Obj]:
        """Those that hold; the others are gone."""
        found: list[Obj] = []
        if self.refusal is not None:
            found.append({"type": PENDING, "status": "True", **self.refusal._asdict()})
        if in_progress:
            error = {"reason": "Error", "message": self.error} if self.error else {}
            found.append({"type": IN_PROGRESS, "status": "True", **error})
        return found

    def _with_granted(self, container: Obj) -> Obj:
        granted = self._granted.get(container["name"])
        return container if granted is None else {**container, "resources": granted}

    def _tell(self, pod: Obj, reason: str, what: str, error: str = "") -> None:
        good = reason in ("ResizeStarted", "ResizeCompleted")
        summary: Obj = {}
        for field in ("initContainers", "containers"):
            containers = [c for c in pod["spec"].get(field) or () if field == "containers" or is_sidecar(c)]
            if containers:
                summary[field] = [
                    {"name": c["name"], "resources": c.get("resources") or {}} for c in containers
                ]
        summary["generation"] = pod["metadata"].get("generation", 0)
        if error:
            summary["error"] = error
        text = json.dumps(summary, separators=(",", ":"))
        self._host.event(pod, "Normal" if good else "Warning", reason, f"Pod resize {what}: {text}")


def reported_resources(container: Obj, actual: Resources | None, wanted: Resources) -> Obj:
    """`resources` of a container's status: what it was granted, but where the runtime has something else."""
    granted = container.get("resources") or {}
    if actual is None or not _changed(actual, wanted):
        return dict(granted)
    requests, limits = dict(granted.get("requests") or {}), dict(granted.get("limits") or {})
    if actual.cpu_quota != wanted.cpu_quota:
        limits["cpu"] = f"{actual.cpu_quota * 1000 // QUOTA_PERIOD}m"
    if actual.memory_limit != wanted.memory_limit:
        limits["memory"] = str(actual.memory_limit)
    if actual.cpu_shares != wanted.cpu_shares:
        requests["cpu"] = f"{-(-actual.cpu_shares * 1000 // SHARES_PER_CPU)}m"
    parts = {"limits": limits, "requests": requests}
    return {name: {k: v for k, v in part.items() if v not in ("0", "0m")} for name, part in parts.items()}


def _resizable(pod: Obj) -> Iterator[Obj]:
    yield from (c for c in pod["spec"].get("initContainers") or () if is_sidecar(c))
    yield from pod["spec"]["containers"]


def _granted_before(pod: Obj) -> dict[str, Obj]:
    """Of a pod that waited for a resize when the program ended, what its status says; else its spec."""
    waits = condition_of(pod, PENDING) is not None
    statuses = container_statuses(pod) if waits else {}
    return {
        c["name"]: (statuses.get(c["name"]) or {}).get("resources") or c.get("resources") or {}
        for c in _resizable(pod)
    }


def _changed(actual: Resources, wanted: Resources) -> set[str]:
    changed = set()
    if (actual.cpu_shares, actual.cpu_quota) != (wanted.cpu_shares, wanted.cpu_quota):
        changed.add("cpu")
    if actual.memory_limit != wanted.memory_limit:
        changed.add("memory")
    return changed


def _restarts(container: Obj, changed: set[str]) -> bool:
    policies = container.get("resizePolicy") or ()
    return any(p["resourceName"] in changed and p["restartPolicy"] == "RestartContainer" for p in policies)
