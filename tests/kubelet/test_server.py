"""The kubelet's own HTTP endpoints."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubelet.bench import NODE, container, node_config, status_of
from tuik8s.api.clock import timestamp
from tuik8s.cri import LogLine, RuntimeFault
from tuik8s.kubelet.usage import ATTENTION, PERIOD

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.kubelet.bench import Bench
    from tuik8s.cri import LogQuery

pytestmark = pytest.mark.looptime


async def get(bench: Bench, path: str, *, port: int = 10250, method: str = "GET") -> tuple[int, str]:
    reader, writer = bench.kubelet.dial(port)
    try:
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    finally:
        writer.close()
    return int(head.split()[1]), body


async def get_json(bench: Bench, path: str) -> Any:
    status, body = await get(bench, path)
    assert status == 200, body
    return json.loads(body)


async def using(bench: Bench) -> None:
    await bench.pod(annotations={"cpu": "250m", "memory": "20Mi"})
    await bench.until_ready()


async def test_health_and_ports(bench: Bench) -> None:
    for port in (10248, 10250, 10255):
        assert await get(bench, "/healthz", port=port) == (200, "ok")
    assert await get(bench, "/healthz/syncloop", port=10248) == (200, "ok")
    assert (await get(bench, "/pods", port=10248))[0] == 404
    assert (await get(bench, "/pods", port=10255))[0] == 200
    assert (await get(bench, "/configz", port=10255))[0] == 404
    assert (await get(bench, "/run/x", port=10250))[0] == 404
    assert (await get(bench, "/pods", method="POST"))[0] == 405
    with pytest.raises(ConnectionRefusedError):
        bench.kubelet.dial(22)


async def test_pods_and_configuration(bench: Bench) -> None:
    await using(bench)
    pods = await get_json(bench, "/pods")
    assert [pod["metadata"]["name"] for pod in pods["items"]] == ["web"]
    running = await get_json(bench, "/runningpods/")
    assert running["items"][0]["spec"]["containers"][0]["name"] == "web"
    config = (await get_json(bench, "/configz"))["kubeletconfig"]
    assert (config["maxPods"], config["nodeStatusReportFrequency"]) == (110, "5m0s")


async def test_usage_is_what_was_used_since_the_last_sample(bench: Bench) -> None:
    await using(bench)
    await asyncio.sleep(100)
    summary = await get_json(bench, "/stats/summary")
    assert summary["node"]["nodeName"] == NODE
    assert summary["node"]["cpu"]["usageNanoCores"] == 250_000_000
    [pod] = summary["pods"]
    assert pod["podRef"]["name"] == "web"
    assert pod["memory"]["workingSetBytes"] == 20 * 2**20
    assert pod["containers"][0]["cpu"]["usageCoreNanoSeconds"] >= 25e9


async def test_nothing_is_sampled_once_nobody_asks(bench: Bench) -> None:
    await using(bench)
    sampler = bench.kubelet._services.usage
    assert sampler.samples == 0
    first, second = await asyncio.gather(bench.kubelet.usage(), bench.kubelet.usage())
    assert sampler.samples == 2
    assert first.containers == second.containers
    assert first.window == pytest.approx(1)
    await asyncio.sleep(PERIOD + 1)
    assert (await bench.kubelet.usage()).window == pytest.approx(PERIOD)
    assert sampler.samples == 3
    await asyncio.sleep(2 * ATTENTION)
    at_rest = sampler.samples
    await asyncio.sleep(10 * ATTENTION)
    assert sampler.samples == at_rest


async def test_a_node_that_stops_takes_no_other_nodes_answer_with_it(stopped_bench: Bench) -> None:
    bench = stopped_bench
    async with bench.running(node_config(), node_config("node-2")):
        await using(bench)
        first, second = bench.kubelets
        asked = asyncio.create_task(first.usage())
        await asyncio.sleep(0.5)  # between the two samples of the first answer
        await second.stop()
        assert len((await asked).containers) == 1
        sampler = first._services.usage
        await asyncio.sleep(PERIOD + 1)
        assert sampler.samples == 3
        await first.stop()
        await asyncio.sleep(2 * PERIOD)
        assert sampler.samples == 3, "the last node has left"


async def test_metrics_are_prometheus_text(bench: Bench) -> None:
    await using(bench)
    line = re.compile(r'(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? -?[0-9.e+]+)')
    for path in ("/metrics", "/metrics/resource", "/metrics/cadvisor", "/metrics/probes"):
        status, body = await get(bench, path)
        assert status == 200
        assert [text for text in body.splitlines() if not line.fullmatch(text)] == []
    assert 'kubelet_running_containers{container_state="running"} 1' in (await get(bench, "/metrics"))[1]
    labels = 'container="web",namespace="default",pod="web"'
    resource = (await get(bench, "/metrics/resource"))[1]
    assert f"container_memory_working_set_bytes{{{labels}}} 20971520" in resource
    assert 'pod_memory_working_set_bytes{namespace="default",pod="web"} 20971520' in resource


async def test_container_logs(bench: Bench) -> None:
    await bench.pod(restartPolicy="Never", containers=[container(command=["sh", "-c", "echo one; echo two"])])
    await bench.until(lambda pod: "terminated" in status_of(pod)["state"])
    assert await get(bench, "/containerLogs/default/web/web?tailLines=1") == (200, _chunked("two\n"))
    assert (await get(bench, "/containerLogs/default/other/web"))[0] == 404
    assert (await get(bench, "/containerLogs/default/web/web?tailLines=x"))[0] == 400
    assert (await get(bench, "/containerLogs/default/web/web?sinceSeconds=0"))[0] == 422


@pytest.mark.parametrize("since", ["sinceSeconds=60", "sinceTime={}"])
async def test_container_logs_since_a_moment(bench: Bench, since: str) -> None:
    await bench.pod(restartPolicy="Never", containers=[container(command=["sh", "-c", "echo one; echo two"])])
    await bench.until(lambda pod: "terminated" in status_of(pod)["state"])
    moment = timestamp(bench.plane.clock.now() - timedelta(seconds=60))
    path = f"/containerLogs/default/web/web?{since.format(moment)}"
    assert await get(bench, path) == (200, _chunked("one\n", "two\n"))
    await asyncio.sleep(120)
    moment = timestamp(bench.plane.clock.now() - timedelta(seconds=60))
    path = f"/containerLogs/default/web/web?{since.format(moment)}"
    assert await get(bench, path) == (200, _chunked())


async def test_logs_that_fail_after_their_first_line_just_end(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(container_id: str, query: LogQuery) -> AsyncIterator[LogLine]:
        yield LogLine(bench.plane.clock.now(), "stdout", b"one")
        raise RuntimeFault("the engine has lost the rest")

    await using(bench)
    monkeypatch.setattr(bench.runtime, "logs", broken)
    assert await get(bench, "/containerLogs/default/web/web") == (200, _chunked("one\n"))


def _chunked(*lines: str) -> str:
    return "".join(f"{len(line):x}\r\n{line}\r\n" for line in lines) + "0\r\n\r\n"
