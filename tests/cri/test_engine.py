"""Calls to the engine that nobody waits for any more."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from tuik8s.cri.docker.engine import Engine

if TYPE_CHECKING:
    import docker

pytestmark = pytest.mark.docker


async def test_a_cancelled_call_is_waited_for(docker_client: docker.DockerClient) -> None:
    """A container that a cancelled call still makes would else outlive the removal of its cluster."""
    engine = Engine(None, 2)
    await engine.open()
    began, go_on, made = threading.Event(), threading.Event(), threading.Event()

    def make(_: object) -> None:
        began.set()
        go_on.wait(10)
        made.set()

    call = asyncio.create_task(engine.call(make))
    await asyncio.to_thread(began.wait)
    call.cancel()
    settled = asyncio.create_task(engine.settled())
    await asyncio.wait([settled], timeout=0.05)
    assert not settled.done()
    go_on.set()
    await settled
    assert made.is_set()
    engine.close()
