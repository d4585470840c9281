"""Fixtures shared by all tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.control_plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def pytest_configure() -> None:
    # Else the asyncio plugin makes a loop only to put it back after each test, and nobody closes that one.
    asyncio.set_event_loop(None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Where tests are shared out (`-n 2`): see `EngineScheduling`."""
    return EngineScheduling(config, log)


class EngineScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """A file goes to one process, and all that may use the Docker engine to one as well: some look for what
    others might have left there."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        on_engine = path.startswith(("tests/cri/", "tests/cluster/")) or path.endswith("/test_docker.py")
        return "docker" if on_engine else path


@pytest.fixture
async def control_plane() -> AsyncIterator[ControlPlane]:
    """A started API server on a store in memory; fails the test if it changed an object it was handed."""
    plane = await ControlPlane.start()
    try:
        yield plane
        plane.verify_unchanged()
    finally:
        await plane.close()
