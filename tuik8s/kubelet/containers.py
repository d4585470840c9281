"""Start and stop the containers of one pod (pkg/kubelet/kuberuntime).

Each failure becomes a waiting reason, an event and a time to try again; none is raised, except that the
runtime is down.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from tuik8s.api.pods import container_statuses, every_container, is_sidecar
from tuik8s.cri import RuntimeFault, RuntimeUnavailable
from tuik8s.kubelet import lifecycle
from tuik8s.kubelet.actions import spec_hash
from tuik8s.kubelet.environment import ConfigProblem, build_environment
from tuik8s.kubelet.generate import container_config, effective_security, sandbox_config
from tuik8s.kubelet.handlers import Target
from tuik8s.kubelet.host import UnsafePath, pod_text
from tuik8s.kubelet.images import ImageProblem, go_duration
from tuik8s.kubelet.status import Waiting, next_attempt

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj
    from tuik8s.cri import ContainerConfig, ContainerStatus, Image, PodSandboxConfig, PodSandboxStatus
    from tuik8s.kubelet.pleg import PodState
    from tuik8s.kubelet.services import Services
    from tuik8s.kubelet.termination import TerminationMessages
    from tuik8s.kubelet.volumes import PodVolumes

log = logging.getLogger(__name__)

MINIMUM_GRACE = 2.0
"""Every container gets this long, so that SIGKILL is never the first it hears."""
RETRY = timedelta(seconds=10)


class StartFailed(Exception):
    """A container did not start; `reason` is its waiting reason."""

    def __init__(self, reason: str, message: str, retry: datetime | None = None) -> None:
        super().__init__(message)
        self.reason, self.message, self.retry = reason, message, retry


class PodContainers:
    """`waiting` says why containers do not run; `holds` when each may be tried again."""

    def __init__(self, services: Services, volumes: PodVolumes, messages: TerminationMessages) -> None:
        self._services = services
        self._host = services.host
        self._volumes = volumes
        self._messages = messages
        self._pre_stopped: set[str] = set()
        self.waiting: dict[str, Waiting] = {}
        self.holds: dict[str, datetime] = {}

    def held(self, container: Obj) -> bool:
        """Whether it is too early to try this one again."""
        due = self.holds.get(_hold_key(container))
        return due is not None and due > self._host.clock.now()

    def next_due(self) -> datetime | None:
        now = self._host.clock.now()
        return min((due for due in self.holds.values() if due > now), default=None)

    def release_configuration(self) -> None:
        """A ConfigMap or Secret changed: try again at once what could not be configured."""
        stuck = {name for name, w in self.waiting.items() if w.reason == "CreateContainerConfigError"}
        for key in [key for key in self.holds if key.partition("/")[0] in stuck]:
            del self.holds[key]

    def forget_backoff(self, pod: Obj, container: Obj) -> None:
        """The pod is gone."""
        self._services.restarts.forget(_backoff_key(pod, container))

    # Starting -------------------------------------------------------------------------------------------

    async def start(self, pod: Obj, container: Obj, state: PodState) -> bool:
        """Whether the runtime has something new, be it one that failed. Raises `RuntimeUnavailable`."""
        name = container["name"]
        try:
            self._check_backoff(pod, container, state.latest(name))
            await self._create_and_start(pod, container, state)
        except StartFailed as failure:
            self.waiting[name] = Waiting(failure.reason, failure.message)
            self.holds[_hold_key(container)] = failure.retry or self._host.clock.now() + RETRY
            return failure.reason in ("RunContainerError", "PostStartHookError")
        self.waiting.pop(name, None)
        self.holds.pop(_hold_key(container), None)
        return True

    def _check_backoff(self, pod: Obj, container: Obj, latest: ContainerStatus | None) -> None:
        """CrashLoopBackOff: the first restart is at once, each further one waits twice as long.

        An instance that was made but could not be started counts as one that ended.
        """
        if latest is None or latest.state == "running":
            return
        backoff, now = self._services.restarts, self._host.clock.now()
        key = _backoff_key(pod, container)
        ended = latest.finished_at or latest.created_at
        due = backoff.due(key, ended)
        if due is not None and due > now:
            name, text = container["name"], pod_text(pod)
            self._host.event(
                pod, "Warning", "BackOff", f"Back-off restarting failed container {name} in pod {text}",
                container=name,
            )  # fmt: skip
            delay = go_duration(timedelta(seconds=backoff.delay(key)))
            raise StartFailed(
                "CrashLoopBackOff", f"back-off {delay} restarting failed container={name} pod={text}", due
            )
        backoff.next(key, ended, now)

    async def _image(self, pod: Obj, container: Obj, sandbox: PodSandboxConfig) -> Image:
        try:
            return await self._services.images.ensure(pod, container, sandbox)
        except ImageProblem as problem:
            raise StartFailed(problem.reason, problem.message, problem.retry) from problem

    async def _create_and_start(self, pod: Obj, container: Obj, state: PodState) -> None:
        sandbox = state.sandbox
        assert sandbox is not None  # containers are started after their sandbox
        latest = state.latest(container["name"])
        reported = container_statuses(pod).get(container["name"]) or {}
        attempt = latest.attempt + 1 if latest else next_attempt(reported)
        pod_config = sandbox_config(pod, self._host.node, ip=sandbox.ip, attempt=sandbox.attempt)
        image = await self._image(pod, container, pod_config)
        config = self._configure(pod, container, state, attempt, image)
        try:
            identifier = await self._host.runtime.create_container(sandbox.id, config, pod_config)
        except RuntimeFault as error:
            raise self._failed(pod, container, "CreateContainerError", error) from error
        self._host.event(pod, "Normal", "Created", "Container created", container=container)
        try:
            await self._host.runtime.start_container(identifier)
        except RuntimeFault as error:
            raise self._failed(pod, container, "RunContainerError", error) from error
        self._host.event(pod, "Normal", "Started", "Container started", container=container)
        await self._post_start(pod, container, identifier, sandbox)

    def _configure(
        self, pod: Obj, container: Obj, state: PodState, attempt: int, image: Image
    ) -> ContainerConfig:
        assert state.sandbox is not None  # as above
        pod = self._with_addresses(pod, state.sandbox)
        try:
            _check_user(pod, container, image)
            target = _target(container, state)
            node = self._host.node
            env = build_environment(pod, container, self._host.informers, node.capacity, node.api_server)
            mounts = self._volumes.mounts(container, env)
            mounts += (self._messages.mount(container, attempt),)
        except (ConfigProblem, UnsafePath, OSError) as problem:
            self._host.event(pod, "Warning", "Failed", f"Error: {problem}", container=container)
            raise StartFailed("CreateContainerConfigError", str(problem)) from problem
        return container_config(pod, container, self._host.node, attempt=attempt, env=env, mounts=mounts,
                                target=target)  # fmt: skip

    def _with_addresses(self, pod: Obj, sandbox: PodSandboxStatus) -> Obj:
        """The pod as its environment may refer to it: with addresses its status may not show yet."""
        address = self._host.node.address
        ip = address if pod["spec"].get("hostNetwork") else sandbox.ip
        known = {"podIP": ip, "podIPs": [{"ip": ip}], "hostIP": address, "hostIPs": [{"ip": address}]}
        return {**pod, "status": {**(pod.get("status") or {}), **known}}

    def _failed(self, pod: Obj, container: Obj, reason: str, error: RuntimeFault) -> StartFailed:
        if isinstance(error, RuntimeUnavailable):
            raise error
        self._host.event(pod, "Warning", "Failed", f"Error: {error}", container=container)
        # The next look decides at once: a container that was made counts as one that ended.
        retry = self._host.clock.now() if reason == "RunContainerError" else None
        return StartFailed(reason, str(error), retry)

    async def _post_start(self, pod: Obj, container: Obj, identifier: str, sandbox: PodSandboxStatus) -> None:
        hook = (container.get("lifecycle") or {}).get("postStart")
        if not hook:
            return
        target = Target(self._host.runtime, identifier, sandbox.id, sandbox.ip, container)
        try:
            await lifecycle.run_hook(target, hook, "PostStartHook")
        except lifecycle.HookFailed as failure:
            self._host.event(pod, "Warning", "FailedPostStartHook", str(failure), container=container)
            self._host.event(pod, "Normal", "Killing", "FailedPostStartHook", container=container)
            grace = float(pod["spec"].get("terminationGracePeriodSeconds", 30))
            await self._host.runtime.stop_container(identifier, max(grace, MINIMUM_GRACE))
            raise StartFailed("PostStartHookError", str(failure), self._host.clock.now()) from failure

    # Stopping -------------------------------------------------------------------------------------------

    async def kill(
        self, pod: Obj, status: ContainerStatus, grace: float, message: str = "", *, sandbox_ip: str = ""
    ) -> None:
        """preStop, then the stop signal, then SIGKILL: together no longer than `grace` seconds."""
        container = _spec_of(pod, status.name)
        self._host.event(
            pod, "Normal", "Killing", message or f"Stopping container {status.name}", container=status.name
        )
        loop = asyncio.get_running_loop()
        began = loop.time()
        hook = (container.get("lifecycle") or {}).get("preStop")
        if hook and grace > 0 and status.id not in self._pre_stopped:
            self._pre_stopped.add(status.id)
            target = Target(self._host.runtime, status.id, status.sandbox_id, sandbox_ip, container)
            await self._pre_stop(pod, target, hook, grace)
        remaining = max(grace - (loop.time() - began), MINIMUM_GRACE)
        await self._host.runtime.stop_container(status.id, remaining)

    async def kill_all(self, pod: Obj, state: PodState, grace: float) -> None:
        """Ordinary containers together, then the sidecars in reverse order, within one grace period."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        ip = state.sandbox.ip if state.sandbox else ""
        inits = pod["spec"].get("initContainers") or ()
        sidecars = [c["name"] for c in inits if is_sidecar(c)]
        running = {status.id: status for status in state.running}
        first = [status for status in running.values() if status.name not in sidecars]
        await asyncio.gather(*(self.kill(pod, status, grace, sandbox_ip=ip) for status in first))
        for name in reversed(sidecars):
            for status in running.values():
                if status.name == name:
                    await self.kill(pod, status, max(deadline - loop.time(), 0), sandbox_ip=ip)

    async def _pre_stop(self, pod: Obj, target: Target, hook: Obj, grace: float) -> None:
        try:
            async with asyncio.timeout(grace):
                await lifecycle.run_hook(target, hook, "PreStopHook")
        except TimeoutError:
            log.info("preStop hook of %s did not end in %.0f s", target.spec.get("name"), grace)
        except lifecycle.HookFailed as failure:
            self._host.event(pod, "Warning", "FailedPreStopHook", str(failure), container=target.spec["name"])


