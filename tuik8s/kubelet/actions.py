"""What must happen to a pod's containers next, from its spec and what the runtime has (computePodActions).

Pure and level-triggered: the same state gives the same answer however it came about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tuik8s.api.hash import object_hash
from tuik8s.api.pods import container_statuses, is_sidecar

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.cri import ContainerStatus
    from tuik8s.kubelet.pleg import PodState


class Health(Protocol):
    """What probes say about a running container."""

    def started(self, container: ContainerStatus) -> bool:
        """Its startup probe has succeeded, or it has none."""

    def failed(self, container: ContainerStatus) -> str:
        """`liveness` or `startup` when that probe has given it up, else empty."""


class Kill(NamedTuple):
    container: ContainerStatus
    message: str
    """Why, for the Killing event."""
    probe: str = ""
    """The probe that gave it up: its own grace period counts."""


@dataclass(slots=True)
class Actions:
    create_sandbox: bool = False
    kill: list[Kill] = field(default_factory=list)
    start: list[Obj] = field(default_factory=list)
    finished: bool = False
    """Nothing will run again: what still runs (sidecars) is stopped."""


def spec_hash(container: Obj) -> str:
    """Changes when the container must be replaced: only the image of a running pod can change."""
    return _spec_hash(container["name"], container.get("image", ""))


@lru_cache(maxsize=4096)
def _spec_hash(name: str, image: str) -> str:
    # Each look at a pod asks for it again.
    return object_hash({"name": name, "image": image})


def restart_policy(pod: Obj, container: Obj) -> str:
    return str(container.get("restartPolicy") or pod["spec"].get("restartPolicy") or "Always")


def should_restart(pod: Obj, container: Obj, exit_code: int) -> bool:
    """Whether a container that ended with this code runs again."""
    for rule in container.get("restartPolicyRules") or ():
        codes = rule.get("exitCodes") or {}
        listed = exit_code in (codes.get("values") or ())
        if rule.get("action") == "Restart" and listed == (codes.get("operator") == "In"):
            return True
    policy = restart_policy(pod, container)
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)


def compute(pod: Obj, state: PodState, health: Health) -> Actions:
    sandbox = state.sandbox
    if sandbox is None or not sandbox.ready:
        return _without_sandbox(pod, state)
    actions = Actions()
    wanted = _main_containers(pod, state, health, actions)
    if not wanted:
        return Actions(finished=True)
    starts, actions.start = actions.start, _ephemeral_containers(pod, state)
    if _init_containers(pod, state, health, actions):
        actions.start += starts
    return actions


def _ephemeral_containers(pod: Obj, state: PodState) -> list[Obj]:
    """Those that never ran: they run once, whatever becomes of them, and wait for nothing."""
    reported = container_statuses(pod)
    return [
        container
        for container in pod["spec"].get("ephemeralContainers") or ()
        if state.latest(container["name"]) is None
        and not (reported.get(container["name"]) or {}).get("containerID")
    ]


def _without_sandbox(pod: Obj, state: PodState) -> Actions:
    for container in pod["spec"].get("initContainers") or ():
        latest = state.latest(container["name"])
        if latest and _gave_up(pod, container, latest):
            return Actions(finished=True)
    if any(_may_run(pod, container, state) for container in pod["spec"]["containers"]):
        return Actions(create_sandbox=True)
    return Actions(finished=True)


def _may_run(pod: Obj, container: Obj, state: PodState) -> bool:
    latest = state.latest(container["name"])
    if latest is None or latest.state == "created":
        return True
    # One that still seems to run went down with its sandbox: it did not end well.
    return should_restart(pod, container, latest.exit_code if latest.state == "exited" else 137)


def _gave_up(pod: Obj, init: Obj, status: ContainerStatus) -> bool:
    """An ordinary init container failed for good, and the pod with it."""
    failed = status.state == "exited" and status.exit_code != 0 and not is_sidecar(init)
    return failed and not should_restart(pod, init, status.exit_code)


def _main_containers(pod: Obj, state: PodState, health: Health, actions: Actions) -> bool:
    """Fills in starts and kills; False when every container has ended for good."""
    wanted = False
    for container in pod["spec"]["containers"]:
        status = state.current(container["name"])
        if status is None:
            needed = _may_run(pod, container, state)
        elif status.state == "running":
            wanted = True
            _check_running(pod, container, status, health, actions)
            continue
        else:
            needed = status.state == "created" or should_restart(pod, container, status.exit_code)
        if needed:
            wanted = True
            actions.start.append(container)
    return wanted


def _init_containers(pod: Obj, state: PodState, health: Health, actions: Actions) -> bool:
    """Adds the init container that is due; True once the ordinary containers may start."""
    initialized = any(state.current(container["name"]) for container in pod["spec"]["containers"])
    for init in pod["spec"].get("initContainers") or ():
        status, sidecar = state.current(init["name"]), is_sidecar(init)
        if initialized and not sidecar:
            continue
        if status is not None and status.state == "running":
            if sidecar:
                _check_running(pod, init, status, health, actions)
            if initialized or (sidecar and health.started(status)):
                continue
            return False
        if status is not None and status.state == "exited" and not sidecar:
            if status.exit_code == 0:
                continue
            if _gave_up(pod, init, status):
                actions.finished = True
                return False
        actions.start.append(init)
        if not initialized:
            return False
    return True


def _check_running(
    pod: Obj, container: Obj, status: ContainerStatus, health: Health, actions: Actions
) -> None:
    name = container["name"]
    if status.spec_hash and status.spec_hash != spec_hash(container):
        actions.kill.append(Kill(status, f"Container {name} definition changed, will be restarted"))
        return
    probe = health.failed(status)
    if probe:
        again = restart_policy(pod, container) != "Never"
        tail = ", will be restarted" if again else ""
        actions.kill.append(Kill(status, f"Container {name} failed {probe} probe{tail}", probe))
