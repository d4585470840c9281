"""The probes of one pod's containers, and what they have found."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, get_args

from tuik8s.api.pods import container_statuses, is_sidecar
from tuik8s.kubelet.handlers import Target
from tuik8s.kubelet.probes.prober import ProbeKind, Prober

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.cri import ContainerStatus
    from tuik8s.kubelet.host import Host
    from tuik8s.kubelet.pleg import PodState

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Instance:
    """One running container: what is known, and the tasks that find out more."""

    spec: Obj
    results: dict[str, bool]
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    started: asyncio.Event = field(default_factory=asyncio.Event)


class PodProbes:
    """Answers for containers it was told of by `sync`; calls `changed` when an answer changes."""

    def __init__(self, host: Host, changed: Callable[[], None]) -> None:
        self._host = host
        self._changed = changed
        self._instances: dict[str, _Instance] = {}

    def sync(self, pod: Obj, state: PodState, container_id: Callable[[str], str]) -> None:
        """Probe exactly the containers that run."""
        running = {status.id: status for status in state.running}
        for identifier in self._instances.keys() - running.keys():
            self._stop(self._instances.pop(identifier))
        fresh = [status for identifier, status in running.items() if identifier not in self._instances]
        if not fresh:
            return
        spec = pod["spec"]
        specs = {c["name"]: c for c in spec.get("initContainers") or () if is_sidecar(c)}
        specs |= {c["name"]: c for c in spec["containers"]}
        for status in fresh:
            if status.name in specs:
                self._begin(pod, specs[status.name], status, state, container_id(status.id))

    def started(self, container: ContainerStatus) -> bool:
        instance = self._instances.get(container.id)
        return instance is not None and instance.started.is_set()

    def ready(self, container: ContainerStatus) -> bool:
        instance = self._instances.get(container.id)
        return instance is not None and instance.started.is_set() and instance.results.get("readiness", True)

    def failed(self, container: ContainerStatus) -> str:
        instance = self._instances.get(container.id)
        for kind in ("startup", "liveness"):
            if instance is not None and instance.results.get(kind) is False:
                return kind
        return ""

    def stop(self) -> None:
        for instance in self._instances.values():
            self._stop(instance)
        self._instances.clear()

    def _begin(self, pod: Obj, spec: Obj, status: ContainerStatus, state: PodState, reported_id: str) -> None:
        instance = _Instance(spec, {})
        self._instances[status.id] = instance
        # A container that was found running keeps what was last said about it (the program was restarted).
        old = container_statuses(pod).get(spec["name"]) or {}
        known = old if old.get("containerID") == reported_id else {}
        if "readinessProbe" in spec:
            instance.results["readiness"] = bool(known.get("ready"))
        if "startupProbe" not in spec or known.get("started"):
            instance.started.set()
        kinds = [k for k in get_args(ProbeKind) if spec.get(f"{k}Probe")]
        if instance.started.is_set():
            kinds = [kind for kind in kinds if kind != "startup"]
        ip = state.sandbox.ip if state.sandbox else ""
        address = self._host.node.address if pod["spec"].get("hostNetwork") else ip
        target = Target(self._host.runtime, status.id, status.sandbox_id, address, spec)
        for kind in kinds:
            instance.tasks.append(
                asyncio.create_task(
                    self._probe(pod, kind, instance, target, status), name=f"{kind} probe {spec['name']}"
                )
            )

    async def _probe(
        self, pod: Obj, kind: ProbeKind, instance: _Instance, target: Target, status: ContainerStatus
    ) -> None:
        def verdict(healthy: bool) -> None:
            if instance.results.get(kind) is healthy:
                return
            instance.results[kind] = healthy
            if kind == "startup" and healthy:
                instance.started.set()
            self._changed()

        def trouble(message: str) -> None:
            self._host.event(pod, "Warning", "Unhealthy", message, container=instance.spec)

        if kind != "startup":
            await instance.started.wait()
        since = status.started_at or status.created_at
        age = (self._host.clock.now() - since).total_seconds()
        try:
            await Prober(kind, target, verdict, trouble).run(age)
        except Exception:
            log.exception("%s probe of %s ended", kind, instance.spec["name"])

    @staticmethod
    def _stop(instance: _Instance) -> None:
        for task in instance.tasks:
            task.cancel()
