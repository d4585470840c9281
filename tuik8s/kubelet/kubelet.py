"""One node's kubelet: a worker per pod bound to it, the Node object, orphans."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuik8s.api.errors import ServiceUnavailable
from tuik8s.api.objects import is_deleting, is_pod_finished
from tuik8s.cri import RuntimeFault
from tuik8s.kubelet import admission
from tuik8s.kubelet.host import Host
from tuik8s.kubelet.images import Images
from tuik8s.kubelet.ipam import PodAddresses
from tuik8s.kubelet.node import NodeStatus
from tuik8s.kubelet.orphans import pod_directories, remove_orphan
from tuik8s.kubelet.pleg import Pleg
from tuik8s.kubelet.pod_worker import PodWorker
from tuik8s.kubelet.router import Router
from tuik8s.kubelet.services import Services
from tuik8s.kubelet.streams import Streams
from tuik8s.kubelet.usage import UsageSampler
from tuik8s.kubelet.volumes import PodVolumes
from tuik8s.kubelet.volumes.payload import Reference, references

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from tuik8s.api.clock import Clock, Ids
    from tuik8s.api.objects import Obj
    from tuik8s.api.usage import NodeUsage
    from tuik8s.client import Client, EventRecorder, ExecStream, LogOptions
    from tuik8s.cri import Runtime
    from tuik8s.kubelet.config import NodeConfig
    from tuik8s.kubelet.resizing import Refusal
    from tuik8s.kubelet.server import KubeletServer
    from tuik8s.kubelet.status import Failure
    from tuik8s.reconcile import Informers

log = logging.getLogger(__name__)

VERSION_RETRY = 1.0


@dataclass(frozen=True, slots=True)
class KubeletStatistics:
    node: str
    runtime_ready: bool
    pods: int
    orphans_removed: int
    pulling: dict[str, str]
    """Progress in the runtime's words, by image."""


