from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.storage.support import FixedClock
from tuik8s.storage import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Store]:
    """The same behaviour is asked of both engines."""
    path = tmp_path / "store.db" if request.param == "sqlite" else None
    store = await Store.open(path, clock=clock)
    yield store
    await store.close()
