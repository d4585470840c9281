"""What only real containers can show."""

from __future__ import annotations

import asyncio
import socket
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from tests.cri.relay import Relay
from tuik8s.api.clock import SystemClock
from tuik8s.cri import (
    ContainerConfig,
    ContainerEvent,
    ContainerState,
    ImagePullFailed,
    PortMapping,
    Resources,
    RuntimeFault,
    RuntimeUnavailable,
    SecurityContext,
)  # fmt: skip
from tuik8s.cri.docker import DockerRuntime

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import docker

    from tests.cri.lab import Lab

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture
def lab(docker_lab: Lab) -> Lab:
    return docker_lab


def inspect(client: docker.DockerClient, name: str) -> dict[str, Any]:
    return dict(client.api.inspect_container(name))


async def output_of(lab: Lab, script: str, **fields: Any) -> list[bytes]:
    _, container = await lab.run("sh", "-c", script, **fields)
    await lab.ended(container)
    return await lab.log_lines(container)


async def test_names_and_labels_are_the_docker_shim_s(lab: Lab, docker_client: docker.DockerClient) -> None:
    pod = lab.pod("web-1", uid="0a1b", labels={"app": "web", "io.tuik8s.cluster": "other"}, attempt=1)
    sandbox, container = await lab.run("sleep", "600", pod=pod, attempt=4, spec_hash="h1", grace_period=9)
    pause = inspect(docker_client, "k8s_POD_web-1_default_0a1b_1")
    main = inspect(docker_client, "k8s_main_web-1_default_0a1b_4")
    assert (pause["Id"], main["Id"]) == (sandbox, container)
    assert pause["Config"]["Labels"] == {
        "app": "web",
        "io.kubernetes.container.name": "POD",
        "io.kubernetes.docker.type": "podsandbox",
        "io.kubernetes.pod.name": "web-1",
        "io.kubernetes.pod.namespace": "default",
        "io.kubernetes.pod.uid": "0a1b",
        "io.tuik8s.attempt": "1",
        "io.tuik8s.cluster": lab.cluster,
        "io.tuik8s.node": "node-1",
        "io.tuik8s.pod.ip": pod.ip,
    }
    labels = main["Config"]["Labels"]
    assert labels["io.kubernetes.docker.type"] == "container"
    assert labels["io.kubernetes.container.name"] == "main"
    assert labels["io.kubernetes.sandbox.id"] == sandbox
    assert labels["annotation.io.kubernetes.container.restartCount"] == "4"
    assert labels["annotation.io.kubernetes.container.hash"] == "h1"
    assert labels["annotation.io.kubernetes.pod.terminationGracePeriod"] == "9"
    assert main["HostConfig"]["NetworkMode"] == main["HostConfig"]["IpcMode"] == f"container:{sandbox}"


async def test_containers_of_a_pod_share_network_and_may_share_processes(lab: Lab) -> None:
    pod = lab.pod(share_processes=True)
    sandbox, _ = await lab.run(pod=pod, image="service_test:latest", name="server")
    await lab.fetch(sandbox, 8080)
    lines = await output_of(
        lab, "wget -q -O - http://127.0.0.1:8080/x | head -n 1; cat /proc/1/comm",
        pod=pod, sandbox=sandbox, name="client",
    )  # fmt: skip
    assert lines == [b"This is server", b"pause"]


async def test_the_pause_program_reaps_and_ends_at_once(lab: Lab, docker_client: docker.DockerClient) -> None:
    pod = lab.pod(share_processes=True)
    sandbox, container = await lab.run("sh", "-c", "(sleep 0.2 &) ; sleep 600", pod=pod)
    script = "for f in /proc/[0-9]*/stat; do cat $f; done | awk '$3 == \"Z\"' | wc -l"

    async def orphans() -> bytes:
        result = await lab.runtime.exec_sync(
            container, ["sh", "-c", f"ls /proc | grep -c '^[0-9]' ; {script}"], 20
        )
        return result.output.split()[1]

    await asyncio.sleep(0.5)
    assert await lab.until(orphans, lambda count: count == b"0") == b"0"
    pid = inspect(docker_client, sandbox)["State"]["Pid"]
    assert pid > 0
    await asyncio.to_thread(docker_client.api.kill, sandbox, "SIGTERM")

    async def ready() -> bool:
        return (await lab.runtime.list_sandboxes())[0].ready

    assert await lab.until(ready, lambda is_ready: not is_ready) is False
    assert inspect(docker_client, sandbox)["State"]["ExitCode"] == 0


