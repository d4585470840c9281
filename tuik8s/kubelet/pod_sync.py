"""The two activities of a pod worker: bring a pod up, and tear it down (syncPod, syncTerminatingPod)."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.pods import every_container
from tuik8s.cri import RuntimeFault, RuntimeUnavailable
from tuik8s.kubelet.actions import Actions, Kill, compute
from tuik8s.kubelet.containers import PodContainers
from tuik8s.kubelet.generate import sandbox_config
from tuik8s.kubelet.host import pod_text
from tuik8s.kubelet.ipam import NoAddress
from tuik8s.kubelet.termination import TerminationMessages
from tuik8s.kubelet.volumes import PodVolumes, VolumeProblem

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tuik8s.api.objects import Obj
    from tuik8s.kubelet.pleg import PodState
    from tuik8s.kubelet.probes import PodProbes
    from tuik8s.kubelet.resizing import Resizing
    from tuik8s.kubelet.services import Services

log = logging.getLogger(__name__)

FIRST_VOLUME_RETRY, LAST_VOLUME_RETRY = 0.5, 122.0
SANDBOX_RETRY = 10.0
RESIZE_RETRY = 30.0
ROUNDS = 100
"""More than any pod needs to come up; after so many the runtime does not do what it says."""
KEPT_INSTANCES = 2
"""Of each container: the one that runs, and the one before it for its log."""


class PodSync:
    """Holds what one pod's activities know between two of them."""

    def __init__(self, services: Services, pod_uid: str, probes: PodProbes, resizing: Resizing) -> None:
        self._services = services
        self._host = services.host
        self._uid = pod_uid
        self._probes = probes
        self._resizing = resizing
        self.volumes = PodVolumes(services.host, pod_uid)
        self.messages = TerminationMessages(services.host, pod_uid)
        self.containers = PodContainers(services, self.volumes, self.messages)
        self._volumes_ready = False
        self._volume_retry = FIRST_VOLUME_RETRY
        self._hold: datetime | None = None

    def text(self, pod: Obj) -> str:
        return pod_text(pod)

    def is_finished(self, pod: Obj, state: PodState) -> bool:
        return compute(pod, state, self._probes).finished

    def is_due(self, pod: Obj, state: PodState) -> bool:
        """Whether there is something to do now."""
        now = self._host.clock.now()
        if self._hold is not None and self._hold > now:
            return False
        if self.volumes.refresh is not None and self.volumes.refresh <= now:
            return True
        actions = compute(pod, state, self._probes)
        due = any(not self.containers.held(container) for container in actions.start)
        resizes = self._resizing.changes(pod, state)
        return actions.create_sandbox or bool(actions.kill) or bool(resizes) or due

    def release(self) -> None:
        """Try again at once what waited for its volumes or its sandbox."""
        self._hold = None

    def next_due(self) -> datetime | None:
        times = (self._hold, self.containers.next_due(), self.volumes.refresh)
        return min((moment for moment in times if moment and moment > self._host.clock.now()), default=None)

    async def collect_messages(self, pod: Obj, state: PodState) -> None:
        for container in every_container(pod):
            latest = state.latest(container["name"])
            if latest is not None:
                await self.messages.collect(container, latest)

    # Up ---------------------------------------------------------------------------------------------------

    async def bring_up(self, current: Callable[[], Obj], *, refresh_volumes: bool) -> None:
        """Do what is due until nothing is; `current` gives the newest spec. Raises `RuntimeFault`."""
        if refresh_volumes:
            self.containers.release_configuration()
            self._hold = None
            await self._refresh_volumes(current())
        if self.volumes.refresh is not None and self.volumes.refresh <= self._host.clock.now():
            await self._refresh_volumes(current())
        for _ in range(ROUNDS):
            pod, state = current(), self._services.pleg.state(self._uid)
            actions = compute(pod, state, self._probes)
            if actions.finished or not await self._perform(pod, state, actions):
                return
            await self._services.pleg.refresh(self._uid)
        raise RuntimeFault(f"pod is not as it should be after {ROUNDS} rounds")

    async def _perform(self, pod: Obj, state: PodState, actions: Actions) -> bool:
        """Whether anything changed."""
        if not await self._ensure_volumes(pod):
            return False
        if actions.create_sandbox:
            return await self._create_sandbox(pod, state)
        for kill in actions.kill:
            await self._kill(pod, state, kill)
        changed = await self._resize(pod, state, actions) or bool(actions.kill)
        for container in actions.start:
            if not self.containers.held(container):
                await self._prune(state, container["name"])
                changed |= await self.containers.start(pod, container, state)
        return changed

    async def _ensure_volumes(self, pod: Obj) -> bool:
        if self._volumes_ready and not self.volumes.lacks(pod):
            return True
        try:
            await self.volumes.setup(pod)
        except VolumeProblem as problem:
            self._host.event(pod, "Warning", "FailedMount", str(problem))
            self._wait(self._volume_retry)
            self._volume_retry = min(self._volume_retry * 2, LAST_VOLUME_RETRY)
            return False
        self._volumes_ready = True
        return True

    async def _refresh_volumes(self, pod: Obj) -> None:
        if not self._volumes_ready:
            await self._ensure_volumes(pod)
            return
        try:
            await self.volumes.update(pod)
        except VolumeProblem as problem:
            # The containers keep what they have; the object may come back.
            self._host.event(pod, "Warning", "FailedMount", str(problem))
            self.volumes.refresh = self._host.clock.now() + timedelta(seconds=LAST_VOLUME_RETRY)

    async def _create_sandbox(self, pod: Obj, state: PodState) -> bool:
        self._check_pull_secrets(pod)
        attempt = 0
        if state.sandbox is not None:
            attempt = state.sandbox.attempt + 1
            self._host.event(
                pod, "Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created."
            )
            for status in state.running:
                await self._host.runtime.stop_container(status.id, 0)
            await self._host.runtime.stop_sandbox(state.sandbox.id)
        try:
            address = "" if pod["spec"].get("hostNetwork") else self._services.addresses.allocate(self._uid)
            config = sandbox_config(pod, self._host.node, ip=address, attempt=attempt)
            await self._host.runtime.run_sandbox(config)
        except RuntimeUnavailable:
            raise
        except (RuntimeFault, NoAddress) as error:
            self._host.event(
                pod, "Warning", "FailedCreatePodSandBox", f"Failed to create pod sandbox: {error}"
            )
            self._wait(SANDBOX_RETRY)
            return False
        return True

    def _check_pull_secrets(self, pod: Obj) -> None:
        secrets, namespace = self._host.informers.of(kinds.SECRET), pod["metadata"]["namespace"]
        names = [reference.get("name", "") for reference in pod["spec"].get("imagePullSecrets") or ()]
        missing = [name for name in names if secrets.find(namespace, name) is None]
        if missing:
            self._host.event(
                pod, "Warning", "FailedToRetrieveImagePullSecret",
                f"Unable to retrieve some image pull secrets ({', '.join(missing)}); "
                "attempting to pull the image may not succeed.",
            )  # fmt: skip

    async def _resize(self, pod: Obj, state: PodState, actions: Actions) -> bool:
        """Give running containers what was granted; whether anything changed."""
        dying, changed = {kill.container.id for kill in actions.kill}, False
        for change in self._resizing.changes(pod, state):
            if change.status.id in dying:
                continue
            try:
                if change.restart:
                    message = f"Container {change.status.name} resize requires restart"
                    await self._kill(pod, state, Kill(change.status, message))
                else:
                    await self._host.runtime.update_container(change.status.id, change.wanted)
                changed = True
            except RuntimeUnavailable:
                raise
            except RuntimeFault as error:
                self._resizing.failed(pod, str(error))
                self._wait(RESIZE_RETRY)
        return changed

    async def _kill(self, pod: Obj, state: PodState, kill: Kill) -> None:
        spec = next((c for c in every_container(pod) if c["name"] == kill.container.name), {})
        grace = (spec.get(f"{kill.probe}Probe") or {}).get("terminationGracePeriodSeconds")
        if grace is None:
            grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        ip = state.sandbox.ip if state.sandbox else ""
        await self.containers.kill(pod, kill.container, float(grace), kill.message, sandbox_ip=ip)

    async def _prune(self, state: PodState, name: str) -> None:
        """Before another instance comes: all but the newest go, and the sandboxes they alone used."""
        instances = [c for c in state.containers if c.name == name]
        for old in instances[KEPT_INSTANCES - 1 :]:
            await self._host.runtime.remove_container(old.id)
        used = {c.sandbox_id for c in state.containers if c not in instances[KEPT_INSTANCES - 1 :]}
        for sandbox in state.sandboxes[1:]:
            if sandbox.id not in used:
                await self._host.runtime.remove_sandbox(sandbox.id)

    def _wait(self, seconds: float) -> None:
        self._hold = self._host.clock.now() + timedelta(seconds=seconds)

    # Down -------------------------------------------------------------------------------------------------

    async def tear_down(self, pod: Obj, state: PodState, grace: float) -> None:
        """Stop everything; volumes go, ended containers stay for their logs. Raises `RuntimeFault`."""
        await self.containers.kill_all(pod, state, grace)
        for sandbox in state.sandboxes:
            if sandbox.ready:
                await self._host.runtime.stop_sandbox(sandbox.id)
        state = await self._services.pleg.refresh(self._uid)
        await self.collect_messages(pod, state)
        await self.volumes.unmount()

    async def forget(self, pod: Obj) -> None:
        """Leave nothing of the pod on the node. Raises `RuntimeFault`."""
        state = self._services.pleg.state(self._uid)
        for container in state.containers:
            await self._host.runtime.remove_container(container.id)
        for sandbox in state.sandboxes:
            await self._host.runtime.remove_sandbox(sandbox.id)
        await self._services.pleg.refresh(self._uid)
        await self.volumes.remove()
        self._services.addresses.release(self._uid)
        self._services.images.forget(pod)
        for spec in every_container(pod):
            self.containers.forget_backoff(pod, spec)
