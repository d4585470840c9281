"""How many requests are answered at once, and whose turn is next.

A simple form of API priority and fairness (k8s.io/apiserver/pkg/util/flowcontrol): a fixed number of seats,
and when all are taken a queue for each user, served in turn. Watches and streams take no seat.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from typing import TYPE_CHECKING

from tuik8s.api.errors import TooManyRequests

if TYPE_CHECKING:
    from tuik8s.api.request import User

READ_SEATS, WRITE_SEATS = 400, 200
"""--max-requests-inflight and --max-mutating-requests-inflight."""
QUEUED = 50
"""Requests of one user that may wait."""
WAIT_SECONDS = 15.0
"""How long a request may wait: a quarter of what it may take altogether."""


class Seats:
    """Of one kind of request. Every seat that was taken must be left."""

    def __init__(self, seats: int) -> None:
        self.seats = seats
        self.taken = 0
        self.refused = 0
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    async def take(self, user: User) -> None:
        """Raises TooManyRequests when the user's queue is full or the wait too long."""
        if self.taken < self.seats:
            self.taken += 1
            return
        queue = self._queues.setdefault(user.name, deque())
        if len(queue) >= QUEUED:
            raise self._refusal()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await turn
        except TimeoutError:
            if turn.done() and not turn.cancelled():
                return  # handed over at the last moment
            queue.remove(turn)
            raise self._refusal() from None
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # it was our turn, and nobody takes it
            raise

    def leave(self) -> None:
        """Whoever waits takes over the seat: of all users who wait, the one who waited longest for a turn."""
        while self._queues:
            user, queue = next(iter(self._queues.items()))
            turn = queue.popleft() if queue else None
            self._queues.move_to_end(user)
            if not queue:
                del self._queues[user]
            if turn is not None and not turn.done():
                turn.set_result(None)
                return
        self.taken -= 1

    def _refusal(self) -> TooManyRequests:
        self.refused += 1
        why = "too many requests, please try again later"
        return TooManyRequests(why, details={"retryAfterSeconds": 1})
