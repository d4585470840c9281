"""The kubelet on real containers, in real time."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.cri.conftest import docker_client
from tests.kubelet.bench import Bench, container, node_config, phase, status_of, waiting
from tests.support.control_plane import ControlPlane
from tuik8s.api import kinds
from tuik8s.api.clock import RandomIds, SystemClock
from tuik8s.api.kinds import KindRegistry
from tuik8s.api.objects import is_pod_ready
from tuik8s.apiserver import ApiServer
from tuik8s.apiserver.access import Access
from tuik8s.client import LogOptions
from tuik8s.cri.docker import DockerRuntime
from tuik8s.storage import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import docker

    from tuik8s.api.objects import Obj
    from tuik8s.kubelet import NodeConfig

__all__ = ["docker_client"]

pytestmark = [pytest.mark.docker, pytest.mark.slow]

LIMIT = 40.0
"""Seconds of real time that anything here may take."""


class Machine:
    """A control plane and a kubelet on the Docker engine, under a cluster name of its own."""

    def __init__(self, bench: Bench, runtime: DockerRuntime, node: NodeConfig) -> None:
        self.bench, self.runtime, self.node = bench, runtime, node

    async def until_ready(self) -> Obj:
        return await self.bench.until(is_pod_ready, timeout=LIMIT)

    async def until_sandboxes(self, count: int) -> None:
        """Until the engine has so many left."""
        async with asyncio.timeout(LIMIT):
            for _ in range(int(LIMIT * 10)):
                if len(await self.runtime.list_sandboxes()) == count:
                    return
                await asyncio.sleep(0.1)

    async def logs(self, **options: Any) -> str:
        pod = await self.bench.get()
        chunks = [chunk async for chunk in self.bench.kubelet.logs(pod, LogOptions(**options))]
        return b"".join(chunks).decode()

    async def run(self, script: str, **fields: Any) -> Obj:
        """One container to its end."""
        pod_fields = {key: fields.pop(key) for key in ("volumes",) if key in fields}
        await self.bench.pod(restartPolicy="Never", containers=[shell(script, **fields)], **pod_fields)
        return await self.bench.until(lambda pod: phase(pod) in ("Succeeded", "Failed"), timeout=LIMIT)


def shell(script: str, **fields: Any) -> Obj:
    return container(image="busybox:latest", command=["sh", "-c", script], **fields)


def serve(**fields: Any) -> Obj:
    return container(image="service_test:latest", **fields)


@pytest.fixture
async def machine(docker_client: docker.DockerClient, tmp_path: Path) -> AsyncIterator[Machine]:
    clock, ids = SystemClock(), RandomIds()
    store = await Store.open(None, clock=clock)
    access = Access(modes=("AlwaysAllow",))
    api = ApiServer(store, clock=clock, ids=ids, registry=KindRegistry(), access=access)
    await api.start()
    bench = Bench(ControlPlane(store, api, clock, ids), tmp_path)  # type: ignore[arg-type]
    await bench.prepare()
    runtime = DockerRuntime(cluster=f"test-{uuid.uuid4().hex[:8]}", clock=clock)
    await runtime.start()
    bench.runtime = runtime  # type: ignore[assignment]
    network = runtime.pod_cidr.rsplit(".", 2)[0]
    node = node_config(pod_cidr=f"{network}.7.0/24", address="127.0.0.1")
    try:
        yield Machine(bench, runtime, node)
    finally:
        await runtime.remove_cluster()
        await runtime.close()
        await store.close()


async def test_a_server_runs_is_probed_logs_and_ends(machine: Machine) -> None:
    bench = machine.bench
    probe = {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1}
    async with bench.running(machine.node):
        await bench.pod(containers=[serve(readinessProbe=probe)])
        pod = await machine.until_ready()
        assert status_of(pod)["containerID"].startswith("docker://")
        assert status_of(pod)["imageID"].startswith("docker")
        assert pod["status"]["podIP"].endswith(".7.2")
        assert "This is server, listening on 8080" in await machine.logs()
        session = await bench.kubelet.exec(pod, "web", ["hostname"], tty=False, stdin=False)
        assert b"".join([data async for _, data in session.output()]) == b"web\n"
        await session.close()
        await bench.delete()
        await bench.until_gone(timeout=LIMIT)
        await machine.until_sandboxes(0)


async def test_volumes_environment_and_termination_message(machine: Machine) -> None:
    bench = machine.bench
    async with bench.running(machine.node):
        await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "from the map\n"})
        pod = await machine.run(
            "cat /data/a; echo $GREETING > /dev/termination-log; exit 3",
            env=[{"name": "GREETING", "value": "hello $(HOSTNAME_)"}],
            volumes=[{"name": "v", "configMap": {"name": "settings"}}],
            volumeMounts=[{"name": "v", "mountPath": "/data"}],
        )
        ended = status_of(pod)["state"]["terminated"]
        assert (ended["exitCode"], ended["reason"]) == (3, "Error")
        assert ended["message"] == "hello $(HOSTNAME_)\n"
        assert await machine.logs() == "from the map\n"


async def test_a_changed_config_map_is_seen_inside(machine: Machine) -> None:
    bench = machine.bench
    async with bench.running(machine.node):
        await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "old"})
        script = "until grep -q new /data/a; do sleep 0.1; done; echo seen"
        await bench.pod(
            restartPolicy="Never",
            volumes=[{"name": "v", "configMap": {"name": "settings"}}],
            containers=[shell(script, volumeMounts=[{"name": "v", "mountPath": "/data"}])],
        )
        await machine.until_ready()
        await bench.client.patch(kinds.CONFIG_MAP, "default", "settings", {"data": {"a": "new"}})
        await bench.until(lambda pod: phase(pod) == "Succeeded", timeout=LIMIT)
        assert await machine.logs() == "seen\n"


async def test_containers_share_an_empty_dir_and_the_network(machine: Machine) -> None:
    bench = machine.bench
    mounts = [{"name": "v", "mountPath": "/shared"}]
    async with bench.running(machine.node):
        await bench.pod(
            restartPolicy="Never",
            volumes=[{"name": "v", "emptyDir": {}}],
            initContainers=[{**shell("echo first > /shared/file", volumeMounts=mounts), "name": "first"}],
            containers=[
                {**serve(), "name": "server"},
                shell(
                    "cat /shared/file; until wget -q -O - http://127.0.0.1:8080/x; do sleep 0.1; done",
                    volumeMounts=mounts,
                ),
            ],
        )
        await bench.until(lambda pod: "terminated" in status_of(pod)["state"], timeout=LIMIT)
        said = await machine.logs(container="web")
        assert said.startswith("first\nThis is server")
        assert "path: /x" in said
        await bench.delete(grace_period_seconds=1)
        await bench.until_gone(timeout=LIMIT)


async def test_containers_are_adopted_and_orphans_removed(machine: Machine) -> None:
    bench = machine.bench
    async with bench.running(machine.node):
        await bench.pod(containers=[serve()])
        await bench.pod("orphan", containers=[serve()])
        before = await machine.until_ready()
        await bench.until(is_pod_ready, "orphan", timeout=LIMIT)
    await bench.delete("orphan", grace_period_seconds=0)
    async with bench.running(machine.node):
        await machine.until_sandboxes(1)
        after = await bench.get()
        assert status_of(after)["containerID"] == status_of(before)["containerID"]
        assert status_of(after)["restartCount"] == 0
        assert is_pod_ready(after)


async def test_a_crash_is_restarted_and_its_log_kept(machine: Machine) -> None:
    bench = machine.bench
    async with bench.running(machine.node):
        await bench.pod(containers=[shell("echo again; exit 1")])
        pod = await bench.until(lambda pod: waiting(pod) == "CrashLoopBackOff", timeout=LIMIT)
        assert status_of(pod)["lastState"]["terminated"]["exitCode"] == 1
        assert await machine.logs(previous=True) == "again\n"


async def test_a_command_that_cannot_start(machine: Machine) -> None:
    bench = machine.bench
    async with bench.running(machine.node):
        await bench.pod(containers=[container(image="busybox:latest", command=["/nowhere"])])
        pod = await bench.until(lambda pod: status_of(pod).get("restartCount", 0) >= 1, timeout=LIMIT)
        pod = await bench.until(lambda pod: waiting(pod) == "CrashLoopBackOff", timeout=LIMIT)
        assert "/nowhere" in status_of(pod)["lastState"]["terminated"]["message"]
