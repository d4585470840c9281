"""What a person and a machine ask of the server itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.http.conftest import CONFIG_MAPS, config_map

if TYPE_CHECKING:
    import pytest

    from tests.http.conftest import Served


async def test_health_lists_its_checks(served: Served) -> None:
    async with served.request("GET", "/readyz?verbose") as answer:
        assert await answer.text() == "[+]ping ok\n[+]log ok\n[+]etcd ok\nreadyz check passed\n"
    async with served.request("GET", "/livez/ping") as answer:
        assert (answer.status, await answer.text()) == (200, "ok")
    async with served.request("GET", "/livez/nosuch") as answer:
        assert answer.status == 404


async def test_a_store_that_cannot_write_is_not_healthy(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.plane.api, "storage_problem", lambda: "the latest commit failed")
    async with served.request("GET", "/healthz") as answer:
        assert answer.status == 500
        assert "[-]etcd failed: reason withheld" in await answer.text()
    async with served.request("GET", "/healthz?exclude=etcd&exclude=nosuch&verbose") as answer:
        assert answer.status == 200
        text = await answer.text()
    assert "[+]etcd excluded: ok" in text
    assert 'warn: some health checks cannot be excluded: no matches for "nosuch"' in text


async def _metrics(served: Served) -> list[str]:
    async with served.request("GET", "/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return (await answer.text()).splitlines()


async def test_requests_are_counted_by_verb_resource_and_code(served: Served) -> None:
    await served.json("GET", "/api/v1/pods")
    await served.json("GET", f"{CONFIG_MAPS}/nosuch", status=404)
    await served.json("POST", CONFIG_MAPS, json=config_map("a"), status=201)
    lines = await _metrics(served)
    assert "# TYPE apiserver_request_total counter" in lines
    counted = [line for line in lines if line.startswith("apiserver_request_total{")]
    assert _count(counted, verb="LIST", resource="pods", code="200", scope="cluster") == 1
    assert _count(counted, verb="GET", resource="configmaps", code="404", scope="resource") == 1
    assert _count(counted, verb="POST", resource="configmaps", code="201", version="v1") == 1


async def test_durations_are_a_histogram(served: Served) -> None:
    for _ in range(3):
        await served.json("GET", "/api/v1/pods")
    lines = await _metrics(served)
    name = "apiserver_request_duration_seconds"
    assert f"# TYPE {name} histogram" in lines
    ours = [line for line in lines if line.startswith(name) and 'verb="LIST"' in line and "pods" in line]
    buckets = [int(line.rpartition(" ")[2]) for line in ours if "_bucket{" in line]
    assert buckets == sorted(buckets)
    assert buckets[-1] == 3
    assert 'le="+Inf"' in ours[len(buckets) - 1]
    assert next(line for line in ours if line.startswith(f"{name}_count")).endswith(" 3")


async def test_the_process_tells_of_itself(served: Served) -> None:
    names = {re.split(r"[ {]", line)[0] for line in await _metrics(served)}
    assert {
        "process_cpu_seconds_total", "process_start_time_seconds", "process_max_fds",
        "apiserver_current_inflight_requests", "apiserver_longrunning_requests", "kubernetes_build_info",
    } <= names  # fmt: skip


def _count(lines: list[str], **labels: str) -> int:
    wanted = [f'{name}="{value}"' for name, value in labels.items()]
    return sum(int(line.rpartition(" ")[2]) for line in lines if all(label in line for label in wanted))
