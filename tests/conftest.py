"""Fixtures shared by all tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.control_plane import ControlPlane

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def control_plane() -> AsyncIterator[ControlPlane]:
    """A started API server on a store in memory; fails the test if it changed an object it was handed."""
    plane = await ControlPlane.start()
    try:
        yield plane
        plane.verify_unchanged()
    finally:
        await plane.close()
