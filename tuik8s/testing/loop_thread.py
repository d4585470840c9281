"""A thread with an event loop of its own, for callers with and without one."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from concurrent.futures import Future

T = TypeVar("T")


class LoopThread:
    """Runs `loop` until `stop`. A coroutine given to it runs there; its result or error comes back."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._thread = threading.Thread(target=self._run, name="tuik8s cluster", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Block until it is done. A caller that is interrupted leaves it cancelled."""
        future = self._submit(coroutine)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    async def arun(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The caller's own loop goes on meanwhile."""
        return await asyncio.wrap_future(self._submit(coroutine))

    async def iterate(self, opened: Callable[[], AsyncIterator[T]]) -> AsyncIterator[T]:
        """Items that an iterator yields there. Leaving the iteration closes it."""
        items: asyncio.Queue[T | None] = asyncio.Queue()
        caller = asyncio.get_running_loop()

        def hand_over(item: T | None) -> None:
            with suppress(RuntimeError):  # the caller's loop is closed: nobody waits any more
                caller.call_soon_threadsafe(items.put_nowait, item)

        future = self._submit(_pump(opened, hand_over))
        future.add_done_callback(lambda _: hand_over(None))
        try:
            while (item := await items.get()) is not None:
                yield item
            future.result()
        finally:
            future.cancel()

    def stop(self) -> None:
        """Cancel what still runs there, wait for it, and close the loop."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        if threading.current_thread() is self._thread:
            coroutine.close()
            raise RuntimeError("called in the cluster's own thread, which would wait for itself")
        if not self._thread.is_alive():
            coroutine.close()
            raise RuntimeError("the cluster has been stopped")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _run(self) -> None:
        loop = self._loop
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


async def _pump(opened: Callable[[], AsyncIterator[T]], hand_over: Callable[[T], None]) -> None:
    items = opened()
    try:
        async for item in items:
            hand_over(item)
    finally:
        close = getattr(items, "aclose", None)
        if close is not None:
            await close()
