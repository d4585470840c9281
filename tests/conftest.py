"""Fixtures shared by all tests."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.support.control_plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def pytest_configure() -> None:
    # Else the asyncio plugin makes a loop only to put it back after each test, and nobody closes that one.
    asyncio.set_event_loop(None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """How `--dist loadgroup` shares the tests out: a file goes to one process, and all that use the Docker
    engine to one as well, since some look for what others might have left there."""
    for item in items:
        group = "docker" if item.get_closest_marker("docker") else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture
async def control_plane() -> AsyncIterator[ControlPlane]:
    """A started API server on a store in memory; fails the test if it changed an object it was handed."""
    plane = await ControlPlane.start()
    try:
        yield plane
        plane.verify_unchanged()
    finally:
        await plane.close()
