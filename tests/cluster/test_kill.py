"""`kill -9` in the middle of a rollout: nothing is lost, nothing runs twice, the rollout goes on."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.api.objects import controller_of
from tuik8s.api.readiness import readiness_of
from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.config import RuntimeChoice

REPLICAS = 4
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, release: "%s"}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: service_test:latest
        imagePullPolicy: Never
        command: [sleep, infinity]
"""
LIMIT = 60.0


class Child:
    """`tuik8s up --headless` in a process of its own; leaving the block kills it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    @classmethod
    async def start(cls, folder: Path, data: Path, runtime: str) -> Child:
        arguments = ["up", str(folder), "--headless", "--data-dir", str(data), "--runtime", runtime]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tuik8s", *arguments, stdout=asyncio.subprocess.PIPE
        )
        return cls(process)

    async def __aenter__(self) -> Child:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            await self.kill()

    async def says(self, text: str, times: int = 1) -> None:
        """Read on until so many more lines contain the text."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT):
            while times:
                line = (await self.process.stdout.readline()).decode()
                assert line, f"it ended; it said {self.lines[-20:]}"
                self.lines.append(line)
                times -= text in line

    async def kill(self) -> None:
        self.process.kill()
        await self.process.communicate()


async def test_a_rollout_goes_on_after_a_kill(runtime: RuntimeChoice, tmp_path: Path) -> None:
    folder, data = tmp_path / "manifests", tmp_path / "data"
    folder.mkdir()
    (folder / "web.yaml").write_text(DEPLOYMENT % (REPLICAS, "one"))
    async with await Child.start(folder, data, runtime) as child:
        await child.says("Started", REPLICAS)
        (folder / "web.yaml").write_text(DEPLOYMENT % (REPLICAS, "two"))
        await child.says("Started")

    config = Config(cluster="tuik8s", data_dir=data, folder=folder, runtime=runtime)
    async with Cluster(config) as cluster:
        await cluster.started()
        try:
            await _converged(cluster)
        finally:
            assert cluster.runtime is not None
            await cluster.supervisor.stop()
            await cluster.runtime.remove_cluster()


async def _converged(cluster: Cluster) -> None:
    client = cluster.client
    await until(client, kinds.DEPLOYMENT, lambda found: bool(found) and readiness_of(found[0]).done)
    pods = await until(client, kinds.POD, lambda found: len(found) == REPLICAS)
    assert {pod["metadata"]["labels"]["release"] for pod in pods} == {"two"}
    assert len({(controller_of(pod) or {})["name"] for pod in pods}) == 1
    assert cluster.runtime is not None
    running = [item for item in await cluster.runtime.list_containers() if item.state == "running"]
    ours = {pod["metadata"]["uid"] for pod in pods}
    assert sorted(item.pod_uid for item in running if item.pod_uid in ours) == sorted(ours)


async def test_a_second_instance_says_who_has_the_state(tmp_path: Path) -> None:
    async with await Child.start(tmp_path, tmp_path / "data", "simulated") as child:
        await child.says("node node-1 is Ready")
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tuik8s", "up", str(tmp_path), "--data-dir", str(tmp_path / "data"),
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, said = await second.communicate()
    assert second.returncode == 1
    assert str(tmp_path / "data") in said.decode()
    assert "Traceback" not in said.decode()


async def test_sigterm_stops_it_cleanly(tmp_path: Path) -> None:
    async with await Child.start(tmp_path, tmp_path / "data", "simulated") as child:
        await child.says("node node-3 is Ready")
        child.process.terminate()
        output, _ = await child.process.communicate()
    assert child.process.returncode == 0
    assert output.decode().endswith("stopped\n")
