"""What can be made to fail on purpose: nodes, containers, images. Of simulated clusters only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.cri.simulated import SimulatedRuntime

if TYPE_CHECKING:
    from tuik8s.cluster.cluster import Cluster
    from tuik8s.cluster.supervisor import Component

LOOK_AGAIN = 0.001


class Outages:
    """Failures of one cluster. Raises LookupError for what is not there."""

    def __init__(self, cluster: Cluster) -> None:
        if not isinstance(cluster.runtime, SimulatedRuntime):
            raise TypeError("only simulated containers and nodes can be made to fail")
        self._cluster = cluster
        self._runtime = cluster.runtime
        self._lost: set[str] = set()

    async def stop_node(self, name: str) -> None:
        """Power off: the kubelet is silent, every container on the node is dead. Returns when that is so."""
        kubelet = self._kubelet(name)
        self._cluster.kubelets.powered_off.add(name)
        kubelet.pause()
        while kubelet.state().state != "paused":  # noqa: ASYNC110 a component tells nobody
            await asyncio.sleep(LOOK_AGAIN)
        for sandbox in await self._runtime.list_sandboxes():
            if sandbox.node == name:
                await self._runtime.stop_sandbox(sandbox.id)

    def start_node(self, name: str) -> None:
        """Power on again: the kubelet starts what is bound to the node."""
        kubelet = self._kubelet(name)
        self._cluster.kubelets.powered_off.discard(name)
        kubelet.resume()

    async def exit_container(
        self, namespace: str, pod: str, container: str = "", *, code: int, reason: str = ""
    ) -> None:
        """End a running container as if its program had ended; without a name, the pod's first."""
        found = await self._cluster.client.get(kinds.POD, namespace, pod)
        wanted = container or found["spec"]["containers"][0]["name"]
        for status in await self._runtime.list_containers(found["metadata"]["uid"]):
            if status.name == wanted and status.state == "running":
                self._runtime.exit_container(status.id, code, reason)
                return
        raise LookupError(f"no container {wanted!r} runs in pod {namespace}/{pod}")

    def lose_images(self, glob: str) -> None:
        """Images of such names can be pulled from nowhere, and are on no node."""
        self._runtime.lose_images(glob)
        self._lost.add(glob)

    def find_images(self, glob: str) -> None:
        self._runtime.find_images(glob)
        self._lost.discard(glob)

    def end(self) -> None:
        """Start every node that was stopped, and find every image that was lost."""
        for name in tuple(self._cluster.kubelets.powered_off):
            self.start_node(name)
        for glob in tuple(self._lost):
            self.find_images(glob)

    def _kubelet(self, name: str) -> Component:
        names = self._cluster.kubelets.names
        if name not in names:
            raise LookupError(f"no node {name!r}: there are {', '.join(names) or 'none'}")
        return self._cluster.supervisor[f"kubelet-{name}"]