class Kubelet:
    """Runs the pods bound to `node` on `runtime`; prepares their volumes under `root`.

    All kubelets of a process share informers and runtime, and with them one watch and one list of what runs.
    While the runtime is down the node is not Ready and nothing is deleted. When `run` ends containers go on.
    """

    def __init__(
        self,
        client: Client,
        informers: Informers,
        recorder: EventRecorder,
        runtime: Runtime,
        node: NodeConfig,
        *,
        clock: Clock,
        ids: Ids,
        root: Path,
    ) -> None:
        self.name = node.name
        self._host = Host(
            client=client, informers=informers, recorder=recorder, runtime=runtime, node=node, clock=clock,
            ids=ids, root=root,
        )  # fmt: skip
        self._router = Router.of(informers)
        self._pleg = Pleg.of(runtime)
        self._services = Services(
            host=self._host, pleg=self._pleg, images=Images(self._host), addresses=PodAddresses(),
            usage=UsageSampler.of(runtime, clock), started=clock.now(),
        )  # fmt: skip
        self._node = NodeStatus(self._host)
        self._streams = Streams(self._services)
        self._server: KubeletServer | None = None
        """None before somebody asks: the HTTP library takes longer to load than a node to become ready."""
        self._workers: dict[str, PodWorker] = {}
        self._deferred: set[str] = set()
        """Pods whose resize waits for room."""
        self._references: dict[str, set[Reference]] = {}
        self._prepared = False
        self._orphans: set[str] = set()
        self._orphans_removed = 0
        self._tasks: asyncio.TaskGroup | None = None
        self._running: asyncio.Task[None] | None = None

    # The component -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled, or stopped."""
        self._running = asyncio.current_task()
        self._pleg.join(self.name, self)
        self._services.usage.join(self.name)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                tasks.create_task(self._node.run(), name=f"node {self.name}")
                await self._prepare()
                self._router.join(self.name, self)
                self._find_orphans()
                tasks.create_task(self._remove_directories(), name=f"directories {self.name}")
        finally:
            self._tasks, self._prepared = None, False
            self._router.leave(self.name)
            for worker in list(self._workers.values()):
                self._unwatch(worker)
            self._workers.clear()
            if self._server is not None:
                await self._server.close()
            await self._services.usage.leave(self.name)
            await self._pleg.leave(self.name)

    async def stop(self) -> None:
        """End `run`; containers go on."""
        task, self._running = self._running, None
        if task is not None and not task.done() and task is not asyncio.current_task():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def statistics(self) -> KubeletStatistics:
        return KubeletStatistics(
            self.name,
            self._pleg.available,
            len(self._workers),
            self._orphans_removed,
            dict(self._services.images.pulling),
        )

    # KubeletPort, for this node ----------------------------------------------------------------------------

    def logs(self, pod: Obj, options: LogOptions) -> AsyncIterator[bytes]:
        return self._streams.logs(pod, options)

    async def exec(
        self, pod: Obj, container: str, command: Sequence[str], *, tty: bool, stdin: bool
    ) -> ExecStream:
        return await self._streams.exec(pod, container, command, tty=tty, stdin=stdin)

    async def attach(self, pod: Obj, container: str, *, stdin: bool) -> ExecStream:
        return await self._streams.attach(pod, container, stdin=stdin)

    def dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """One of the kubelet's own HTTP ports; refused while it does not run."""
        if self._tasks is None:
            raise ConnectionRefusedError(111, "connect: connection refused")
        if self._server is None:
            from tuik8s.kubelet.server import KubeletServer

            self._server = KubeletServer(
                self._services, self._streams, lambda: self._router.pods_of(self.name)
            )
        return self._server.dial(port)

    async def usage(self) -> NodeUsage:
        """What the node's containers use. Raises ServiceUnavailable while the runtime does not answer."""
        try:
            return await self._services.usage.usage(self.name)
        except RuntimeFault as error:
            raise ServiceUnavailable(str(error)) from error

    # What router and PLEG tell -----------------------------------------------------------------------------

    def pod_changed(self, pod: Obj) -> None:
        uid = pod["metadata"]["uid"]
        worker = self._workers.get(uid)
        if worker is not None:
            worker.update(pod)
            self._tell_of_room()
        elif self._tasks is not None:
            self._start_worker(pod)

    def pod_gone(self, pod: Obj) -> None:
        worker = self._workers.get(pod["metadata"]["uid"])
        if worker is not None:
            worker.update(None)

    def node_changed(self) -> None:
        self._use_network()
        self._node.look_again()

    def runtime_changed(self, pod_uid: str) -> None:
        worker = self._workers.get(pod_uid)
        if worker is not None:
            worker.runtime_changed()
        elif self._prepared:
            self._find_orphans()

    def runtime_available(self, available: bool) -> None:
        self._node.runtime_ready(available, None)
        if available:
            for worker in self._workers.values():
                worker.look_again()

    # -------------------------------------------------------------------------------------------------------

    async def _prepare(self) -> None:
        """Before any pod is looked at, everything must be known: the pods, the runtime, the network."""
        await self._pleg.synced.wait()
        while not self._services.runtime_name:
            try:
                version = await self._host.runtime.version()
            except RuntimeFault as error:
                log.debug("runtime of node %s: %s", self.name, error)
                await asyncio.sleep(VERSION_RETRY)
            else:
                self._services.runtime_name = version.name
                self._node.runtime_ready(self._pleg.available, version)
        await self._node.registered.wait()
        await self._host.informers.synced()
        self._use_network()
        for uid in self._pleg.pods_of(self.name):
            sandbox = self._pleg.state(uid).sandbox
            if sandbox is not None and sandbox.ip:
                self._services.addresses.adopt(uid, sandbox.ip)
        self._prepared = True

    def _use_network(self) -> None:
        cidr = (self._node.node.get("spec") or {}).get("podCIDR") or self._host.node.pod_cidr
        if cidr and self._services.addresses.network != cidr:
            self._services.addresses.set_network(cidr)
            self._node.network_ready()
            for worker in self._workers.values():
                worker.look_again()

    def _start_worker(self, pod: Obj) -> None:
        assert self._tasks is not None  # only asked while running
        uid = pod["metadata"]["uid"]
        worker = PodWorker(self._services, pod, self._check_admission, self._check_resize)
        self._workers[uid] = worker
        self._references[uid] = references(pod)
        self._router.watch(self._references[uid], worker.configuration_changed)
        self._tasks.create_task(self._work(worker), name=f"pod {uid}")

    async def _work(self, worker: PodWorker) -> None:
        try:
            await worker.run()
        except Exception:
            log.exception("worker of pod %s", worker.uid)
        self._unwatch(worker)
        self._workers.pop(worker.uid, None)
        self._deferred.discard(worker.uid)
        self._tell_of_room()

    def _unwatch(self, worker: PodWorker) -> None:
        self._router.unwatch(self._references.pop(worker.uid, ()), worker.configuration_changed)

    def _check_admission(self, pod: Obj) -> Failure | None:
        """A pod that runs already, or that ended, was admitted before this program started."""
        uid = pod["metadata"]["uid"]
        known = bool(self._pleg.state(uid).sandboxes)
        if known or is_pod_finished(pod) or is_deleting(pod):
            return None
        return admission.check(pod, self._node.node, self._others(uid))

    def _check_resize(self, pod: Obj) -> Refusal | None:
        uid = pod["metadata"]["uid"]
        refusal = admission.check_resize(pod, self._node.node, self._others(uid))
        (self._deferred.discard if refusal is None else self._deferred.add)(uid)
        return refusal

    def _others(self, uid: str) -> list[PodWorker]:
        """Of the pods that the node has taken and that have not ended."""
        return [w for w in self._workers.values() if w.admitted and not w.finished and w.uid != uid]

    def _tell_of_room(self) -> None:
        """Another pod has left the node, or may take less: a resize that waits may be possible."""
        for uid in self._deferred & self._workers.keys():
            self._workers[uid].wake()

    def _find_orphans(self) -> None:
        """Pods of this node that only the runtime knows: they went while we were away."""
        if self._tasks is None:
            return
        bound = {pod["metadata"]["uid"] for pod in self._router.pods_of(self.name)}
        for uid in self._pleg.pods_of(self.name):
            if uid not in bound and uid not in self._workers and uid not in self._orphans:
                self._orphans.add(uid)
                self._tasks.create_task(self._remove_orphan(uid), name=f"orphan {uid}")

    async def _remove_directories(self) -> None:
        """Of pods that neither the API nor the runtime knows; other nodes may share the root."""
        for uid in pod_directories(self._host.root):
            known = self._router.knows(uid) or self._pleg.state(uid).sandboxes or uid in self._workers
            if not known:
                await PodVolumes(self._host, uid).remove()

    async def _remove_orphan(self, uid: str) -> None:
        try:
            await remove_orphan(self._services, uid)
            self._orphans_removed += 1
        except RuntimeFault as error:
            log.warning("orphan pod %s not removed: %s", uid, error)
        finally:
            self._orphans.discard(uid)