def _hold_key(container: Obj) -> str:
    """A new image is tried at once."""
    return f"{container['name']}/{spec_hash(container)}"


def _backoff_key(pod: Obj, container: Obj) -> str:
    return f"{pod['metadata']['uid']}/{_hold_key(container)}"


def _spec_of(pod: Obj, name: str) -> Obj:
    return next((c for c in every_container(pod) if c["name"] == name), {"name": name})


def _target(container: Obj, state: PodState) -> str:
    """The container whose processes an ephemeral container shares; empty for none."""
    name = container.get("targetContainerName")
    if not name:
        return ""
    found = state.latest(name)
    if found is None:
        raise ConfigProblem(f"unable to find target container {name}")
    return found.id


def _check_user(pod: Obj, container: Obj, image: Image) -> None:
    """runAsNonRoot (kuberuntime verifyRunAsNonRoot)."""
    context = effective_security(pod, container)
    if not context.get("runAsNonRoot"):
        return
    where = f'(pod: "{pod_text(pod)}", container: {container["name"]})'
    user = context.get("runAsUser")
    if user == 0:
        raise ConfigProblem(f"container's runAsUser breaks non-root policy {where}")
    if user is not None:
        return
    name = image.user.partition(":")[0]
    if name and not name.isdigit():
        raise ConfigProblem(
            f"container has runAsNonRoot and image has non-numeric user ({name}), "
            f"cannot verify user is non-root {where}"
        )
    if name in ("", "0"):
        raise ConfigProblem(f"container has runAsNonRoot and image will run as root {where}")
