"""The same tests for both runtimes; Docker's run wherever an engine answers.

`TUIK8S_REQUIRE_DOCKER=1` turns a missing engine from a skip into a failure.
"""

from __future__ import annotations

import os
import signal
import socket
import uuid
from typing import TYPE_CHECKING

import docker
import pytest
from docker.errors import DockerException

from tests.cri.lab import Lab
from tests.images import ensure_images
from tests.support.clock import LoopClock
from tuik8s.api.clock import SystemClock
from tuik8s.cri.docker import DockerRuntime
from tuik8s.cri.simulated import SimulatedRuntime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from types import FrameType

LOCAL = ("busybox", "service_test")
FROZEN = 30
"""Seconds of real time."""


@pytest.fixture(scope="session")
def docker_client() -> Iterator[docker.DockerClient]:
    try:
        _knock()
        client = docker.from_env()
        client.ping()
    except (DockerException, OSError) as error:
        if os.environ.get("TUIK8S_REQUIRE_DOCKER") == "1":
            pytest.fail(f"a Docker engine is required and none answers: {error}")
        pytest.skip(f"no Docker engine answers: {error}")
    ensure_images(client)
    yield client
    client.close()


def _knock() -> None:
    """The SDK leaves a socket open where nobody listens; raises OSError before it does."""
    url = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if url.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(url.removeprefix("unix://"))


@pytest.fixture
def unfrozen() -> Iterator[None]:
    """A loop that never comes back fails the test; no timeout of the loop's own could."""

    def fail(number: int, frame: FrameType | None) -> None:
        raise AssertionError("the event loop is frozen")

    before = signal.signal(signal.SIGALRM, fail)
    signal.alarm(FROZEN)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def simulated(cluster: str) -> SimulatedRuntime:
    return SimulatedRuntime(cluster=cluster, clock=LoopClock(), local_images=lambda n: n.startswith(LOCAL))


def real(cluster: str) -> DockerRuntime:
    return DockerRuntime(cluster=cluster, clock=SystemClock())


@pytest.fixture
async def simulated_lab() -> AsyncIterator[Lab]:
    lab = Lab("simulated", "test", simulated)
    await lab.runtime.start()
    yield lab
    await lab.runtime.close()


@pytest.fixture
async def docker_lab(docker_client: docker.DockerClient) -> AsyncIterator[Lab]:
    """A cluster of its own, which is gone afterwards."""
    lab = Lab("docker", f"test-{uuid.uuid4().hex[:8]}", real)
    own = lab.runtime
    await own.start()
    yield lab
    for runtime in [*lab.others, own]:
        await runtime.remove_cluster()
        await runtime.close()


@pytest.fixture(
    params=[
        pytest.param("simulated", marks=pytest.mark.looptime),
        pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.slow]),
    ]
)
def lab(request: pytest.FixtureRequest) -> Lab:
    found: Lab = request.getfixturevalue(f"{request.param}_lab")
    return found
