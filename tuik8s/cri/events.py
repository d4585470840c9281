"""Container events for any number of listeners."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.cri.protocol import ContainerEvent


class _Listener:
    def __init__(self) -> None:
        # Equal events that wait are one: a listener looks at the whole pod anyway, and memory stays bounded.
        self.pending: dict[ContainerEvent, None] = {}
        self.something = asyncio.Event()
        self.closed = False


class EventHub:
    """A listener hears what is published after `subscribe` was called; the stream ends at `close`."""

    def __init__(self) -> None:
        self._listeners: list[_Listener] = []

    def subscribe(self) -> AsyncIterator[ContainerEvent]:
        listener = _Listener()
        self._listeners.append(listener)
        return self._listen(listener)

    def publish(self, event: ContainerEvent) -> None:
        for listener in self._listeners:
            listener.pending[event] = None
            listener.something.set()

    def close(self) -> None:
        for listener in self._listeners:
            listener.closed = True
            listener.something.set()

    async def _listen(self, listener: _Listener) -> AsyncIterator[ContainerEvent]:
        try:
            while True:
                while listener.pending:
                    event = next(iter(listener.pending))
                    del listener.pending[event]
                    yield event
                if listener.closed:
                    return
                listener.something.clear()
                await listener.something.wait()
        finally:
            self._listeners.remove(listener)
