"""Probes: thresholds, delays, what they do to the container and what is said about it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.kubelet.bench import container, status_of, waiting
from tuik8s.api import kinds
from tuik8s.api.objects import is_pod_ready
from tuik8s.api.request import PatchType

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench

pytestmark = pytest.mark.looptime

HTTP = {"httpGet": {"path": "/healthz", "port": 8080}}


async def test_ready_only_after_the_readiness_probe_succeeds(bench: Bench) -> None:
    probe = {**HTTP, "periodSeconds": 5}
    await bench.pod(containers=[container(readinessProbe=probe)], annotations={"ready-after": "12"})
    pod = await bench.until(lambda pod: "running" in status_of(pod)["state"])
    assert status_of(pod)["started"] is True
    assert status_of(pod)["ready"] is False
    await bench.until_ready()
    assert 12 <= bench.now() <= 17
    said = dict(await bench.events())["Unhealthy"]
    refused = "dial tcp 10.244.1.2:8080: connect: connection refused"
    assert said == f'Readiness probe failed: Get "http://10.244.1.2:8080/healthz": {refused}'


async def test_readiness_is_lost_after_three_failures_and_comes_back(bench: Bench) -> None:
    probe = {**HTTP, "periodSeconds": 2}
    await bench.pod(containers=[container(readinessProbe=probe)])
    await bench.until_ready()
    bench.runtime.refused_ports.add(8080)
    began = bench.now()
    pod = await bench.until(lambda pod: not is_pod_ready(pod))
    assert 4 <= bench.now() - began <= 6
    assert status_of(pod)["restartCount"] == 0
    bench.runtime.refused_ports.clear()
    await bench.until_ready()


async def test_initial_delay(bench: Bench) -> None:
    await bench.pod(containers=[container(readinessProbe={**HTTP, "initialDelaySeconds": 30})])
    await bench.until_ready()
    assert 30 <= bench.now() < 31


async def test_success_threshold(bench: Bench) -> None:
    probe = {**HTTP, "successThreshold": 3, "periodSeconds": 10}
    await bench.pod(containers=[container(readinessProbe=probe)])
    await bench.until_ready()
    assert 20 <= bench.now() < 21


async def test_http_status_fails_a_liveness_probe_and_restarts(bench: Bench) -> None:
    probe = {**HTTP, "periodSeconds": 2, "failureThreshold": 2}
    await bench.pod(
        containers=[container(livenessProbe=probe)], annotations={"http": "8080/healthz=500:broken"}
    )
    pod = await bench.until(lambda pod: status_of(pod).get("restartCount") == 1)
    events = await bench.events()
    assert ("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500") in events
    assert ("Killing", "Container web failed liveness probe, will be restarted") in events
    pod = await bench.until(lambda pod: waiting(pod) == "CrashLoopBackOff")
    assert "terminated" in status_of(pod)["lastState"]


async def test_redirects_are_a_success(bench: Bench) -> None:
    await bench.pod(
        containers=[container(readinessProbe=HTTP)], annotations={"http": "8080/healthz=302:elsewhere"}
    )
    await bench.until_ready()


async def test_a_probes_own_grace_period_counts(bench: Bench) -> None:
    probe = {**HTTP, "periodSeconds": 1, "failureThreshold": 1, "terminationGracePeriodSeconds": 5}
    await bench.pod(
        containers=[container(livenessProbe=probe)],
        annotations={"http": "8080/healthz=500:broken", "stop-after": "60"},
    )
    await bench.until(lambda pod: status_of(pod).get("restartCount") == 1)
    assert bench.runtime.stopped == [("web", 5.0)]


async def test_liveness_waits_for_startup(bench: Bench) -> None:
    probe = {"periodSeconds": 1, "failureThreshold": 1, "exec": {"command": ["true"]}}
    startup = {**probe, "failureThreshold": 100}
    await bench.pod(
        containers=[container(livenessProbe=probe, startupProbe=startup)], annotations={"ready-after": "30"}
    )
    pod = await bench.until(lambda pod: "running" in status_of(pod)["state"])
    assert status_of(pod)["started"] is False
    pod = await bench.until_ready()
    assert status_of(pod)["restartCount"] == 0
    assert bench.now() >= 30


async def test_a_startup_probe_that_gives_up_restarts(bench: Bench) -> None:
    startup = {"exec": {"command": ["false"]}, "periodSeconds": 2, "failureThreshold": 3}
    await bench.pod(containers=[container(startupProbe=startup)])
    await bench.until(lambda pod: status_of(pod).get("restartCount") == 1)
    assert ("Killing", "Container web failed startup probe, will be restarted") in await bench.events()


async def test_tcp_and_named_ports(bench: Bench) -> None:
    probe = {"tcpSocket": {"port": "http"}}
    ports = [{"name": "http", "containerPort": 8080}]
    await bench.pod(containers=[container(readinessProbe=probe, ports=ports)])
    await bench.until_ready()


async def test_an_exec_probe_that_takes_too_long(bench: Bench) -> None:
    probe = {"exec": {"command": ["sleep", "10"]}, "periodSeconds": 5}
    await bench.pod(containers=[container(readinessProbe=probe)])
    await bench.until(lambda pod: "running" in status_of(pod)["state"])
    await asyncio.sleep(20)
    said = 'Readiness probe failed: command timed out: "sleep 10" timed out after 1s'
    assert ("Unhealthy", said) in await bench.events()


async def test_a_liveness_probe_ends_a_pod_that_never_restarts(bench: Bench) -> None:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 1}
    await bench.pod(restartPolicy="Never", containers=[container(livenessProbe=probe)])
    pod = await bench.until(lambda pod: pod["status"]["phase"] in ("Failed", "Succeeded"))
    assert status_of(pod)["restartCount"] == 0
    assert ("Killing", "Container web failed liveness probe") in await bench.events()


async def test_readiness_gates(bench: Bench) -> None:

    await bench.pod(readinessGates=[{"conditionType": "example.com/gate"}])
    pod = await bench.until(lambda pod: "running" in status_of(pod)["state"])
    ready = next(c for c in pod["status"]["conditions"] if c["type"] == "Ready")
    assert ready["reason"] == "ReadinessGatesNotReady"
    gate = {"type": "example.com/gate", "status": "True"}
    await bench.client.patch(
        kinds.POD, "default", "web", {"status": {"conditions": [gate]}},
        patch_type=PatchType.STRATEGIC, subresource="status",
    )  # fmt: skip
    await bench.until_ready()
