"""What only the own cluster knows, measured, for whoever shows it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.api import kinds
from tuik8s.api.clock import parse_time
from tuik8s.cluster.causes import Story, story_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tuik8s.api.kinds import Kind
    from tuik8s.api.manifests import ManifestFile
    from tuik8s.cluster.cluster import Cluster
    from tuik8s.cluster.supervisor import ComponentState

SAMPLE_EVERY = 1.0
ACTIONS_KEPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """One sample; every figure was measured."""

    loop_lag_ms: float = 0.0
    requests_per_second: float = 0.0
    watches: int = 0
    objects: int = 0
    revision: int = 0
    store_bytes: int = 0
    queues: Mapping[str, int] = field(default_factory=dict)
    pulls: Mapping[str, str] = field(default_factory=dict)
    heartbeats: Mapping[str, float] = field(default_factory=dict)


class Action(NamedTuple):
    """Something a person did through the interface."""

    time: datetime
    label: str
    target: str
    kubectl: str
    outcome: str


class Information:
    """Answers from memory; `run` takes a sample a second."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._vitals = Vitals()
        self._requests = 0
        self._actions: deque[Action] = deque(maxlen=ACTIONS_KEPT)
        self._runtime = "starting"
        self.started = cluster.clock.now()

    @property
    def name(self) -> str:
        return self._cluster.config.cluster

    @property
    def runtime(self) -> str:
        return self._runtime

    @property
    def endpoint(self) -> str:
        listener = self._cluster.listener
        return listener.endpoint if listener else ""

    @property
    def folder(self) -> str:
        folder = self._cluster.config.folder
        return str(folder) if folder else ""

    def vitals(self) -> Vitals:
        return self._vitals

    def requests(self) -> Sequence[Any]:
        return self._cluster.api.recent_requests()

    def components(self) -> Sequence[ComponentState]:
        return self._cluster.supervisor.states()

    def alerts(self) -> Sequence[str]:
        """What is wrong with the cluster as a whole now, the worst first."""
        cluster = self._cluster
        found: list[str] = []
        if not cluster.kubelets.runtime_answers:
            found.append(
                f"{self._runtime} does not answer: nodes are not ready, containers are left as they are;"
                " it is tried again every second"
            )
        if cluster.applier is not None and cluster.applier.missing:
            found.append(f"the folder {self.folder} is not there: what it held stays as it is")
        found += [
            f"{state.name} crashed ({state.last_error}) and is started again"
            for state in cluster.supervisor.states()
            if state.state == "backing off"
        ]
        return found

    def manifests(self) -> Sequence[ManifestFile]:
        applier = self._cluster.applier
        return applier.statuses() if applier else ()

    def verdicts(self, pod_uid: str) -> Sequence[Any]:
        scheduler = getattr(self._cluster, "scheduler", None)  # it comes after the interface
        return scheduler.verdicts(pod_uid) if scheduler is not None else ()

    async def story(self, kind: Kind, namespace: str, name: str) -> Story:
        """The object's writes and the chain that led to the latest."""
        return await story_of(self._cluster.store, self._cluster.registry, kind, namespace, name)

    def note_action(self, *, time: datetime, label: str, target: str, kubectl: str, outcome: str) -> None:
        self._actions.append(Action(time, label, target, kubectl, outcome))

    def actions(self) -> Sequence[Action]:
        """The latest, oldest first."""
        return tuple(self._actions)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(SAMPLE_EVERY)
            now = loop.time()
            self._vitals = await self._sample(now - last)
            last = now
            await self._name_runtime()

    async def _sample(self, seconds: float) -> Vitals:
        store, api = self._cluster.store.statistics(), self._cluster.api.statistics()
        total = sum(api.requests.values())
        requests, self._requests = total - self._requests, total
        statistics = [controller.statistics() for controller in self._cluster.controllers]
        queues = {item.name.removesuffix("-controller"): item.queue.ready for item in statistics}
        return Vitals(
            loop_lag_ms=self._cluster.lag.percentile() * 1000,
            requests_per_second=requests / seconds,
            watches=api.watches,
            objects=store.objects,
            revision=store.revision,
            store_bytes=store.bytes,
            queues=queues,
            pulls=self._cluster.kubelets.pulls(),
            heartbeats=self._heartbeats(),
        )

    def _heartbeats(self) -> dict[str, float]:
        """Seconds since each node's lease was renewed, straight from the store: it is a local read."""
        now = self._cluster.clock.now()
        leases = self._cluster.store.list(f"{kinds.LEASE.prefix}kube-node-lease/").items
        renewed = {lease["metadata"]["name"]: (lease.get("spec") or {}).get("renewTime") for lease in leases}
        return {name: (now - parse_time(time)).total_seconds() for name, time in renewed.items() if time}

    async def _name_runtime(self) -> None:
        runtime = self._cluster.runtime
        if runtime is None or self._runtime != "starting":
            return
        version = await runtime.version()
        self._runtime = "simulated" if version.name == "simulated" else f"{version.name} {version.version}"
