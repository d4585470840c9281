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


@pytest.fixture
async def control_plane() -> AsyncIterator[ControlPlane]:
    """A started API server on a store in memory; fails the test if it changed an object it was handed."""
    plane = await ControlPlane.start()
    try:
        yield plane
        plane.verify_unchanged()
    finally:
        await plane.close()
