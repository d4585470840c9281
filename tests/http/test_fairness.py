"""Whose turn it is when there are more requests than seats."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tuik8s.api.errors import TooManyRequests
from tuik8s.api.request import User
from tuik8s.apiserver.http import fairness
from tuik8s.apiserver.http.fairness import Seats

if TYPE_CHECKING:
    import looptime

pytestmark = [pytest.mark.looptime]
GREEDY, MODEST = User("greedy"), User("modest")


async def test_users_who_wait_are_served_in_turn() -> None:
    seats, served = Seats(1), list[str]()
    await seats.take(GREEDY)

    async def ask(user: User) -> None:
        await seats.take(user)
        served.append(user.name)
        seats.leave()

    waiting = [asyncio.create_task(ask(GREEDY)) for _ in range(4)]
    await asyncio.sleep(0)
    waiting.append(asyncio.create_task(ask(MODEST)))
    await asyncio.sleep(0)
    seats.leave()
    await asyncio.gather(*waiting)
    assert served.index("modest") <= 1
    assert seats.taken == 0


async def test_a_full_queue_refuses_its_user_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fairness, "QUEUED", 1)
    seats = Seats(1)
    await seats.take(GREEDY)
    greedy = asyncio.create_task(seats.take(GREEDY))
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests) as refused:
        await seats.take(GREEDY)
    assert refused.value.details == {"retryAfterSeconds": 1}
    modest = asyncio.create_task(seats.take(MODEST))
    await asyncio.sleep(0)
    seats.leave()
    seats.leave()
    await asyncio.gather(greedy, modest)


async def test_nobody_waits_for_ever(looptime: looptime.LoopTimeProxy) -> None:
    seats = Seats(0)
    with pytest.raises(TooManyRequests):
        await seats.take(MODEST)
    assert looptime == fairness.WAIT_SECONDS
    assert seats.refused == 1


async def test_a_client_that_goes_leaves_its_seat_to_the_next() -> None:
    seats = Seats(1)
    await seats.take(MODEST)
    first = asyncio.create_task(seats.take(GREEDY))
    second = asyncio.create_task(seats.take(MODEST))
    await asyncio.sleep(0)
    seats.leave()
    first.cancel()  # in the same turn of the loop in which it got the seat
    await asyncio.wait_for(second, 1)
    seats.leave()
    assert seats.taken == 0


async def test_a_turn_that_comes_at_the_last_moment_is_taken() -> None:
    seats = Seats(1)
    await seats.take(GREEDY)
    loop = asyncio.get_running_loop()
    loop.call_at(loop.time() + fairness.WAIT_SECONDS, seats.leave)
    await seats.take(MODEST)
    assert seats.taken == 1
    seats.leave()
    assert seats.taken == 0


async def test_who_gave_up_waits_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fairness, "QUEUED", 1)
    seats = Seats(0)
    for _ in range(2):
        with pytest.raises(TooManyRequests):
            await seats.take(MODEST)
    assert asyncio.get_running_loop().time() >= 2 * fairness.WAIT_SECONDS