async def test_names_of_the_pod(lab: Lab) -> None:
    pod = lab.pod(
        "db-0", hostname="db-0", host_aliases=(("10.1.2.3", ("one.example", "two.example")),),
        dns_servers=("10.96.0.10",), dns_searches=("default.svc.cluster.local",), dns_options=("ndots:5",),
    )  # fmt: skip
    lines = await output_of(lab, "hostname; cat /etc/hosts /etc/resolv.conf", pod=pod)
    words = [line.split() for line in lines]
    assert lines[0] == b"db-0"
    assert [b"10.1.2.3", b"one.example"] in words
    assert [b"10.1.2.3", b"two.example"] in words
    assert [b"search", b"default.svc.cluster.local"] in words
    assert [b"options", b"ndots:5"] in [[w for w in line if not w.endswith(b":0")] for line in words]


async def test_security_context(lab: Lab) -> None:
    security = SecurityContext(
        user="1000:2000", supplemental_groups=(3000,), read_only_root=True, drop_capabilities=("ALL",),
        add_capabilities=("NET_BIND_SERVICE",), no_new_privileges=True,
    )  # fmt: skip
    lines = await output_of(
        lab, "id -u; id -g; id -G; grep -E 'CapBnd|NoNewPrivs' /proc/self/status; touch /x 2>&1",
        security=security,
    )  # fmt: skip
    assert lines[:3] == [b"1000", b"2000", b"2000 3000"]
    assert [line.split()[1] for line in lines[3:5]] == [b"0000000000000400", b"1"]
    assert b"Read-only file system" in lines[5]


async def test_resources_become_cgroup_limits(lab: Lab, docker_client: docker.DockerClient) -> None:
    resources = Resources(cpu_shares=256, cpu_quota=50_000, memory_limit=64 * 2**20, oom_score_adj=900)
    _, container = await lab.run("sleep", "600", resources=resources)
    host = inspect(docker_client, container)["HostConfig"]
    assert (host["CpuShares"], host["CpuQuota"], host["CpuPeriod"]) == (256, 50_000, 100_000)
    assert (host["Memory"], host["MemorySwap"], host["OomScoreAdj"]) == (64 * 2**20, 64 * 2**20, 900)


async def test_a_guaranteed_pod_starts_also_where_scores_cannot_be_lowered(lab: Lab) -> None:
    assert await output_of(lab, "echo ran", resources=Resources(oom_score_adj=-997)) == [b"ran"]


async def test_a_host_port_is_on_loopback_only(lab: Lab, docker_client: docker.DockerClient) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    port = PortMapping(container_port=8080, host_port=free)
    sandbox, _ = await lab.run(pod=lab.pod(ports=(port,)), image="service_test:latest")
    await lab.fetch(sandbox, 8080)
    bindings = inspect(docker_client, sandbox)["HostConfig"]["PortBindings"]
    assert bindings == {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(free)}]}
    reader, writer = await asyncio.open_connection("127.0.0.1", free)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    assert b"This is server" in await reader.read()
    writer.close()


async def test_a_host_network_pod_is_dialled_on_the_host(lab: Lab) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    pod = lab.pod(host_network=True, ip="")
    sandbox, _ = await lab.run(pod=pod, image="service_test:latest", env=(("PORT", str(free)),))
    assert "This is server" in await lab.fetch(sandbox, free)
    assert (await lab.runtime.list_sandboxes())[0].ip == ""


async def test_without_a_route_declared_ports_are_reached_through_loopback(lab: Lab) -> None:
    assert isinstance(lab.runtime, DockerRuntime)
    lab.runtime._dialer.reachable = False
    ports = (PortMapping(container_port=8080), PortMapping(container_port=5353, protocol="UDP"))
    sandbox, _ = await lab.run(pod=lab.pod(ports=ports), image="service_test:latest")
    assert "This is server" in await lab.fetch(sandbox, 8080)
    host, port = await lab.runtime.dial_udp(sandbox, 5353)
    assert host == "127.0.0.1"
    assert port > 0
    with pytest.raises(ConnectionRefusedError, match="does not declare port 9/tcp"):
        await lab.runtime.dial(sandbox, 9)


