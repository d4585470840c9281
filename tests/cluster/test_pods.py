"""Pods from manifests to real processes: configuration, volumes, order, probes, limits, endings."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.workloads import (
    READINESS,
    all_ready,
    config_map,
    container,
    deployment,
    pod,
    service,
    shell,
    statuses,
    told,
    waits_for,
)
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.api.request import LogOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.cluster import Cluster

    Save = Callable[[str, str], None]

FOREVER = "while true; do sleep 1; done"


async def test_configuration_reaches_environment_and_files_and_follows(cluster: Cluster, save: Save) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pass"},
        "stringData": {"word": "hush"},
    }
    save("config.yaml", f"{config_map('app', mode='blue', tail='x')}\n---\n{json.dumps(secret)}")
    mounts = [
        {"name": "all", "mountPath": "/all"},
        {"name": "app", "mountPath": "/one", "subPath": "mode"},
    ]
    sources = [
        {"configMap": {"name": "app"}}, {"secret": {"name": "pass"}},
        {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    ]  # fmt: skip
    env = [
        {"name": "MODE", "valueFrom": {"configMapKeyRef": {"name": "app", "key": "mode"}}},
        {"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "pass", "key": "word"}}},
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "BOTH", "value": "$(MODE)-$(WORD)"},
    ]
    volumes = [
        {"name": "all", "projected": {"sources": sources}},
        {"name": "app", "configMap": {"name": "app"}},
    ]
    save("pod.yaml", pod("reader", shell(FOREVER, env=env, volumeMounts=mounts), volumes=volumes))
    found = await until(cluster.client, kinds.POD, all_ready(1), "default")

    assert await _run(cluster, "reader", "echo $BOTH $NODE") == f"blue-hush {found[0]['spec']['nodeName']}\n"
    assert await _run(cluster, "reader", "cat /all/mode /all/word /one") == "bluehushblue"
    assert 'app="reader"' in await _run(cluster, "reader", "cat /all/labels")

    save("config.yaml", f"{config_map('app', mode='green')}\n---\n{json.dumps(secret)}")
    async with asyncio.timeout(10):
        while await _run(cluster, "reader", "cat /all/mode") != "green":  # noqa: ASYNC110  files tell nobody
            await asyncio.sleep(0.05)
    assert await _run(cluster, "reader", "cat /one") == "blue", "a subPath is not updated"


async def test_init_containers_sidecars_and_neighbours(cluster: Cluster, save: Save) -> None:
    shared = {"volumeMounts": [{"name": "shared", "mountPath": "/shared"}]}
    first = shell("echo first > /shared/steps", "first", **shared)
    helper = shell(FOREVER, "helper", restartPolicy="Always", **shared)
    second = shell("echo second >> /shared/steps", "second", **shared)
    save(
        "pod.yaml",
        pod(
            "together", container("web"), shell(FOREVER, "shell", **shared),
            initContainers=[first, helper, second],
            volumes=[{"name": "shared", "emptyDir": {}}],
        ),
    )  # fmt: skip
    found = await until(cluster.client, kinds.POD, all_ready(1), "default")

    assert await _run(cluster, "together", "cat /shared/steps", "shell") == "first\nsecond\n"
    ready = {status["name"]: status["ready"] for status in statuses(found)}
    assert ready == {"first": True, "helper": True, "second": True, "web": True, "shell": True}
    answer = await _run(cluster, "together", "wget -q -O - http://127.0.0.1:8080/", "shell")
    assert answer, "containers of a pod share its network"


async def test_a_pod_that_is_not_ready_leaves_the_endpoints(cluster: Cluster, save: Save) -> None:
    probe = {"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 1, "failureThreshold": 1}
    web = shell(f"touch /tmp/ok; {FOREVER}", readinessProbe=probe)
    save("web.yaml", deployment("web", web, replicas=1))
    save("service.yaml", service("web"))
    client = cluster.client
    found = await until(client, kinds.POD, all_ready(1), "default")
    await until(client, kinds.ENDPOINT_SLICE, lambda slices: _ready(slices) == 1, "default")

    await _run(cluster, found[0]["metadata"]["name"], "rm /tmp/ok")
    await until(client, kinds.ENDPOINT_SLICE, lambda slices: _ready(slices) == 0, "default")
    await until(client, kinds.EVENT, told("Unhealthy", "Readiness probe failed: "), "default")
    assert [status["restartCount"] for status in statuses(await _pods(cluster))] == [0]


async def test_a_failing_liveness_probe_restarts_the_container(cluster: Cluster, save: Save) -> None:
    probe = {"exec": {"command": ["cat", "/tmp/ok"]}, "periodSeconds": 1, "failureThreshold": 1}
    # Busy for long enough that the probe finds the file once.
    save(
        "pod.yaml", pod("alive", shell(f"touch /tmp/ok; sleep 2; rm /tmp/ok; {FOREVER}", livenessProbe=probe))
    )
    await until(
        cluster.client, kinds.POD, lambda pods: any(s["restartCount"] == 1 for s in statuses(pods)),
        "default", limit=20,
    )  # fmt: skip
    await until(cluster.client, kinds.EVENT, told("Unhealthy", "Liveness probe failed: "), "default")
    await until(
        cluster.client, kinds.EVENT,
        told("Killing", "Container main failed liveness probe, will be restarted"), "default",
    )  # fmt: skip


async def test_a_crash_loop_backs_off(cluster: Cluster, save: Save) -> None:
    save("pod.yaml", pod("crash", shell("echo going down; exit 3")))
    found = await until(cluster.client, kinds.POD, waits_for("CrashLoopBackOff"), "default")

    (status,) = statuses(found)
    assert status["restartCount"] == 1
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert status["state"]["waiting"]["message"].startswith(
        "back-off 10s restarting failed container=main pod=crash_default("
    )
    await until(
        cluster.client, kinds.EVENT, told("BackOff", "Back-off restarting failed container"), "default"
    )
    lines = [line async for line in cluster.client.logs("default", "crash", LogOptions(previous=True))]
    assert lines == [b"going down\n"]


async def test_pre_stop_runs_before_the_end_and_both_within_the_grace_period(
    cluster: Cluster, save: Save, tmp_path: Any
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    notes.chmod(0o777)
    hook = {"preStop": {"exec": {"command": ["sh", "-c", "echo hook >> /notes/log"]}}}
    main = shell(
        f"trap 'echo term >> /notes/log; exit 0' TERM; {FOREVER}", lifecycle=hook,
        volumeMounts=[{"name": "notes", "mountPath": "/notes"}],
    )  # fmt: skip
    save(
        "pod.yaml",
        pod(
            "polite", main, terminationGracePeriodSeconds=5,
            volumes=[{"name": "notes", "hostPath": {"path": str(notes)}}],
        ),
    )  # fmt: skip
    await until(cluster.client, kinds.POD, all_ready(1), "default")

    await cluster.client.delete(kinds.POD, "default", "polite")
    await until(cluster.client, kinds.POD, lambda pods: not pods, "default", limit=10)
    # The simulated shell knows no traps.
    told_of = ["hook"] if cluster.config.runtime == "simulated" else ["hook", "term"]
    assert (notes / "log").read_text().split() == told_of


async def test_a_host_port_answers(cluster: Cluster, save: Save) -> None:
    port = 31999
    save(
        "pod.yaml",
        pod("web", container(ports=[{"containerPort": 8080, "hostPort": port}], readinessProbe=READINESS)),
    )
    await until(cluster.client, kinds.POD, all_ready(1), "default")
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("runtime", [pytest.param("docker", marks=pytest.mark.docker)], indirect=True)
async def test_limits_and_security_reach_the_processes(cluster: Cluster, save: Save) -> None:
    context = {
        "runAsUser": 1234, "runAsGroup": 2345, "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    resources = {"limits": {"memory": "32Mi", "cpu": "500m"}}
    save("pod.yaml", pod("tight", shell(FOREVER, securityContext=context, resources=resources)))
    await until(cluster.client, kinds.POD, all_ready(1), "default")

    assert "uid=1234 gid=2345" in await _run(cluster, "tight", "id")
    assert "Read-only file system" in await _run(cluster, "tight", "touch /tmp/x 2>&1 || true")
    privileges = await _run(cluster, "tight", "grep -E 'CapBnd|NoNewPrivs' /proc/self/status")
    assert privileges.split() == ["CapBnd:", "0" * 16, "NoNewPrivs:", "1"]
    memory = await _run(
        cluster,
        "tight",
        "cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || true",
    )
    assert memory.split() == [str(32 * 2**20)]


@pytest.mark.parametrize("runtime", [pytest.param("docker", marks=pytest.mark.docker)], indirect=True)
async def test_out_of_memory(cluster: Cluster, save: Save) -> None:
    hungry = shell(
        "x=0123456789abcdef; while true; do x=$x$x; done", resources={"limits": {"memory": "16Mi"}}
    )
    save("pod.yaml", pod("hungry", hungry, restartPolicy="Never"))
    found = await until(
        cluster.client,
        kinds.POD,
        lambda pods: bool(pods) and pods[0]["status"]["phase"] == "Failed",
        "default",
    )
    (status,) = statuses(found)
    assert (status["state"]["terminated"]["reason"], status["state"]["terminated"]["exitCode"]) == (
        "OOMKilled",
        137,
    )


async def _run(cluster: Cluster, pod_name: str, script: str, container_name: str = "main") -> str:
    """What a script inside says."""
    stream = await cluster.client.exec("default", pod_name, container_name, ["sh", "-c", script])
    try:
        return b"".join([chunk async for _, chunk in stream.output()]).decode()
    finally:
        await stream.close()


async def _pods(cluster: Cluster) -> list[Obj]:
    found: list[Obj] = (await cluster.client.list(kinds.POD, "default"))["items"]
    return found


def _ready(slices: list[Obj]) -> int:
    endpoints = [
        endpoint
        for piece in slices
        if piece["metadata"]["labels"].get("kubernetes.io/service-name") == "web"
        for endpoint in piece.get("endpoints") or ()
    ]
    return sum(endpoint["conditions"]["ready"] for endpoint in endpoints)
