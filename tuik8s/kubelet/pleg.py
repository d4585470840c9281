"""What the runtime runs, per pod: the pod lifecycle event generator (pkg/kubelet/pleg).

One per runtime, shared by every kubelet of the process: one event stream, and one list of everything every
few seconds for all nodes, which repairs what events missed and shows whether the runtime answers.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple, Protocol
from weakref import WeakValueDictionary

from tuik8s.cri import RuntimeFault

if TYPE_CHECKING:
    from tuik8s.cri import ContainerStatus, PodSandboxStatus, Runtime

log = logging.getLogger(__name__)

RELIST_PERIOD = 5.0
RETRY_PERIOD = 1.0
"""Seconds between attempts to reach a runtime that is down."""


class PodState(NamedTuple):
    """Everything the runtime has of one pod, newest first."""

    sandboxes: tuple[PodSandboxStatus, ...] = ()
    containers: tuple[ContainerStatus, ...] = ()

    @property
    def sandbox(self) -> PodSandboxStatus | None:
        """The newest, whether it still runs or not."""
        return self.sandboxes[0] if self.sandboxes else None

    def latest(self, name: str) -> ContainerStatus | None:
        return next((c for c in self.containers if c.name == name), None)

    def previous(self, name: str) -> ContainerStatus | None:
        """The instance before the newest."""
        instances = [c for c in self.containers if c.name == name]
        return instances[1] if len(instances) > 1 else None

    def current(self, name: str) -> ContainerStatus | None:
        """The newest instance, if it belongs to the newest sandbox."""
        latest, sandbox = self.latest(name), self.sandbox
        return latest if latest and sandbox and latest.sandbox_id == sandbox.id else None

    @property
    def running(self) -> tuple[ContainerStatus, ...]:
        return tuple(c for c in self.containers if c.state == "running")

    @property
    def node(self) -> str:
        if self.sandboxes:
            return self.sandboxes[0].node
        return self.containers[0].node if self.containers else ""


NOTHING = PodState()


class Listener(Protocol):
    """One kubelet."""

    def runtime_changed(self, pod_uid: str) -> None: ...
    def runtime_available(self, available: bool) -> None: ...


_shared: WeakValueDictionary[int, Pleg] = WeakValueDictionary()


class Pleg:
    """A cache of every pod's runtime state, and calls to the node's kubelet when one changes.

    Runs while at least one kubelet has joined. `synced` is set after the first complete list.
    """

    @classmethod
    def of(cls, runtime: Runtime) -> Pleg:
        """The one of this runtime."""
        # The value holds the runtime, so that its identity is not used again as long as the entry lives.
        found = _shared.get(id(runtime))
        if found is None:
            found = _shared[id(runtime)] = cls(runtime)
        return found

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pods: dict[str, PodState] = {}
        self._listeners: dict[str, Listener] = {}
        self._turn = 0
        self._seen: dict[str, int] = {}
        """Which look each state is from. Looks can overtake each other: the one that began last counts."""
        self._tasks: list[asyncio.Task[None]] = []
        self.synced = asyncio.Event()
        self.available = False
        self.relists = 0

    def join(self, node: str, listener: Listener) -> None:
        self._listeners[node] = listener
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._relist_forever(), name="pleg relist"),
                asyncio.create_task(self._follow_events(), name="pleg events"),
            ]
        if self.synced.is_set():
            listener.runtime_available(self.available)

    async def leave(self, node: str) -> None:
        self._listeners.pop(node, None)
        if self._listeners or not self._tasks:
            return
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # What was seen last stays readable: a paused kubelet does not cut its pods off.
        self.synced.clear()
        self.available = False

    def state(self, pod_uid: str) -> PodState:
        """As of the last look."""
        return self._pods.get(pod_uid, NOTHING)

    def pods_of(self, node: str) -> list[str]:
        return [uid for uid, state in self._pods.items() if state.node == node]

    async def refresh(self, pod_uid: str) -> PodState:
        """Look at one pod now. Raises `RuntimeFault`."""
        turn = self._next_turn()
        state = PodState(
            tuple(await self._runtime.list_sandboxes(pod_uid)),
            tuple(await self._runtime.list_containers(pod_uid)),
        )
        if self._seen.get(pod_uid, 0) > turn:
            return self.state(pod_uid)
        self._seen[pod_uid] = turn
        if state == NOTHING:
            self._pods.pop(pod_uid, None)
        else:
            self._pods[pod_uid] = state
        return state

    async def _relist_forever(self) -> None:
        while True:
            try:
                await self._relist()
            except RuntimeFault as error:
                if self.available:
                    log.warning("container runtime is down: %s", error)
                self._set_available(False)
            except Exception:
                log.exception("relist failed")
            else:
                self._set_available(True)
                self.synced.set()
            await asyncio.sleep(RELIST_PERIOD if self.available else RETRY_PERIOD)

    async def _relist(self) -> None:
        turn = self._next_turn()
        sandboxes: dict[str, list[PodSandboxStatus]] = defaultdict(list)
        containers: dict[str, list[ContainerStatus]] = defaultdict(list)
        for sandbox in await self._runtime.list_sandboxes():
            sandboxes[sandbox.uid].append(sandbox)
        for container in await self._runtime.list_containers():
            containers[container.pod_uid].append(container)
        self.relists += 1
        for uid in self._pods.keys() | sandboxes.keys() | containers.keys():
            if self._seen.get(uid, 0) < turn:
                self._replace(uid, PodState(tuple(sandboxes.get(uid, ())), tuple(containers.get(uid, ()))))
        self._seen = {uid: seen for uid, seen in self._seen.items() if seen > turn}

    def _next_turn(self) -> int:
        self._turn += 1
        return self._turn

    def _replace(self, uid: str, state: PodState) -> None:
        old = self._pods.get(uid, NOTHING)
        if state == old:
            return
        if state == NOTHING:
            del self._pods[uid]
        else:
            self._pods[uid] = state
        self._notify(state.node or old.node, uid)

    async def _follow_events(self) -> None:
        while True:
            try:
                async for event in self._runtime.events():
                    self._notify(event.node, event.pod_uid)
            except RuntimeFault as error:
                log.debug("runtime events ended: %s", error)
            except Exception:
                log.exception("runtime events failed")
            await asyncio.sleep(RETRY_PERIOD)

    def _notify(self, node: str, uid: str) -> None:
        listener = self._listeners.get(node)
        if listener is not None:
            listener.runtime_changed(uid)

    def _set_available(self, available: bool) -> None:
        if available == self.available and self.synced.is_set():
            return
        self.available = available
        for listener in list(self._listeners.values()):
            listener.runtime_available(available)
