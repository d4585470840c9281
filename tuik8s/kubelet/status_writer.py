"""Send a pod's status to the API when it changed; delete the pod when it has ended (pkg/kubelet/status)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from tuik8s.api import kinds
from tuik8s.api.errors import Conflict, NotFound
from tuik8s.api.objects import condition_of, revision_of
from tuik8s.api.request import PatchType
from tuik8s.kubelet.comparison import same
from tuik8s.kubelet.resizing import IN_PROGRESS, PENDING
from tuik8s.kubelet.status import Failure, Observation, pod_status, rejected_status

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.kubelet.host import Host

log = logging.getLogger(__name__)

_OPTIONAL = ("podIP", "podIPs", "reason", "message")
"""Fields that are removed from the API when we do not report them any more."""


class StatusWriter:
    """One pod's. Only what differs from what the API has is sent, conditions one by one."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._latest: Obj | None = None

    async def report(self, pod: Obj, seen: Observation) -> bool:
        """False when the API does not know this pod (any more). Raises `ApiError`."""
        pod = self._newest(pod)
        return await self._send(pod, pod_status(pod, seen))

    async def reject(self, pod: Obj, failure: Failure | None) -> None:
        pod = self._newest(pod)
        if failure is not None and (pod.get("status") or {}).get("phase") != "Failed":
            await self._send(pod, rejected_status(pod, failure, self._host.clock.now()))

    async def delete(self, pod: Obj) -> bool:
        """Remove the pod that has ended from the API; False when that must be tried again."""
        meta = pod["metadata"]
        try:
            await self._host.client.delete(
                kinds.POD, meta["namespace"], meta["name"], grace_period_seconds=0, uid=meta["uid"]
            )
        except NotFound:
            log.debug("pod %s was gone already", meta["name"])
        except Conflict as error:
            # Another incarnation has taken the name: ours is gone.
            log.debug("pod %s: %s", meta["name"], error)
        return True

    def _newest(self, pod: Obj) -> Obj:
        """What our own last write answered, as long as the cache has not seen it."""
        latest = self._latest
        if latest is None or revision_of(latest) <= revision_of(pod):
            return pod
        return {**pod, "status": latest.get("status") or {}}

    async def _send(self, pod: Obj, status: Obj) -> bool:
        meta = pod["metadata"]
        changes = _changes(pod, status)
        if not changes:
            return True
        patch: Obj = {"metadata": {"uid": meta["uid"]}, "status": changes}
        try:
            self._latest = await self._host.client.patch(
                kinds.POD, meta["namespace"], meta["name"], patch,
                patch_type=PatchType.STRATEGIC, subresource="status",
            )  # fmt: skip
        except (NotFound, Conflict) as error:
            # A patch carries no revision: a conflict is about the uid, so this pod is gone.
            log.debug("status of pod %s not written: %s", meta["name"], error)
            return False
        return True


def _changes(pod: Obj, status: Obj) -> Obj:
    old: dict[str, Any] = pod.get("status") or {}
    changes: Obj = {
        key: value for key, value in status.items() if key != "conditions" and not same(old.get(key), value)
    }
    for key in _OPTIONAL:
        if key not in status and key in old:
            changes[key] = None
    conditions = [
        _condition_patch(condition_of(pod, condition["type"]), condition)
        for condition in status.get("conditions") or ()
        if condition != condition_of(pod, condition["type"])
    ]
    present = {condition["type"] for condition in status.get("conditions") or ()}
    conditions += [
        {"$patch": "delete", "type": kind}
        for kind in (PENDING, IN_PROGRESS)
        if kind not in present and condition_of(pod, kind) is not None
    ]
    if conditions:
        changes["conditions"] = conditions
    if isinstance(changes.get("podIPs"), list) and old.get("podIPs"):
        # These lists merge by address: without this the old one would stay.
        changes["podIPs"] = [{"$patch": "replace"}, *changes["podIPs"]]
    return changes


def _condition_patch(old: Obj | None, new: Obj) -> Obj:
    gone = {key: None for key in (old or {}) if key not in new and key not in ("lastProbeTime",)}
    return {**gone, **new}