async def test_a_pull_that_fails_says_why(lab: Lab) -> None:
    with pytest.raises(ImagePullFailed, match=r"127\.0\.0\.1:9"):
        await lab.runtime.pull("127.0.0.1:9/nothing/here:1", lambda text: None)


async def test_a_leftover_of_the_same_name_is_replaced_unless_it_runs(
    lab: Lab, docker_client: docker.DockerClient
) -> None:
    pod = lab.pod()
    sandbox = await lab.runtime.run_sandbox(pod)
    config = ContainerConfig(name="main", image="busybox:latest", command=("sleep", "600"))
    first = await lab.runtime.create_container(sandbox, config, pod)
    second = await lab.runtime.create_container(sandbox, config, pod)
    assert [status.id for status in await lab.runtime.list_containers()] == [second] != [first]
    await lab.runtime.start_container(second)
    with pytest.raises(RuntimeFault, match="already in use"):
        await lab.runtime.create_container(sandbox, config, pod)


async def test_reset_removes_this_cluster_only(lab: Lab, docker_client: docker.DockerClient) -> None:
    other = await lab.another(f"{lab.cluster}-other")
    await lab.run("sleep", "600")
    await lab.runtime.remove_cluster()
    assert await lab.runtime.list_sandboxes() == []
    names = [network["Name"] for network in docker_client.api.networks()]
    assert f"tuik8s-{lab.cluster}" not in names
    assert f"tuik8s-{lab.cluster}-other" in names
    mine = {"label": [f"io.tuik8s.cluster={lab.cluster}"]}
    assert docker_client.api.containers(all=True, filters=mine) == []
    await other.run_sandbox(lab.pod(ip=other.pod_cidr.replace("0.0/16", "3.3")))


@pytest.fixture
async def relayed(
    docker_client: docker.DockerClient, tmp_path: Path
) -> AsyncIterator[tuple[Relay, DockerRuntime]]:
    relay = Relay(tmp_path / "engine.sock")
    await relay.open()
    runtime = DockerRuntime(cluster=f"test-{uuid.uuid4().hex[:8]}", clock=SystemClock(), base_url=relay.url)
    await runtime.start()
    yield relay, runtime
    await runtime.remove_cluster()
    await runtime.close()
    await relay.close()


async def test_an_engine_goes_away_and_comes_back(relayed: tuple[Relay, DockerRuntime], lab: Lab) -> None:
    relay, runtime = relayed
    lab.runtime = runtime
    sandbox, container = await lab.run("sleep", "600")
    events = runtime.events()
    await relay.close()
    for call in (
        runtime.list_containers(),
        runtime.list_sandboxes(),
        runtime.version(),
        runtime.image("busybox"),
        runtime.exec_sync(container, ["true"], 20),
        runtime.stop_container(container, 1),
        runtime.run_sandbox(lab.pod("other")),
        runtime.stats(),
    ):
        async with asyncio.timeout(2):
            with pytest.raises(RuntimeUnavailable, match="Cannot connect to the Docker daemon"):
                await call
    await relay.open()
    [status] = await runtime.list_containers()
    assert (status.id, status.state) == (container, ContainerState.RUNNING)
    async with asyncio.timeout(20):
        # After the new connection every pod is announced, whatever happened to it meanwhile.
        async for event in events:
            if event == ContainerEvent("node-1", "uid-web", "other"):
                break
        await runtime.remove_sandbox(sandbox)
        async for event in events:
            if event.kind == "removed":
                break


async def test_without_an_engine_start_says_so(tmp_path: Path) -> None:
    url = f"unix://{tmp_path / 'nobody.sock'}"
    runtime = DockerRuntime(cluster="test", clock=SystemClock(), base_url=url)
    with pytest.raises(RuntimeUnavailable, match="Cannot connect to the Docker daemon"):
        await runtime.start()
    await runtime.close()


async def test_a_container_sees_the_processes_of_its_target(docker_lab: Lab) -> None:
    pod = docker_lab.pod()
    sandbox, target = await docker_lab.run("sleep", "4711", pod=pod)
    _, debugger = await docker_lab.run("sleep", "60", pod=pod, sandbox=sandbox, name="debugger",
                                       process_target=target)  # fmt: skip
    seen = await docker_lab.runtime.exec_sync(debugger, ["ps"], 20)
    assert b"sleep 4711" in seen.output
