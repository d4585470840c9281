"""Turns and affinity, in virtual time."""

from __future__ import annotations

import asyncio

import pytest

from tuik8s.proxy.balancer import Balancer
from tuik8s.proxy.service_table import Endpoint

pytestmark = pytest.mark.looptime

A, B, C = (Endpoint(name, 80) for name in "abc")


def first(balancer: Balancer, client: str = "me") -> Endpoint:
    chosen = balancer.order(client)[0]
    balancer.settled(client, chosen)
    return chosen


async def test_turns() -> None:
    balancer = Balancer()
    assert balancer.order("me") == []
    balancer.update((A, B, C), 0)
    assert [first(balancer) for _ in range(4)] == [A, B, C, A]
    balancer.update((A,), 0)
    assert first(balancer) == A


async def test_every_endpoint_is_offered_once() -> None:
    balancer = Balancer()
    balancer.update((A, B, C), 60)
    first(balancer)
    assert sorted(balancer.order("me")) == [A, B, C]
    assert balancer.order("me")[0] == A


async def test_affinity_ends_when_the_client_has_not_come_for_long() -> None:
    balancer = Balancer()
    balancer.update((A, B), 60)
    assert first(balancer) == A
    for _ in range(3):
        await asyncio.sleep(50)
        assert first(balancer) == A
    assert first(balancer, "you") == B
    await asyncio.sleep(61)
    assert first(balancer, "you") == A
    assert first(balancer) == B


async def test_affinity_does_not_outlive_the_endpoint() -> None:
    balancer = Balancer()
    balancer.update((A, B), 60)
    assert first(balancer) == A
    balancer.update((B,), 60)
    assert first(balancer) == B
    balancer.update((A, B), 60)
    assert first(balancer) == B
