"""The kubelet's bench as a fixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kubelet.bench import Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.control_plane import ControlPlane


@pytest.fixture
async def bench(control_plane: ControlPlane, tmp_path: Path) -> AsyncIterator[Bench]:
    """A running kubelet for `node-1`."""
    bench = Bench(control_plane, tmp_path)
    await bench.prepare()
    async with bench.running():
        yield bench


@pytest.fixture
async def stopped_bench(control_plane: ControlPlane, tmp_path: Path) -> Bench:
    """Nothing runs until the test says so."""
    bench = Bench(control_plane, tmp_path)
    await bench.prepare()
    return bench
