"""What a killed cluster leaves on the engine is found and can be removed; living clusters keep theirs."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from tests.cluster.test_kill import DEPLOYMENT, Child
from tuik8s.api.clock import SystemClock
from tuik8s.cli import main
from tuik8s.cluster import leftovers
from tuik8s.cri.docker import DockerRuntime, Found, Home
from tuik8s.storage.file_lock import FileLock

if TYPE_CHECKING:
    from pathlib import Path

    import docker


def test_an_ephemeral_cluster_dies_with_its_program(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "store.db")
    assert not leftovers.is_dead(Home(tmp_path, ephemeral=True))
    lock.release()
    assert leftovers.is_dead(Home(tmp_path, ephemeral=True))


def test_any_other_cluster_may_come_back_while_its_directory_is_there(tmp_path: Path) -> None:
    assert not leftovers.is_dead(Home(tmp_path, ephemeral=False))
    assert leftovers.is_dead(Home(tmp_path / "gone", ephemeral=False))


def test_what_cannot_be_known_counts_as_alive(tmp_path: Path) -> None:
    assert not leftovers.is_dead(Home(tmp_path / "gone", ephemeral=True, machine="another"))
    file = tmp_path / "file"
    file.touch()
    assert not leftovers.is_dead(Home(file, ephemeral=True))


@pytest.mark.docker
async def test_a_killed_ephemeral_cluster_is_named_and_removed(
    docker_client: docker.DockerClient, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    folder = tmp_path / "manifests"
    temporary.mkdir()
    folder.mkdir()
    (folder / "web.yaml").write_text(DEPLOYMENT % (2, "one"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tuik8s", "up", str(folder), "--headless", "--ephemeral", "--runtime", "docker",
        "--cluster", "killed", stdout=asyncio.subprocess.PIPE, env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    async with Child(process) as child:
        await child.says("Started", 2)
        mine = await found_in(temporary)
        assert mine.home is not None
        assert mine.containers >= 4
        assert mine not in await leftovers.find()
    (mine,) = [found for found in await leftovers.find() if found.cluster == mine.cluster]
    output = (await asyncio.to_thread(CliRunner().invoke, main, ["doctor"])).output
    assert f"{mine.containers} containers of {mine.cluster}, which is gone" in output
    assert "tuik8s reset --leftovers" in output

    await leftovers.remove(mine)
    assert not [found for found in await leftovers.find() if found.cluster == mine.cluster]
    assert not docker_client.networks.list(names=[f"tuik8s-{mine.cluster}"])


async def found_in(directory: Path) -> Found:
    runtime = DockerRuntime(cluster="", clock=SystemClock())
    try:
        (mine,) = [
            found
            for found in await runtime.clusters()
            if found.home and directory in found.home.directory.parents
        ]
        return mine
    finally:
        await runtime.close()
