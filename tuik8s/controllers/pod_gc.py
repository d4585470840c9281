"""Delete pods that nobody else will: too many finished, on nodes that are gone, never scheduled
(pkg/controller/podgc)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import ApiError, NotFound
from tuik8s.api.objects import Key, Obj, is_deleting, is_pod_finished, is_true, key_of, uid_of
from tuik8s.api.request import PatchType
from tuik8s.reconcile import Controller

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers
    from tuik8s.reconcile.controller import ControllerStatistics

log = logging.getLogger(__name__)

PERIOD = 20.0
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"
QUARANTINE = 40.0
"""How long a node must have been missing before its pods are taken for lost, in seconds."""


class PodGarbageCollector:
    """Looks every 20 s; `threshold` is how many finished pods may stay, 0 for all."""

    name = "pod-garbage-collector-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock,
        threshold: int = 12500,
    ) -> None:  # fmt: skip
        self._client = client
        self._clock = clock
        self._threshold = threshold
        self._pods = informers.of(kinds.POD)
        self._nodes = informers.of(kinds.NODE)
        self._missing_since: dict[str, float] = {}
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=1)
        self._controller.watches(self._pods, lambda _: ())
        self._controller.watches(self._nodes, lambda _: ())
        self._round = Key("", "pods")

    async def run(self) -> None:
        self._controller.queue.add(self._round)
        await self._controller.run()

    def statistics(self) -> ControllerStatistics:
        return self._controller.statistics()

    async def reconcile(self, _: Key) -> float:
        pods = self._pods.list()
        if self._threshold:
            await self._delete_finished(pods)
        await self._delete_orphaned(pods)
        for pod in filter(is_deleting, pods):
            if not pod["spec"].get("nodeName") or self._is_out_of_service(pod):
                await self._fail_and_delete(pod)
        return PERIOD

    def _is_out_of_service(self, pod: Obj) -> bool:
        """Somebody has vouched that its node is switched off, so nothing of the pod can be running."""
        node = self._nodes.find("", pod["spec"]["nodeName"])
        if node is None or is_true(node, "Ready"):
            return False
        return any(taint["key"] == OUT_OF_SERVICE for taint in (node.get("spec") or {}).get("taints") or ())

    async def _delete_finished(self, pods: Iterable[Obj]) -> None:
        finished = sorted(filter(is_pod_finished, pods), key=_evicted_then_oldest)
        for pod in finished[: max(0, len(finished) - self._threshold)]:
            await self._delete(pod)

    async def _delete_orphaned(self, pods: Iterable[Obj]) -> None:
        lost = await self._lost_nodes(
            {pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName")}
        )
        for pod in pods:
            if pod["spec"].get("nodeName") in lost:
                await self._fail_and_delete(pod, self._lost())

    async def _lost_nodes(self, named: set[str]) -> set[str]:
        """Nodes that have been missing long enough and that the API server does not know either."""
        now = asyncio.get_running_loop().time()
        missing = {name for name in named if self._nodes.find("", name) is None}
        self._missing_since = {name: self._missing_since.get(name, now) for name in missing}
        due = [name for name, since in self._missing_since.items() if now - since >= QUARANTINE]
        return {name for name in due if not await self._node_exists(name)}

    async def _node_exists(self, name: str) -> bool:
        try:
            await self._client.get(kinds.NODE, "", name)
        except NotFound:
            return False
        return True

    def _lost(self) -> Obj:
        return {
            "type": "DisruptionTarget",
            "status": "True",
            "lastTransitionTime": timestamp(self._clock.now()),
            "reason": "DeletionByPodGC",
            "message": "PodGC: node no longer exists",
        }

    async def _fail_and_delete(self, pod: Obj, *conditions: Obj) -> None:
        status: Obj = {} if is_pod_finished(pod) else {"phase": "Failed"}
        if conditions:
            status["conditions"] = list(conditions)
        patch = {"metadata": {"uid": uid_of(pod)}, "status": status}
        key = key_of(pod)
        try:
            await self._client.patch(
                kinds.POD,
                key.namespace,
                key.name,
                patch,
                patch_type=PatchType.STRATEGIC,
                subresource="status",
            )
        except ApiError as error:
            log.warning("pod %s not marked: %s", key, error)
            return
        await self._delete(pod)

    async def _delete(self, pod: Obj) -> None:
        """At once; what fails is tried again in the next round and keeps no other pod."""
        key = key_of(pod)
        try:
            await self._client.delete(
                kinds.POD, key.namespace, key.name, grace_period_seconds=0, uid=uid_of(pod)
            )
        except NotFound:
            return
        except ApiError as error:
            log.warning("pod %s not deleted: %s", key, error)


def _evicted_then_oldest(pod: Obj) -> tuple[bool, str, str]:
    evicted = (pod.get("status") or {}).get("reason") == "Evicted"
    return not evicted, pod["metadata"].get("creationTimestamp", ""), pod["metadata"]["name"]
