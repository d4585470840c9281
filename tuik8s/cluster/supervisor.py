"""Run components as named tasks: a crash of one is shown, counted, and restarted with back-off."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

FIRST_DELAY, LAST_DELAY = 1.0, 60.0
STABLE_AFTER = 300.0
"""Seconds of running after which the next crash waits `FIRST_DELAY` again."""


Condition = Literal["running", "paused", "backing off", "stopped"]


@dataclass(frozen=True, slots=True)
class ComponentState:
    name: str
    state: Condition
    restarts: int
    last_error: str


class Component:
    """One supervised task. `run` is called again after a crash and after a pause: it must be able to."""

    def __init__(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self._run = run
        self._condition: Condition = "stopped"
        self._restarts = 0
        self._last_error = ""
        self._task: asyncio.Task[None] | None = None
        self._pausing = False
        self._resumed = asyncio.Event()
        self._resumed.set()

    def state(self) -> ComponentState:
        return ComponentState(self.name, self._condition, self._restarts, self._last_error)

    def pause(self) -> None:
        """Stop it where it waits; what it had not finished is found again from its caches on resume."""
        self._resumed.clear()
        if self._task is not None and not self._task.done():
            self._pausing = True
            self._task.cancel()

    def resume(self) -> None:
        self._resumed.set()

    def kill(self) -> None:
        """End it as a crash would; it comes back after the back-off."""
        if self._task is not None:
            self._task.cancel("killed")

    async def supervise(self) -> None:
        """Until cancelled."""
        delay = FIRST_DELAY
        loop = asyncio.get_running_loop()
        try:
            while True:
                await self._until_resumed()
                started = loop.time()
                if await self._attempt():
                    continue
                delay = FIRST_DELAY if loop.time() - started >= STABLE_AFTER else delay
                self._condition = "backing off"
                self._restarts += 1
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_DELAY)
        finally:
            self._condition = "stopped"

    async def _until_resumed(self) -> None:
        if not self._resumed.is_set():
            self._condition = "paused"
            await self._resumed.wait()

    async def _attempt(self) -> bool:
        """Run once; true when it was ended by a pause rather than by itself."""
        self._condition = "running"
        self._task = asyncio.ensure_future(self._run())
        try:
            await asyncio.wait([self._task])
        except asyncio.CancelledError:
            # We are being stopped: so is it, and its cleaning up is waited for.
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            raise
        if self._pausing:  # also when it was resumed before it had ended
            self._pausing = False
            return True
        error = None if self._task.cancelled() else self._task.exception()
        self._last_error = (
            _words(error) if error else "killed" if self._task.cancelled() else "ended by itself"
        )
        log.error("%s: %s; restarting", self.name, self._last_error, exc_info=error)
        return False


class Supervisor:
    """Components in order of their start; stopped in the reverse order."""

    def __init__(self) -> None:
        self._components: dict[str, Component] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> Component:
        component = self._components[name] = Component(name, run)
        self._tasks[name] = asyncio.create_task(component.supervise(), name=name)
        return component

    def __getitem__(self, name: str) -> Component:
        return self._components[name]

    def states(self) -> list[ComponentState]:
        return [component.state() for component in self._components.values()]

    async def stop(self) -> None:
        for task in reversed(self._tasks.values()):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._tasks.clear()


def _words(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
