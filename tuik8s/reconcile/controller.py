"""The loop of one controller: changes of any watched kind become keys, keys are reconciled."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.errors import ApiError, Conflict, NotFound
from tuik8s.api.objects import Key, Obj, key_of, revision_of
from tuik8s.client import Cause
from tuik8s.reconcile.workqueue import QueueStatistics, WorkQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from tuik8s.reconcile.informer import Informer, Informers

log = logging.getLogger(__name__)

# A watch that broke cannot show our write in time; the next event reconciles again anyway.
SETTLE_LIMIT = 5.0
# So often somebody may have been faster, changing or deleting what we write to; more often is a failure.
LOST_RACES = 5


class TerminalError(Exception):
    """This key cannot be reconciled as it is; say so once and wait for it to change."""


class ControllerStatistics(NamedTuple):
    name: str
    queue: QueueStatistics
    reconciled: int
    failed: int
    last_error: str


class Controller:
    """Reconcile keys of one kind with `workers` tasks.

    `reconcile(key)` reads from caches, writes through the client and returns seconds after which to look
    again, or None. An error puts the key back with back-off and touches no other key. A key that waits for
    its back-off is still worked on at once when something about it changes.
    """

    def __init__(
        self,
        name: str,
        reconcile: Callable[[Key], Awaitable[float | None]],
        *,
        informers: Informers,
        workers: int = 4,
    ) -> None:
        self.name = name
        self.queue: WorkQueue[Key] = WorkQueue()
        self._reconcile = reconcile
        self._workers = workers
        self._informers = informers
        self._sources: list[Informer] = []
        self._reconciled = self._failed = 0
        self._last_error = ""

    def watches(
        self,
        informer: Informer,
        keys: Callable[[Obj], Iterable[Key]] | None = None,
        *,
        delay: Callable[[Key], float] | None = None,
    ) -> None:
        """Enqueue what `keys` yields (default: the object's own key) for the old and the new state.

        `delay` says how many seconds a key may wait, so that a flood of changes becomes one reconcile.
        """
        map_keys = keys or _own_key
        self._sources.append(informer)

        def enqueue(old: Obj | None, new: Obj | None) -> None:
            cause = revision_of(new or old or {})
            for obj in (old, new):
                for key in map_keys(obj) if obj is not None else ():
                    self.queue.add_after(key, delay(key) if delay is not None else 0, cause)

        informer.subscribe(enqueue)

    async def run(self) -> None:
        for informer in self._sources:
            await informer.synced.wait()
        try:
            async with asyncio.TaskGroup() as tasks:
                for number in range(self._workers):
                    tasks.create_task(self._work(), name=f"{self.name} worker {number}")
        finally:
            self.queue.close()

    def statistics(self) -> ControllerStatistics:
        return ControllerStatistics(
            self.name, self.queue.statistics(), self._reconciled, self._failed, self._last_error
        )

    async def _work(self) -> None:
        while True:
            async with self.queue.claim() as claim:
                with Cause(claim.cause) as cause:
                    await self._attempt(claim.key, claim.cause)
                await self._settle(cause)
            # A reconcile that never had to wait must not keep the loop from everybody else.
            await asyncio.sleep(0)

    async def _attempt(self, key: Key, cause: int) -> None:
        try:
            again = await self._reconcile(key)
        except TerminalError as error:
            self._note_failure(key, error, "giving up")
            self.queue.forget(key)
        except Exception as error:
            if isinstance(error, Conflict | NotFound) and self.queue.failures(key) < LOST_RACES:
                log.debug("%s: %s: %s", self.name, key, error)
            else:
                self._note_failure(key, error, "trying again")
            self.queue.retry(key, cause)
        else:
            self._reconciled += 1
            self.queue.forget(key)
            if again is not None:
                self.queue.add_after(key, again, cause)

    async def _settle(self, cause: Cause) -> None:
        """Wait until the caches this program keeps have seen what was just written."""
        for kind, revision in cause.writes.items():
            informer = self._informers.get(kind)
            if informer is None or informer.revision >= revision:
                continue
            try:
                async with asyncio.timeout(SETTLE_LIMIT):
                    await informer.reached(revision)
            except TimeoutError:
                log.warning("%s: revision %d of %s not seen yet", self.name, revision, kind)

    def _note_failure(self, key: Key, error: Exception, what: str) -> None:
        self._failed += 1
        self._last_error = f"{key}: {error}"
        expected = isinstance(error, ApiError | TerminalError)
        log.error("%s: %s: %s: %s", self.name, what, key, error, exc_info=None if expected else error)


def _own_key(obj: Obj) -> Iterable[Key]:
    return (key_of(obj),)
