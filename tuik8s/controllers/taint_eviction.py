"""Delete pods from nodes whose NoExecute taints they do not tolerate, or no longer.

After k8s.io/kubernetes/pkg/controller/tainteviction.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Key, Obj, condition_of, is_deleting, key_of, revision_of, uid_of
from tuik8s.api.pods import tolerates_taint
from tuik8s.api.request import PatchType
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers

log = logging.getLogger(__name__)

EVENT_REASON = "TaintManagerEviction"
NODE_NAME = "spec.nodeName"


class _Appointment(NamedTuple):
    """In the event loop's time, which stands still while the computer sleeps."""

    uid: str
    since: float
    due: float


class TaintEvictionController(Reconciler):
    """A pod goes when its shortest matching `tolerationSeconds` have passed; at once without toleration.

    The time counts from when the controller first sees pod and taint together; a pod whose taints go away in
    time stays, with an event that says so.
    """

    name = "taint-eviction-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock, workers: int = 8
    ) -> None:
        self._client = client
        self._recorder = recorder
        self._clock = clock
        self._pods = informers.of(kinds.POD)
        self._nodes = informers.of(kinds.NODE)
        self._pods.add_index(NODE_NAME, _node_of)
        self._appointments: dict[Key, _Appointment] = {}
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=workers)
        self._controller.watches(self._pods, self._concerned)
        self._controller.watches(self._nodes, lambda _: ())
        self._nodes.subscribe(self._node_changed)

    async def reconcile(self, key: Key) -> float | None:
        pod = self._pods.get(key)
        if pod is None or is_deleting(pod):
            self._appointments.pop(key, None)
            return None
        patience = self._patience(pod)
        if patience is None:
            self._cancel(key, pod)
            return None
        now = asyncio.get_running_loop().time()
        known = self._appointments.get(key)
        since = known.since if known is not None and known.uid == uid_of(pod) else now
        self._appointments[key] = _Appointment(uid_of(pod), since, since + patience)
        if now < since + patience:
            return since + patience - now
        self._recorder.event(pod, "Normal", EVENT_REASON, f"Marking for deletion Pod {key}")
        await self._evict(key, pod)
        self._appointments.pop(key, None)
        return None

    def _patience(self, pod: Obj) -> float | None:
        """Seconds the pod may stay beside its node's taints; None for ever."""
        taints = no_execute_taints(self._nodes.find("", pod["spec"].get("nodeName") or ""))
        if not taints:
            return None
        tolerations = pod["spec"].get("tolerations") or ()
        patience: float | None = None
        for taint in taints:
            matching = next((item for item in tolerations if tolerates_taint(item, taint)), None)
            if matching is None:
                return 0.0
            seconds = matching.get("tolerationSeconds")
            if seconds is not None:
                patience = max(0.0, seconds) if patience is None else min(patience, max(0.0, seconds))
        return patience

    def _cancel(self, key: Key, pod: Obj) -> None:
        if self._appointments.pop(key, None) is not None:
            self._recorder.event(pod, "Normal", EVENT_REASON, f"Cancelling deletion of Pod {key}")

    async def _evict(self, key: Key, pod: Obj) -> None:
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "lastTransitionTime": timestamp(self._clock.now()),
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
        }
        try:
            if condition_of(pod, "DisruptionTarget") is None:
                patch = {"metadata": {"uid": uid_of(pod)}, "status": {"conditions": [condition]}}
                await self._client.patch(
                    kinds.POD, key.namespace, key.name, patch, patch_type=PatchType.STRATEGIC,
                    subresource="status",
                )  # fmt: skip
            await self._client.delete(kinds.POD, key.namespace, key.name, uid=uid_of(pod))
        except NotFound:
            log.debug("pod %s is gone already", key)

    def _concerned(self, pod: Obj) -> Iterable[Key]:
        key = key_of(pod)
        if key in self._appointments or no_execute_taints(
            self._nodes.find("", pod["spec"].get("nodeName") or "")
        ):
            yield key

    def _node_changed(self, old: Obj | None, new: Obj | None) -> None:
        if no_execute_taints(old) == no_execute_taints(new):
            return
        node = new or old or {}
        for pod in self._pods.by_index(NODE_NAME, node["metadata"]["name"]):
            self._controller.queue.add(key_of(pod), revision_of(node))


def no_execute_taints(node: Obj | None) -> list[Obj]:
    if node is None:
        return []
    return [taint for taint in (node.get("spec") or {}).get("taints") or () if taint["effect"] == "NoExecute"]


def _node_of(pod: Obj) -> Iterable[str]:
    name = pod["spec"].get("nodeName")
    return (name,) if name else ()
