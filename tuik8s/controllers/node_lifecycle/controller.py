"""The node lifecycle controller: heartbeats, taints, pods of lost nodes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import ApiError, Conflict
from tuik8s.api.objects import Key, Obj, condition_of, key_of, uid_of
from tuik8s.api.request import PatchType
from tuik8s.client import Cause
from tuik8s.controllers.node_lifecycle.health import NodeHealth, signs_of_life, silent_status
from tuik8s.controllers.node_lifecycle.taints import (
    NO_EXECUTE_KEYS,
    NO_SCHEDULE_KEYS,
    no_execute_key,
    no_schedule_keys,
    with_taints,
)
from tuik8s.controllers.node_lifecycle.zones import EvictionPace
from tuik8s.reconcile import Controller

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers
    from tuik8s.reconcile.controller import ControllerStatistics

log = logging.getLogger(__name__)

PERIOD = 5.0
CONFLICT_RETRIES = 5
GRACE_PERIOD = 50.0
"""Kubernetes raised it from 40 s in v1.32, to outlast a broken HTTP/2 connection."""
STARTUP_GRACE_PERIOD = 60.0
LEASE_NAMESPACE = "kube-node-lease"
NODE_NAME = "spec.nodeName"


class NodeLifecycleController:
    """Every 5 s: a node not heard of for `grace_period` seconds becomes Unknown, its pods not ready.

    A lease that moves or a heartbeat in the status counts as being heard of, at the time it is seen here.
    NoSchedule taints follow the node's conditions at once; the NoExecute taint of a lost node is added at the
    zone's pace (see `zones`) and taken away at once when the node is back. A new node has
    `startup_grace_period` to report for the first time.
    """

    name = "node-lifecycle-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock,
        grace_period: float = GRACE_PERIOD, startup_grace_period: float = STARTUP_GRACE_PERIOD,
    ) -> None:  # fmt: skip
        self._client = client
        self._recorder = recorder
        self._clock = clock
        self._grace, self._startup_grace = grace_period, startup_grace_period
        self._nodes = informers.of(kinds.NODE)
        self._leases = informers.of(kinds.LEASE)
        self._pods = informers.of(kinds.POD)
        self._pods.add_index(NODE_NAME, _node_of)
        self._health: dict[str, NodeHealth] = {}
        self._pace = EvictionPace()
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=2)
        self._controller.watches(self._nodes)
        for informer in (self._leases, self._pods):
            self._controller.watches(informer, lambda _: ())

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._controller.run(), name=self.name)
            tasks.create_task(self._monitor(), name=f"{self.name} monitor")

    def statistics(self) -> ControllerStatistics:
        return self._controller.statistics()

    async def reconcile(self, key: Key) -> None:
        """NoSchedule taints as conditions and `spec.unschedulable` ask; NoExecute off when Ready again."""
        node = self._nodes.get(key)
        if node is None:
            return
        now = self._clock.now()
        wanted = no_schedule_keys(node)
        updated = with_taints(node, wanted, NO_SCHEDULE_KEYS, "NoSchedule", now)
        if no_execute_key(node) is None and condition_of(node, "Ready") is not None:
            updated = with_taints(updated or node, set(), NO_EXECUTE_KEYS, "NoExecute", now) or updated
        if updated is not None:
            await self._client.update(kinds.NODE, updated)

    async def _monitor(self) -> None:
        for informer in (self._nodes, self._leases, self._pods):
            await informer.synced.wait()
        while True:
            with Cause(self._nodes.revision):
                await self._look_at_all()
            await asyncio.sleep(PERIOD)

    async def _look_at_all(self) -> None:
        self._meet_and_part()
        nodes = [
            node for node in [await self._guarded(self._look_at, item) for item in self._nodes.list()] if node
        ]
        changed = self._pace.observe(nodes)
        if changed:
            self._note_disruption()
        for node in nodes:
            await self._guarded(self._adjust_eviction, node)

    async def _guarded(self, step: Callable[[Obj], Awaitable[Obj | None]], node: Obj) -> Obj | None:
        """One node's trouble is not the others'; the next round tries again."""
        try:
            return await step(node)
        except Exception as error:
            expected = isinstance(error, ApiError)
            log.error("%s: node %s: %s", self.name, key_of(node), error, exc_info=not expected)
            return None

    def _meet_and_part(self) -> None:
        """Events for nodes that are new to us or gone."""
        present = {node["metadata"]["name"]: node for node in self._nodes.list()}
        for name in self._health.keys() - present.keys():
            reference = {"kind": "Node", "name": name, "uid": self._health.pop(name).uid, "apiVersion": "v1"}
            message = f"Node {name} event: Removing Node {name} from Controller"
            self._recorder.event(reference, "Normal", "RemovingNode", message)
        for name in present.keys() - self._health.keys():
            message = f"Node {name} event: Registered Node {name} in Controller"
            self._recorder.event(present[name], "Normal", "RegisteredNode", message)

    async def _look_at(self, node: Obj) -> Obj:
        """Update the node's conditions and its pods' if it is silent; answers the node as it then is."""
        name = node["metadata"]["name"]
        health = self._listen(node)
        grace = self._grace if condition_of(node, "Ready") else self._startup_grace
        if _monotonic() > health.heard + grace:
            silent = silent_status(node, self._clock.now())
            if silent is not None:
                node = await self._client.update_status(kinds.NODE, silent)
        ready = (condition_of(node, "Ready") or {}).get("status", "")
        if ready and ready != "True" and health.ready == "True":
            self._recorder.event(node, "Normal", "NodeNotReady", f"Node {name} status is now: NodeNotReady")
        health.ready = ready
        if ready not in ("", "True"):
            await self._mark_pods_not_ready(name)
        return node

    def _listen(self, node: Obj) -> NodeHealth:
        name, now = node["metadata"]["name"], _monotonic()
        seen = signs_of_life(node, self._leases.find(LEASE_NAMESPACE, name))
        health = self._health.get(name)
        if health is None or health.uid != uid_of(node):
            ready = (condition_of(node, "Ready") or {}).get("status", "")
            health = self._health[name] = NodeHealth(uid_of(node), now, seen, ready)
        elif health.seen != seen:
            health.heard, health.seen = now, seen
        return health

    async def _adjust_eviction(self, node: Obj) -> None:
        """Give the NoExecute taint that Ready asks for; one that only changes its key need not wait."""
        key = no_execute_key(node)
        taints = (node.get("spec") or {}).get("taints") or ()
        present = {taint["key"] for taint in taints if taint["effect"] == "NoExecute"} & NO_EXECUTE_KEYS
        if self._pace.disrupted:
            if present:
                await self._taint(node, set())
            return
        if key is None or present == {key}:
            return  # a node that is Ready loses the taint in `reconcile`
        if present or self._pace.may_evict(node, _monotonic()):
            await self._taint(node, {key})

    async def _taint(self, node: Obj, keys: set[str]) -> None:
        """Read and write again when the other worker, or anybody, changed the node in between."""
        for _ in range(CONFLICT_RETRIES):
            updated = with_taints(node, keys, NO_EXECUTE_KEYS, "NoExecute", self._clock.now())
            if updated is None:
                return
            try:
                await self._client.update(kinds.NODE, updated)
            except Conflict:
                node = await self._client.get(kinds.NODE, "", node["metadata"]["name"])
            else:
                return
        raise Conflict.modified(kinds.NODE.resource, node["metadata"]["name"])

    async def _mark_pods_not_ready(self, node: str) -> None:
        """So that no service sends traffic there; what fails is tried again in the next round."""
        for pod in self._pods.by_index(NODE_NAME, node):
            if (condition_of(pod, "Ready") or {}).get("status") != "True":
                continue
            when = timestamp(self._clock.now())
            condition = {"type": "Ready", "status": "False", "lastTransitionTime": when}
            patch = {"metadata": {"uid": uid_of(pod)}, "status": {"conditions": [condition]}}
            key = key_of(pod)
            try:
                await self._client.patch(
                    kinds.POD, key.namespace, key.name, patch, patch_type=PatchType.STRATEGIC,
                    subresource="status",
                )  # fmt: skip
            except ApiError as error:
                log.warning("pod %s not marked as not ready: %s", key, error)
                continue
            self._recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready")

    def _note_disruption(self) -> None:
        if self._pace.disrupted:
            log.info("Controller detected that all Nodes are not-Ready. Entering master disruption mode.")
            return
        log.info("Controller detected that some Nodes are Ready. Exiting master disruption mode.")
        for health in self._health.values():
            health.heard = _monotonic()


def _monotonic() -> float:
    """Seconds that do not run while the computer sleeps: nobody could have been heard then."""
    return asyncio.get_running_loop().time()


def _node_of(pod: Obj) -> Iterable[str]:
    name = pod["spec"].get("nodeName")
    return (name,) if name else ()
