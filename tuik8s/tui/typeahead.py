"""Keys that come in one burst are heard one after the other.

Textual gives each key to the widget that has the focus when the key arrives. A key that moves the focus (`g`,
`:`, `/`) is handled later, and what was typed right behind it would land in the wrong place: `:pods` would be
four commands. Here a key waits until everything before it has had its effect.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from textual import events
from textual.app import App
from textual.message import Message

if TYPE_CHECKING:
    from textual.message_pump import MessagePump

PATIENCE = 0.1
"""Seconds after which the next key goes on its way although the last one told nothing: the dialog that it
closed has gone with its messages."""
ROUNDS = 3
"""A key may send a message, and that another (a prompt that is entered), before the focus moves."""


class Heard(Message):
    """Follows a key from widget to widget up to the app, and so arrives when the key has been handled."""

    def __init__(self, number: int, target: MessagePump, rounds: int) -> None:
        super().__init__()
        self.number, self.target, self.rounds = number, target, rounds


class TypeAheadApp(App[None]):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._typed: deque[events.Key] = deque()
        self._key_number = 0
        self._under_way: asyncio.TimerHandle | None = None

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self._under_way is not None:
            self._typed.append(event)
        else:
            await self._hear(event)

    async def _hear(self, key: events.Key) -> None:
        target: MessagePump = self.focused or self.screen
        self._key_number += 1
        number = self._key_number
        self._under_way = asyncio.get_running_loop().call_later(PATIENCE, self._next_key_soon, number)
        await super().on_event(key)
        target.post_message(Heard(number, target, ROUNDS))

    def on_heard(self, message: Heard) -> None:
        if message.rounds > 1:
            message.target.post_message(Heard(message.number, message.target, message.rounds - 1))
        else:
            self._next_key_soon(message.number)

    def _next_key_soon(self, number: int) -> None:
        # Behind what the key has asked the app to do later, such as moving the focus.
        self.call_later(self._next_key, number)

    async def _next_key(self, number: int) -> None:
        if number != self._key_number or self._under_way is None:
            return
        self._under_way.cancel()
        self._under_way = None
        if self._typed:
            await self._hear(self._typed.popleft())
