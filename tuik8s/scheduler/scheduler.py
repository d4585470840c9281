"""The loop: take the next pod, decide, assume, bind behind the loop's back."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import ApiError, NotFound
from tuik8s.api.objects import condition_of
from tuik8s.api.request import PatchType
from tuik8s.client import Cause
from tuik8s.scheduler.algorithm import Algorithm
from tuik8s.scheduler.binder import DefaultBinder
from tuik8s.scheduler.default_selector import DefaultSelector
from tuik8s.scheduler.event_handlers import EventHandlers
from tuik8s.scheduler.framework import Change, ClusterEvent, is_worth_retrying
from tuik8s.scheduler.plugins import default_plugins
from tuik8s.scheduler.queue import QueuedPod, QueueStatistics, SchedulingQueue
from tuik8s.scheduler.snapshot import Snapshot
from tuik8s.scheduler.verdicts import Cycle, VerdictLog

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, SeriesRecorder
    from tuik8s.reconcile import Informers

log = logging.getLogger(__name__)

DEFAULT_SCHEDULER_NAME = "default-scheduler"
# Writes under way at once: enough for the store to commit in groups.
WRITES_AT_ONCE = 64
# A turn of the loop may cost about two milliseconds: some fifteen pods on a few nodes, three on a hundred.
LOOKS_PER_TURN, LOOKS_PER_POD = 300, 20

Write = Callable[[], Coroutine[None, None, None]]


class SchedulerStatistics(NamedTuple):
    name: str
    queue: QueueStatistics
    scheduled: int
    unschedulable: int
    failed: int
    assumed: int
    last_error: str


class Scheduler:
    """Binds pods of `scheduler_name` that have no node; with a seeded `random` the choices repeat.

    `run` may be cancelled and run again: what was being bound then is put back and tried anew.
    """

    name = "kube-scheduler"

    def __init__(
        self,
        client: Client,
        informers: Informers,
        recorder: SeriesRecorder,
        *,
        clock: Clock,
        random_source: random.Random | None = None,
        scheduler_name: str = DEFAULT_SCHEDULER_NAME,
    ) -> None:
        self._client = client
        self._recorder = recorder
        self._clock = clock
        self._binder = DefaultBinder(client)
        self._snapshot = Snapshot()
        self._queue = SchedulingQueue()
        self._verdicts = VerdictLog()
        services, replica_sets = informers.of(kinds.SERVICE), informers.of(kinds.REPLICA_SET)
        filters, scores = default_plugins(DefaultSelector(services, replica_sets))
        self._algorithm = Algorithm(filters, scores, random_source or random.Random())
        self._filters = {plugin.name: plugin for plugin in filters}
        self._interested = {
            change: frozenset(plugin.name for plugin in filters if change in plugin.changes)
            for change in Change
        }
        self._informers = [informers.of(kinds.NODE), informers.of(kinds.POD), informers.of(kinds.NAMESPACE)]
        self._informers += [services, replica_sets]
        EventHandlers(informers, self._snapshot, self._queue, self._changed, scheduler_name=scheduler_name)
        self._writes = asyncio.Semaphore(WRITES_AT_ONCE)
        self._scheduled = self._unschedulable = self._failed = 0
        self._last_error = ""

    async def run(self) -> None:
        for informer in self._informers:
            await informer.synced.wait()
        for lost in self._queue.recover():
            self._snapshot.unreserve(lost.info)
        self._writes = asyncio.Semaphore(WRITES_AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._queue.run(), name="scheduling queue")
            looked_at = 0
            while True:
                queued = await self._queue.pop()
                write = self._schedule(queued)
                await self._writes.acquire()
                tasks.create_task(self._guarded(write, queued), name=f"bind {queued.info.key}")
                # Deciding never waits, so it must make way for everybody else ever so often.
                looked_at += LOOKS_PER_POD + len(self._snapshot.nodes)
                if looked_at >= LOOKS_PER_TURN:
                    looked_at = 0
                    await asyncio.sleep(0)

    def verdicts(self, pod_uid: str) -> list[Cycle]:
        """The last cycles of one pod, oldest first; empty when it is not among the last 1,000."""
        return self._verdicts.of(pod_uid)

    def statistics(self) -> SchedulerStatistics:
        return SchedulerStatistics(
            self.name, self._queue.statistics(), self._scheduled, self._unschedulable, self._failed,
            self._snapshot.assumed, self._last_error,
        )  # fmt: skip

    def _changed(self, event: ClusterEvent) -> None:
        interested = self._interested[event.change]

        def may_help(queued: QueuedPod) -> bool:
            plugins = (self._filters[name] for name in queued.rejectors & interested)
            return any(is_worth_retrying(plugin, queued.info, event, self._snapshot) for plugin in plugins)

        self._queue.move(may_help, event.cause)

    def _schedule(self, queued: QueuedPod) -> Write:
        """One cycle; returns what is left to write."""
        pod = queued.info
        try:
            decision = self._algorithm.schedule(pod, self._snapshot)
        except Exception as error:
            # One pod that breaks a plugin must not keep the others from being scheduled.
            log.exception("scheduling %s", pod.key)
            self._note_failure(queued, str(error))
            self._queue.retry(queued)
            return partial(self._report, queued, "SchedulerError", str(error))
        self._verdicts.add(self._clock.now(), decision)
        if decision.chosen:
            self._snapshot.reserve(pod, decision.chosen)
            return partial(self._bind, queued, decision.chosen)
        self._unschedulable += 1
        self._queue.park(queued, {rejection.plugin for rejection in decision.rejections.values()})
        return partial(self._report, queued, "Unschedulable", decision.message)

    async def _guarded(self, write: Write, queued: QueuedPod) -> None:
        try:
            with Cause(queued.cause):
                await write()
        except Exception as error:
            log.exception("binding %s", queued.info.key)
            self._note_failure(queued, str(error))
        finally:
            self._writes.release()

    async def _bind(self, queued: QueuedPod, node_name: str) -> None:
        pod = queued.info
        bound = False
        try:
            await self._binder.bind(pod, node_name)
            bound = True
        except NotFound:
            log.debug("pod %s is gone, nothing to bind", pod.key)
            self._queue.remove(pod.uid)
        except (ApiError, OSError) as error:
            self._note_failure(queued, str(error))
            await self._report(queued, "SchedulerError", f"binding rejected: {error}")
        finally:
            if not bound:
                self._snapshot.unreserve(pod)
                self._queue.retry(queued)
        self._scheduled += bound
        if bound:
            self._queue.remove(pod.uid)
            text = f"Successfully assigned {pod.namespace}/{pod.key.name} to {node_name}"
            self._recorder.event(pod.pod, "Normal", "Scheduled", text, action="Binding")

    async def _report(self, queued: QueuedPod, reason: str, message: str) -> None:
        """FailedScheduling, and why in the pod's PodScheduled condition."""
        pod = queued.info
        self._recorder.event(pod.pod, "Warning", "FailedScheduling", message, action="Scheduling")
        old = condition_of(pod.pod, "PodScheduled") or {}
        if (old.get("status"), old.get("reason"), old.get("message")) == ("False", reason, message):
            return
        now = timestamp(self._clock.now())
        changed = now if old.get("status") != "False" else old.get("lastTransitionTime") or now
        condition = {
            "type": "PodScheduled", "status": "False", "reason": reason, "message": message,
            "lastProbeTime": None, "lastTransitionTime": changed,
        }  # fmt: skip
        if pod.pod["metadata"].get("generation"):
            condition["observedGeneration"] = pod.pod["metadata"]["generation"]
        try:
            await self._client.patch(
                kinds.POD, pod.namespace, pod.key.name, {"status": {"conditions": [condition]}},
                patch_type=PatchType.STRATEGIC, subresource="status",
            )  # fmt: skip
        except NotFound:
            log.debug("pod %s is gone, nothing to report", pod.key)
        except (ApiError, OSError) as error:
            self._note_failure(queued, f"condition not written: {error}")

    def _note_failure(self, queued: QueuedPod, message: str) -> None:
        self._failed += 1
        self._last_error = f"{queued.info.key}: {message}"
        log.warning("scheduler: %s", self._last_error)
