"""What ends a pod although its containers would go on: its deadline, and too much in an emptyDir."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tuik8s.api.clock import parse_time
from tuik8s.kubelet.status import Failure
from tuik8s.kubelet.volumes.pod_volumes import size_limited

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj
    from tuik8s.kubelet.host import Host
    from tuik8s.kubelet.volumes import PodVolumes

EVICTION_PERIOD = timedelta(seconds=10)
"""How often the eviction manager measures."""


class Deadlines:
    """Of one pod; costs nothing for a pod that has neither limit."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._measured: datetime | None = None

    async def check(self, pod: Obj, volumes: PodVolumes) -> Failure | None:
        """Why the pod must end now; the event is recorded."""
        now = self._host.clock.now()
        deadline = _deadline(pod)
        if deadline is not None and deadline <= now:
            message = "Pod was active on the node longer than the specified deadline"
            self._host.event(pod, "Normal", "DeadlineExceeded", message)
            return Failure("DeadlineExceeded", message)
        if not size_limited(pod) or (self._measured and now - self._measured < EVICTION_PERIOD):
            return None
        self._measured = now
        message = await volumes.over_limit(pod)
        if not message:
            return None
        self._host.event(pod, "Warning", "Evicted", message)
        return Failure("Evicted", message)

    def next_due(self, pod: Obj, volumes: PodVolumes) -> datetime | None:
        times = [_deadline(pod)]
        if volumes.is_set_up and size_limited(pod):
            times.append((self._measured or self._host.clock.now()) + EVICTION_PERIOD)
        return min((moment for moment in times if moment is not None), default=None)


def _deadline(pod: Obj) -> datetime | None:
    seconds = pod["spec"].get("activeDeadlineSeconds")
    started = (pod.get("status") or {}).get("startTime")
    if seconds is None or not started:
        return None
    return parse_time(started) + timedelta(seconds=int(seconds))
