"""The Node object and its lease (pkg/kubelet, component-helpers/apimachinery/lease)."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.clock import micro_timestamp, timestamp
from tuik8s.api.errors import AlreadyExists, ApiError, Conflict, NotFound
from tuik8s.api.objects import condition_of, copy
from tuik8s.api.request import PatchType
from tuik8s.cri import RuntimeFault
from tuik8s.kubelet.comparison import same

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj
    from tuik8s.cri import Image, Version
    from tuik8s.kubelet.host import Host

log = logging.getLogger(__name__)

LEASE_NAMESPACE = "kube-node-lease"
LEASE_DURATION = 40
LEASE_PERIOD = 10.0
STATUS_PERIOD = 10.0
REPORT_PERIOD = timedelta(minutes=5)
"""How often a status that did not change is sent all the same."""
IMAGES_LIMIT = 50
RETRY = 2.0
NO_NETWORK = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: node has no pod CIDR yet"
)

_PRESSURES = (
    ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
)


class NodeStatus:
    """Registers the node, keeps its status and its lease. `runtime_ready` is told by the kubelet."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._name = host.node.name
        self._wakeup = asyncio.Event()
        self._ready = False
        self._networked = False
        self._known = asyncio.Event()
        self._version: Version | None = None
        self._node: Obj | None = None
        self._lease: Obj | None = None
        self._reported: datetime | None = None
        self.registered = asyncio.Event()

    @property
    def node(self) -> Obj:
        """As the cache has it, or as our own last write answered."""
        return self._host.informers.of(kinds.NODE).find("", self._name) or self._node or {}

    def runtime_ready(self, ready: bool, version: Version | None) -> None:
        self._ready, self._version = ready, version or self._version
        self._known.set()
        self._wakeup.set()

    def network_ready(self) -> None:
        """The node has its part of the pod network."""
        self._networked = True
        self._wakeup.set()

    def look_again(self) -> None:
        """Somebody else changed the Node."""
        node = self.node
        if self.registered.is_set() and (not node or _differs(node, self._conditions(node))):
            self._wakeup.set()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_status(), name=f"node status {self._name}")
            tasks.create_task(self._keep_lease(), name=f"node lease {self._name}")

    # Status ------------------------------------------------------------------------------------------------

    async def _keep_status(self) -> None:
        while True:
            delay = STATUS_PERIOD
            self._wakeup.clear()
            try:
                await self._update()
            except (ApiError, OSError) as error:
                log.warning("status of node %s not written: %s", self._name, error)
                delay = RETRY
            except Exception:
                log.exception("status of node %s", self._name)
            try:
                async with asyncio.timeout(delay):
                    await self._wakeup.wait()
            except TimeoutError:
                continue

    async def _update(self) -> None:
        if not self.registered.is_set():
            self._node = await self._register()
            self.registered.set()
            self._host.recorder.event(self._node, "Normal", "Starting", "Starting kubelet.")
            await self._first_look()
        node = self._host.informers.of(kinds.NODE).find("", self._name)
        if node is None:
            node = self._node
            if self._host.informers.of(kinds.NODE).synced.is_set() or node is None:
                # Deleted by somebody, or not in the cache yet: the server knows.
                node = self._node = await self._register()
        status = await self._status(node)
        if not self._is_due(node, status):
            return
        patch = {"metadata": {"name": self._name}, "status": status}
        previous = node
        self._node = await self._host.client.patch(
            kinds.NODE, "", self._name, patch, patch_type=PatchType.STRATEGIC, subresource="status"
        )
        self._reported = self._host.clock.now()
        self._note_transition(previous, self._node)

    async def _first_look(self) -> None:
        """A node that comes up does not report a runtime as down before it was asked."""
        try:
            async with asyncio.timeout(RETRY):
                await self._known.wait()
        except TimeoutError:
            log.warning("runtime of node %s has not answered yet", self._name)

    def _is_due(self, node: Obj, status: Obj) -> bool:
        now, old = self._host.clock.now(), node.get("status") or {}
        if self._reported is None or now - self._reported >= REPORT_PERIOD:
            return True
        if _differs(node, status["conditions"]):
            return True
        return any(not same(old.get(key), value) for key, value in status.items() if key != "conditions")

    def _note_transition(self, old: Obj, new: Obj) -> None:
        before, after = condition_of(old, "Ready"), condition_of(new, "Ready")
        if after is None or (before is not None and before["status"] == after["status"]):
            return
        reason = "NodeReady" if after["status"] == "True" else "NodeNotReady"
        self._host.recorder.event(new, "Normal", reason, f"Node {self._name} status is now: {reason}")

    async def _register(self) -> Obj:
        node = self._fresh_node()
        try:
            return await self._host.client.create(kinds.NODE, node)
        except AlreadyExists:
            log.debug("node %s is registered already", self._name)
        known = await self._host.client.get(kinds.NODE, "", self._name)
        labels = {**(known["metadata"].get("labels") or {}), **node["metadata"]["labels"]}
        patch: Obj = {}
        if labels != known["metadata"].get("labels"):
            patch["metadata"] = {"labels": labels}
        if not known["spec"].get("podCIDR") and "podCIDR" in node["spec"]:
            patch["spec"] = {key: node["spec"][key] for key in ("podCIDR", "podCIDRs")}
        return await self._host.client.patch(kinds.NODE, "", self._name, patch) if patch else known

    def _fresh_node(self) -> Obj:
        config = self._host.node
        labels = {
            "beta.kubernetes.io/arch": config.architecture,
            "beta.kubernetes.io/os": config.operating_system,
            "kubernetes.io/arch": config.architecture,
            "kubernetes.io/hostname": config.name,
            "kubernetes.io/os": config.operating_system,
            **config.labels,
        }
        spec: Obj = {}
        if config.pod_cidr:
            spec |= {"podCIDR": config.pod_cidr, "podCIDRs": [config.pod_cidr]}
        if config.taints:
            spec["taints"] = [dict(taint) for taint in config.taints]
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": config.name, "labels": labels},
            "spec": spec,
        }

    async def _status(self, node: Obj) -> Obj:
        config = self._host.node
        return {
            "addresses": [
                {"type": "InternalIP", "address": config.address},
                {"type": "Hostname", "address": config.name},
            ],
            "capacity": config.capacity,
            "allocatable": config.capacity,
            "conditions": self._conditions(node),
            "nodeInfo": self._info((node.get("status") or {}).get("nodeInfo") or {}),
            "images": await self._images((node.get("status") or {}).get("images") or []),
        }

    def _conditions(self, node: Obj) -> list[Obj]:
        """lastTransitionTime is kept for those whose status did not change."""
        ready = ("Ready", "True", "KubeletReady", "kubelet is posting ready status")
        if not self._ready:
            ready = ("Ready", "False", "KubeletNotReady", "container runtime is down")
        elif not self._networked:
            ready = ("Ready", "False", "KubeletNotReady", NO_NETWORK)
        now = timestamp(self._host.clock.now())
        conditions = []
        for kind, status, reason, message in [*((k, "False", r, m) for k, r, m in _PRESSURES), ready]:
            old = condition_of(node, kind)
            same = old is not None and old["status"] == status
            conditions.append({
                "type": kind, "status": status, "reason": reason, "message": message,
                "lastHeartbeatTime": now,
                "lastTransitionTime": (old or {}).get("lastTransitionTime", now) if same else now,
            })  # fmt: skip
        return conditions

    def _info(self, known: Obj) -> Obj:
        """What only the running runtime can say is kept while it is down."""
        version = self._version
        return {
            "architecture": self._host.node.architecture,
            "bootID": known.get("bootID") or self._host.ids.uid(),
            "machineID": known.get("machineID") or self._host.ids.uid().replace("-", ""),
            "systemUUID": known.get("systemUUID") or self._host.ids.uid(),
            "containerRuntimeVersion": f"{version.name}://{version.version}"
            if version
            else known.get("containerRuntimeVersion", ""),
            "kernelVersion": version.kernel if version else known.get("kernelVersion", ""),
            "kubeProxyVersion": "",
            "kubeletVersion": kinds.KUBERNETES_VERSION,
            "operatingSystem": self._host.node.operating_system,
            "osImage": version.operating_system if version else known.get("osImage", ""),
        }

    async def _images(self, known: list[Obj]) -> list[Obj]:
        """The largest first, as many as Kubernetes reports."""
        if not self._ready:
            return known
        try:
            images = await self._host.runtime.images()
        except RuntimeFault as error:
            log.debug("images of node %s: %s", self._name, error)
            return known
        largest = sorted(images, key=lambda image: (-image.size, image.id))[:IMAGES_LIMIT]
        return [{"names": _names(image), "sizeBytes": image.size} for image in largest if _names(image)]

    # Lease -------------------------------------------------------------------------------------------------

    async def _keep_lease(self) -> None:
        await self.registered.wait()
        while True:
            delay = LEASE_PERIOD
            try:
                await self._renew()
            except (ApiError, OSError) as error:
                log.warning("lease of node %s not renewed: %s", self._name, error)
                self._lease, delay = None, RETRY
            await asyncio.sleep(delay)

    async def _renew(self) -> None:
        now = micro_timestamp(self._host.clock.now())
        if self._lease is None:
            self._lease = await self._find_lease(now)
        lease = copy(self._lease)
        if lease["spec"].get("renewTime") == now:
            return
        lease["spec"] |= {
            "holderIdentity": self._name, "leaseDurationSeconds": LEASE_DURATION, "renewTime": now
        }  # fmt: skip
        try:
            self._lease = await self._host.client.update(kinds.LEASE, lease)
        except (Conflict, NotFound):
            self._lease = None
            raise

    async def _find_lease(self, now: str) -> Obj:
        try:
            return await self._host.client.get(kinds.LEASE, LEASE_NAMESPACE, self._name)
        except NotFound:
            log.debug("making the lease of node %s", self._name)
        meta: Obj = {"name": self._name, "namespace": LEASE_NAMESPACE}
        uid = (self._node or self.node or {}).get("metadata", {}).get("uid")
        if uid:
            owner = {"apiVersion": "v1", "kind": "Node", "name": self._name, "uid": uid}
            meta["ownerReferences"] = [owner]
        spec = {"holderIdentity": self._name, "leaseDurationSeconds": LEASE_DURATION, "renewTime": now}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}
        return await self._host.client.create(kinds.LEASE, lease)


def _names(image: Image) -> list[str]:
    return [*image.digests, *image.tags][:5]


def _differs(node: Obj, conditions: list[Obj]) -> bool:
    for condition in conditions:
        old = condition_of(node, condition["type"]) or {}
        if any(old.get(key) != condition[key] for key in ("status", "reason", "message")):
            return True
    return False
