"""A kubelet on the simulated runtime over a real API server, in virtual time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

from tests.kubelet.fake_runtime import FakeRuntime
from tuik8s.api import kinds
from tuik8s.api.errors import AlreadyExists, NotFound
from tuik8s.api.objects import Obj, is_pod_ready
from tuik8s.client import EventRecorder
from tuik8s.kubelet import Kubelet, NodeConfig
from tuik8s.reconcile import Informers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.support.control_plane import ControlPlane

NODE = "node-1"


class Bench:
    """One node by default; `runtime` outlives the kubelets, so that a restart can be played."""

    def __init__(self, plane: ControlPlane, root: Path) -> None:
        self.plane = plane
        self.client = plane.client
        self.root = root
        self.runtime = FakeRuntime(cluster="test", clock=plane.clock)
        self.kubelets: list[Kubelet] = []
        self._waiting: list[asyncio.Future[None]] = []
        self.informers: Informers
        self.recorder: EventRecorder

    @property
    def kubelet(self) -> Kubelet:
        return self.kubelets[0]

    @asynccontextmanager
    async def running(self, *nodes: NodeConfig) -> AsyncIterator[None]:
        """Kubelets for these nodes, until the block ends; containers stay."""
        client = self.plane.client_for("system:node:test")
        self.informers = Informers(client)
        self.informers.of(kinds.POD).subscribe(self._pod_changed)
        self.recorder = EventRecorder(client, "kubelet", clock=self.plane.clock)
        self.kubelets = [
            Kubelet(
                client,
                self.informers,
                self.recorder,
                self.runtime,
                node,
                clock=self.plane.clock,
                ids=self.plane.ids,
                root=self.root / node.name,
            )
            for node in nodes or (node_config(),)
        ]
        parts: list[Any] = [self.informers, self.recorder, *self.kubelets]
        tasks = [asyncio.create_task(part.run()) for part in parts]
        try:
            yield
            for task in tasks:
                # A kubelet that a test stopped was cancelled; nothing else may have ended.
                assert task.cancelled() or not task.done(), task.exception()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def prepare(self) -> None:
        """What other components would have made."""
        with suppress(AlreadyExists):
            await self.create(kinds.SERVICE_ACCOUNT, "default")

    # Objects -----------------------------------------------------------------------------------------------

    async def create(self, kind: kinds.Kind, name: str, **fields: Any) -> Obj:
        meta = {"name": name, "namespace": "default"} if kind.namespaced else {"name": name}
        return await self.client.create(
            kind, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta, **fields}
        )

    async def pod(self, name: str = "web", *, node: str = NODE, **spec: Any) -> Obj:
        """Bound at birth; `annotations` are those of the simulated runtime."""
        annotations = spec.pop("annotations", {})
        labels = spec.pop("labels", {"app": name})
        spec.setdefault("containers", [container()])
        body: Obj = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": "default",
                "labels": labels,
                "annotations": {f"sim.tuik8s.io/{key}": value for key, value in annotations.items()},
            },
            "spec": {"nodeName": node, **spec},
        }
        return await self.client.create(kinds.POD, body)

    async def get(self, name: str = "web") -> Obj:
        return await self.client.get(kinds.POD, "default", name)

    async def node(self, name: str = NODE) -> Obj:
        return await self.client.get(kinds.NODE, "", name)

    async def gone(self, name: str = "web") -> bool:
        try:
            await self.get(name)
        except NotFound:
            return True
        return False

    async def delete(self, name: str = "web", **options: Any) -> None:
        await self.client.delete(kinds.POD, "default", name, **options)

    async def until(
        self, condition: Callable[[Obj], bool], name: str = "web", *, timeout: float = 600.0
    ) -> Obj:
        """The pod once the condition holds; looks at every change that is reported."""
        pod: Obj = {}
        try:
            async with asyncio.timeout(timeout):
                while True:
                    pod = self.informers.of(kinds.POD).find("default", name) or pod
                    if pod and condition(pod):
                        return pod
                    await self._next_change()
        except TimeoutError:
            raise AssertionError(f"not so after {timeout} s: {pod.get('status')}") from None

    async def _next_change(self) -> None:
        changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(changed)
        await changed

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def until_ready(self, name: str = "web") -> Obj:
        return await self.until(is_pod_ready, name)

    async def until_gone(self, name: str = "web", *, timeout: float = 600.0) -> None:
        async with asyncio.timeout(timeout):
            while not await self.gone(name):
                await self._next_change()

    async def events(self, name: str = "web") -> list[tuple[str, str]]:
        """(reason, message) about one object, oldest first."""
        await self.recorder.flush()
        answer = await self.client.list(kinds.EVENT)
        mine = [event for event in answer["items"] if event["involvedObject"]["name"] == name]
        mine.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
        return [(event["reason"], event["message"]) for event in mine]

    async def reasons(self, name: str = "web") -> list[str]:
        return [reason for reason, _ in await self.events(name)]

    def now(self) -> float:
        return asyncio.get_running_loop().time()


def node_config(name: str = NODE, **fields: Any) -> NodeConfig:
    number = name.rpartition("-")[2]
    return NodeConfig(name=name, **{"pod_cidr": f"10.244.{number}.0/24", "address": "192.0.2.10", **fields})


def container(name: str = "web", image: str = "app", **fields: Any) -> Obj:
    return {"name": name, "image": image, "imagePullPolicy": "IfNotPresent", **fields}


def status_of(pod: Obj, name: str = "web") -> Obj:
    status = pod.get("status") or {}
    for entry in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        if entry["name"] == name:
            return entry  # type: ignore[no-any-return]
    return {"state": {}, "lastState": {}}


def waiting(pod: Obj, name: str = "web") -> str:
    return str((status_of(pod, name)["state"].get("waiting") or {}).get("reason", ""))


def phase(pod: Obj) -> str:
    return str((pod.get("status") or {}).get("phase", ""))
