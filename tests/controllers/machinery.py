"""Controllers on a real API server in virtual time, with a tiny scheduler and kubelet beside them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import ApiError, NotFound
from tuik8s.api.objects import Key, copy, is_deleting, is_pod_finished, key_of
from tuik8s.client import EventRecorder
from tuik8s.reconcile import Controller, Informers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from tests.support.control_plane import ControlPlane
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

Check: TypeAlias = "Callable[[], Awaitable[Any]]"
Edit: TypeAlias = "Callable[[Obj], Any]"

NEVER_READY = "broken"


class TinyKubelet:
    """Binds pods in turn to `nodes`, makes them Running and Ready, ends those that are deleted.

    Images that contain `broken` run but never become ready.
    """

    def __init__(self, plane: ControlPlane, informers: Informers, nodes: list[str]) -> None:
        self.start_delay, self.stop_delay = 1.0, 1.0
        self.nodes = nodes
        self.silent: set[str] = set()
        self._client = plane.client_for("system:node")
        self._clock = plane.clock
        self._pods = informers.of(kinds.POD)
        self._due: dict[tuple[str, str], float] = {}
        self._turn = 0
        self._controller = Controller("tiny-kubelet", self._reconcile, informers=informers, workers=4)
        self._controller.watches(self._pods)

    async def run(self) -> None:
        await self._controller.run()

    async def _reconcile(self, key: Key) -> float | None:
        pod = self._pods.get(key)
        if pod is None or (pod["spec"].get("nodeName") in self.silent):
            return None
        if is_deleting(pod):
            return await self._stop(key, pod)
        if not pod["spec"].get("nodeName"):
            await self._bind(key, pod)
            return None
        if is_pod_finished(pod) or pod.get("status", {}).get("phase") == "Running":
            return None
        return await self._start(pod)

    async def _bind(self, key: Key, pod: Obj) -> None:
        node = self.nodes[self._turn % len(self.nodes)]
        self._turn += 1
        target = {"apiVersion": "v1", "kind": "Node", "name": node}
        binding = {"metadata": {"name": key.name, "namespace": key.namespace}, "target": target}
        await self._client.create_subresource(kinds.POD, key.namespace, key.name, "binding", binding)

    async def _start(self, pod: Obj) -> float | None:
        wait = self._remaining(pod, "start", self.start_delay)
        if wait > 0:
            return wait
        now = timestamp(self._clock.now())
        ready = NEVER_READY not in pod["spec"]["containers"][0]["image"]
        running = copy(pod)
        running["status"] = {
            **(pod.get("status") or {}),
            "phase": "Running",
            "startTime": now,
            "conditions": [{"type": "Ready", "status": str(ready), "lastTransitionTime": now}],
        }
        await self._client.update_status(kinds.POD, running)
        return None

    async def _stop(self, key: Key, pod: Obj) -> float | None:
        wait = self._remaining(pod, "stop", self.stop_delay)
        if wait > 0:
            return wait
        try:
            await self._client.delete(kinds.POD, key.namespace, key.name, grace_period_seconds=0)
        except NotFound:
            return None
        return None

    def _remaining(self, pod: Obj, what: str, delay: float) -> float:
        now = asyncio.get_running_loop().time()
        return self._due.setdefault((pod["metadata"]["uid"], what), now + delay) - now


class Machinery:
    """Controllers running against `plane`; made by `machinery(...)`."""

    def __init__(self, plane: ControlPlane, *, nodes: int = 3) -> None:
        self.plane = plane
        self.client = plane.client
        self.informers = Informers(plane.client_for("system:kube-controller-manager"))
        self.recorder = EventRecorder(plane.client, "controllers", clock=plane.clock)
        self.kubelet = TinyKubelet(
            plane, self.informers, [f"node-{number}" for number in range(1, nodes + 1)]
        )
        self.controllers: dict[type, Any] = {}
        self._tasks: dict[Any, asyncio.Task[None]] = {}

    def add(self, controller: type, **options: Any) -> Any:
        made = controller(self.client, self.informers, self.recorder, clock=self.plane.clock, **options)
        self.controllers[controller] = made
        return made

    def delay(self, kind: Kind, seconds: float) -> None:
        """Have the cache of this kind be filled late; to be asked for before `start`."""
        informer = self.informers.of(kind)
        run = informer.run

        async def late() -> None:
            await asyncio.sleep(seconds)
            await run()

        informer.run = late  # type: ignore[method-assign]

    def start(self) -> None:
        for part in (self.informers, self.recorder, self.kubelet, *self.controllers.values()):
            self.restart(part)

    def restart(self, part: Any) -> None:
        """Run a part whose task has ended."""
        self._tasks[part] = asyncio.create_task(part.run(), name=type(part).__name__)

    def task_of(self, part: Any) -> asyncio.Task[None]:
        return self._tasks[part]

    async def stop(self) -> None:
        for task in self._tasks.values():
            assert not task.done() or task.exception() is None, task
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def get(self, kind: Kind, name: str, namespace: str = "default") -> Obj:
        return await self.client.get(kind, namespace, name)

    async def all(self, kind: Kind, namespace: str = "", **selection: Any) -> list[Obj]:
        items: list[Obj] = (await self.client.list(kind, namespace, **selection))["items"]
        return items

    async def exists(self, kind: Kind, name: str, namespace: str = "default") -> bool:
        try:
            await self.get(kind, name, namespace)
        except NotFound:
            return False
        return True

    async def change(self, kind: Kind, obj: Obj, edit: Edit) -> Obj:
        """Read, edit a copy, write; again on conflict."""
        key = key_of(obj)
        while True:
            current = copy(await self.client.get(kind, key.namespace, key.name))
            edit(current)
            try:
                return await self.client.update(kind, current)
            except ApiError as error:
                if error.code != 409:
                    raise
                await asyncio.sleep(0.01)

    async def change_status(self, kind: Kind, wanted: Obj) -> None:
        """Write `wanted`'s status over whatever the current revision is."""
        key = key_of(wanted)
        patch = {"status": wanted["status"]}
        await self.client.patch(kind, key.namespace, key.name, patch, subresource="status")

    async def events(self, reason: str = "") -> list[str]:
        await self.recorder.flush()
        found = await self.all(kinds.EVENT)
        return [event["message"] for event in found if reason in ("", event["reason"])]

    async def until(self, check: Check, *, limit: float = 120.0) -> float:
        """Wait in virtual time until the awaitable's answer is true; how long that took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not await check():
            assert loop.time() - began < limit, f"not reached in {limit} s: {check}"
            await asyncio.sleep(0.1)
        return loop.time() - began


@asynccontextmanager
async def machinery(
    plane: ControlPlane, *controllers: type, nodes: int = 3, late: Mapping[Kind, float] | None = None,
    **options: Any,
) -> AsyncIterator[Machinery]:  # fmt: skip
    """Start these controllers, all given the same `options`; stop them and check that none has died.

    `late` says of which kinds the caches are filled so many seconds later than the others.
    """
    machines = Machinery(plane, nodes=nodes)
    for controller in controllers:
        machines.add(controller, **options)
    for kind, seconds in (late or {}).items():
        machines.delay(kind, seconds)
    machines.start()
    try:
        yield machines
    finally:
        await machines.stop()


def deployment(name: str = "web", *, replicas: int = 2, image: str = "web:1", **spec: Any) -> Obj:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": image}]},
            },
            **spec,
        },
    }


def replica_set(name: str = "web", *, replicas: int = 2, **spec: Any) -> Obj:
    return {**deployment(name, replicas=replicas, **spec), "kind": "ReplicaSet"}


def pod(name: str, *, labels: dict[str, str] | None = None, **spec: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": labels or {}},
        "spec": {"containers": [{"name": "web", "image": "web:1"}], **spec},
    }
