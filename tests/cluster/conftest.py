"""Whole clusters in the test's own event loop, on both runtimes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cri.conftest import docker_client as docker_client
from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tuik8s.config import RuntimeChoice


@pytest.fixture(params=["simulated", pytest.param("docker", marks=pytest.mark.docker)])
def runtime(request: pytest.FixtureRequest) -> RuntimeChoice:
    if request.param == "docker":
        request.getfixturevalue("docker_client")
    choice: RuntimeChoice = request.param
    return choice


@pytest.fixture
async def cluster(runtime: RuntimeChoice, tmp_path: Path) -> AsyncIterator[Cluster]:
    """An ephemeral cluster of three nodes that follows `tmp_path/manifests`."""
    folder = tmp_path / "manifests"
    folder.mkdir()
    config = Config(cluster="test", ephemeral=True, runtime=runtime, folder=folder, seed=1, listen="")
    async with Cluster(config) as running:
        await running.started()
        yield running


@pytest.fixture
def save(cluster: Cluster) -> Callable[[str, str], None]:
    """Save a file in the folder."""

    def write(name: str, text: str) -> None:
        assert cluster.config.folder is not None
        (cluster.config.folder / name).write_text(text)

    return write
