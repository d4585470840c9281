"""One pod on its node, from the binding to the end (pkg/kubelet/pod_workers.go, syncPod).

A worker looks at the spec and at what the runtime has, reports the status, and has at most one activity
under way: bringing the containers to what the spec wants, or stopping them. It sleeps until the spec, the
runtime, a probe, a ConfigMap or a timer wakes it. Stopping cancels bringing up, never the reverse.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from tuik8s.api.errors import ApiError
from tuik8s.api.objects import is_deleting, is_pod_finished, revision_of
from tuik8s.client import Cause
from tuik8s.cri import RuntimeFault, RuntimeUnavailable
from tuik8s.kubelet.admission import REJECTED
from tuik8s.kubelet.deadlines import Deadlines
from tuik8s.kubelet.pod_sync import PodSync
from tuik8s.kubelet.probes import PodProbes
from tuik8s.kubelet.resizing import Resizing
from tuik8s.kubelet.status import Failure, Observation
from tuik8s.kubelet.status_writer import StatusWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from datetime import datetime
    from typing import Any

    from tuik8s.api.objects import Obj
    from tuik8s.kubelet.pleg import PodState
    from tuik8s.kubelet.resizing import Allocation, Refusal
    from tuik8s.kubelet.services import Services

log = logging.getLogger(__name__)

RETRY = 5.0
"""Seconds after which something unexpected is tried again."""
QUIET = 0.1
"""Seconds for which a pod that only says ContainerCreating waits with its first report."""
DEFAULT_GRACE = 30.0


class PodWorker:
    """Runs until the pod has left both the node and the API."""

    def __init__(
        self, services: Services, pod: Obj, admit: Callable[[Obj], Failure | None],
        check_resize: Callable[[Obj], Refusal | None],
    ) -> None:  # fmt: skip
        self._services = services
        self._host = services.host
        self._admit = admit
        self.admitted = False
        self.pod = pod
        self.finished = is_pod_finished(pod)
        self.uid: str = pod["metadata"]["uid"]
        self._gone = False
        self._stale = True
        # One that was found running may have missed a change of what it mounts.
        adopted = bool(services.pleg.state(self.uid).sandboxes)
        self._volumes_stale = adopted and bool(pod["spec"].get("volumes"))
        self._cause = revision_of(pod)
        self._wakeup = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._began = asyncio.get_running_loop().time()
        self._activity: asyncio.Task[None] | None = None
        self._stopping: float | None = None
        self._stopped = False
        self._not_before: datetime | None = None
        self._failure: Failure | None = None
        self._probes = PodProbes(self._host, self.wake)
        self._resizing = Resizing(self._host, pod, check_resize)
        self._sync = PodSync(services, self.uid, self._probes, self._resizing)
        self._deadlines = Deadlines(self._host)
        self._writer = StatusWriter(self._host)

    # What others tell ------------------------------------------------------------------------------------

    def update(self, pod: Obj | None) -> None:
        """The pod as the API has it now; None when it is gone from there."""
        if pod is None:
            self._gone = True
        else:
            # Labels and annotations may be mounted through the downward API.
            self._volumes_stale |= pod["metadata"].get("labels") != self.pod["metadata"].get("labels")
            self._volumes_stale |= pod["metadata"].get("annotations") != self.pod["metadata"].get(
                "annotations"
            )
            self._volumes_stale |= pod["spec"].get("ephemeralContainers") != self.pod["spec"].get(
                "ephemeralContainers"
            )
            self.pod, self.finished = pod, is_pod_finished(pod)
            self._cause = revision_of(pod)
        self.wake()

    def runtime_changed(self) -> None:
        self._stale = True
        self.wake()

    def configuration_changed(self, revision: int) -> None:
        """A ConfigMap or Secret that the pod refers to is another now."""
        self._volumes_stale = True
        self._cause = max(self._cause, revision)
        self.wake()

    def look_again(self) -> None:
        """The runtime or the network is there (again): what waited for it waits no longer."""
        self._not_before = None
        self._sync.release()
        self._stale = True
        self.wake()

    @property
    def allocation(self) -> Allocation:
        return self._resizing.allocation(self.pod)

    @property
    def allocated(self) -> Obj:
        """The pod with the resources that this node has granted."""
        return self.allocation.pod

    def wake(self) -> None:
        self._wakeup.set()

    # The loop --------------------------------------------------------------------------------------------

    async def run(self) -> None:
        done = False
        try:
            self.wake()
            while not done:
                await self._wakeup.wait()
                self._wakeup.clear()
                self._cancel_timer()
                with Cause(self._cause):
                    done = await self._guarded_pass()
        finally:
            self._cancel_timer()
            self._probes.stop()
            await self._cancel_activity()

    async def _guarded_pass(self) -> bool:
        """True when the worker's job is done."""
        try:
            return await self._pass()
        except RuntimeUnavailable as error:
            log.debug("pod %s: %s", self.uid, error)
            self._stale = True
            self._wake_in(RETRY)
        except (ApiError, RuntimeFault, OSError) as error:
            log.warning("pod %s: %s", self._sync.text(self.pod), error)
            self._wake_in(RETRY)
        except Exception:
            log.exception("pod %s: trying again", self._sync.text(self.pod))
            self._wake_in(RETRY)
        return False

    async def _pass(self) -> bool:
        if not self.admitted and not self._check_admission():
            await self._writer.reject(self.pod, self._failure)
            self._stopped = True
            return await self._finish() if self._leaving() else False
        if self._stale:
            self._stale = False
            await self._services.pleg.refresh(self.uid)
        state = self._services.pleg.state(self.uid)
        self._probes.sync(self.pod, state, self._services.container_id)
        await self._sync.collect_messages(self.pod, state)
        await self._check_deadlines()
        self._review_resize()
        await self._decide(state)
        if self._stopped and not self._is_idle_state(state):
            return False
        if not self._gone:
            await self._report(self._services.pleg.state(self.uid))
        if self._stopped and self._leaving():
            return await self._finish()
        self._schedule()
        return False

    def _review_resize(self) -> None:
        if not self._leaving() and not self.finished:
            self._resizing.review(self.pod)

    def _is_idle_state(self, state: PodState) -> bool:
        """Whether what was stopped is still stopped; an event may have been late, a container odd."""
        if not state.running:
            return True
        self._stopped = False
        self.wake()
        return False

    def _check_admission(self) -> bool:
        if self._failure is None:
            self._failure = self._admit(self.pod)
            if self._failure is not None:
                message = self._failure.message.removeprefix(REJECTED)
                self._host.event(self.pod, "Warning", self._failure.reason, message)
        self.admitted = self._failure is None
        return self.admitted

    def _leaving(self) -> bool:
        return self._gone or is_deleting(self.pod)

    # What to do --------------------------------------------------------------------------------------------

    async def _decide(self, state: PodState) -> None:
        grace = self._stop_grace()
        if grace is not None:
            await self._stop(state, grace)
            return
        if self._activity is not None or not self._may_act():
            return
        pod = self.allocated
        if self._sync.is_finished(pod, state):
            await self._stop(state, self._own_grace())
        elif self._volumes_stale or self._sync.is_due(pod, state):
            fresh, self._volumes_stale = self._volumes_stale, False
            self._begin(self._sync.bring_up(lambda: self.allocated, refresh_volumes=fresh), "sync")

    def _may_act(self) -> bool:
        return self._not_before is None or self._not_before <= self._host.clock.now()

    def _stop_grace(self) -> float | None:
        """Seconds in which the pod must end; None while it may live."""
        meta = self.pod["metadata"]
        own = self._own_grace()
        if is_deleting(self.pod):
            return float(meta.get("deletionGracePeriodSeconds", own))
        if self._gone:
            return own
        if self._failure is not None:
            return own if self._failure.reason == "DeadlineExceeded" else 0.0
        return own if self.finished else None

    def _own_grace(self) -> float:
        return float(self.pod["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE))

    async def _stop(self, state: PodState, grace: float) -> None:
        if self._stopped or not self._may_act():
            return
        if self._activity is not None:
            # A later deletion may shorten the grace, never lengthen it.
            if self._stopping is not None and grace >= self._stopping:
                return
            await self._cancel_activity()
            state = await self._services.pleg.refresh(self.uid)
        self._stopping = grace
        self._begin(self._sync.tear_down(self.pod, state, grace), "stop")

    def _begin(self, work: Coroutine[Any, Any, None], what: str) -> None:
        self._activity = asyncio.create_task(self._act(work, what), name=f"{what} {self.uid}")

    async def _act(self, work: Coroutine[Any, Any, None], what: str) -> None:
        try:
            await work
        except RuntimeFault as error:
            level = logging.DEBUG if isinstance(error, RuntimeUnavailable) else logging.WARNING
            log.log(level, "pod %s: %s: %s", self._sync.text(self.pod), what, error)
            self._hold_back()
        except Exception:
            log.exception("pod %s: %s", self._sync.text(self.pod), what)
            self._hold_back()
        else:
            self._stopped = what == "stop"
        self._activity = None
        self._stopping = None
        self.wake()

    def _hold_back(self) -> None:
        self._not_before = self._host.clock.now() + timedelta(seconds=RETRY)

    async def _cancel_activity(self) -> None:
        task, self._activity = self._activity, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _check_deadlines(self) -> None:
        if self._failure is None and not self._leaving() and not self.finished:
            self._failure = await self._deadlines.check(self.pod, self._sync.volumes)

    # What to say -------------------------------------------------------------------------------------------

    async def _report(self, state: PodState) -> None:
        if self._is_premature(state):
            return
        seen = Observation(
            state=state,
            probes=self._probes,
            now=self._host.clock.now(),
            host_ip=self._host.node.address,
            container_id=self._services.container_id,
            image_id=self._services.image_id,
            message=self._sync.messages.of,
            waiting=self._sync.containers.waiting,
            wanted=self._resizing.wanted,
            failure=self._failure,
            resizes=self._resize_conditions(state),
            stopped=self._stopped,
        )
        self._gone |= not await self._writer.report(self.allocated, seen)

    def _resize_conditions(self, state: PodState) -> tuple[Obj, ...]:
        if self._leaving() or self._stopped:
            return ()
        in_progress = bool(self._resizing.changes(self.allocated, state))
        if not in_progress:
            self._resizing.completed(self.pod)
        return tuple(self._resizing.conditions(in_progress=in_progress))

    def _is_premature(self, state: PodState) -> bool:
        """Whether the next report follows at once, or there is nothing left to report from."""
        if self._stopping is not None and not state.running:
            return True
        if self.finished and not state.containers:
            return True
        age = asyncio.get_running_loop().time() - self._began
        idle = self._activity is None or state.containers or self._sync.containers.waiting
        if idle or age >= QUIET:
            return False
        self._wake_in(QUIET - age)
        return True

    async def _finish(self) -> bool:
        """Nothing runs: let the API forget the pod, then the node."""
        if not self._gone and not await self._writer.delete(self.pod):
            self._wake_in(RETRY)
            return False
        await self._sync.forget(self.pod)
        return True

    # When to look again ------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        now = self._host.clock.now()
        times = [self._not_before, self._deadlines.next_due(self.pod, self._sync.volumes)]
        if self._activity is None and not self._stopped:
            times += [self._sync.next_due()]
        due = min((moment for moment in times if moment is not None and moment > now), default=None)
        if due is not None:
            self._wake_in((due - now).total_seconds())

    def _wake_in(self, delay: float) -> None:
        loop = asyncio.get_running_loop()
        when = loop.time() + delay
        if self._timer is not None and self._timer.when() <= when:
            return
        self._cancel_timer()
        self._timer = loop.call_at(when, self.wake)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
