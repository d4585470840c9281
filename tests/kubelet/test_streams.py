"""Logs and exec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.kubelet.bench import container, status_of, waiting
from tuik8s.api.errors import ApiError, BadRequest
from tuik8s.client import LogOptions

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench

pytestmark = pytest.mark.looptime


async def logs(bench: Bench, **options: Any) -> str:
    chunks = [chunk async for chunk in bench.kubelet.logs(await bench.get(), LogOptions(**options))]
    return b"".join(chunks).decode()


async def printing(bench: Bench) -> None:
    await bench.pod(
        restartPolicy="Never", containers=[container(command=["sh", "-c", "echo one; echo two; echo three"])]
    )
    await bench.until(lambda pod: "terminated" in status_of(pod)["state"])


async def test_logs(bench: Bench) -> None:
    await printing(bench)
    assert await logs(bench, container="web") == "one\ntwo\nthree\n"
    assert await logs(bench, tail_lines=1) == "three\n"
    assert await logs(bench, limit_bytes=5) == "one\nt"
    first = (await logs(bench, timestamps=True)).splitlines()[0]
    assert first.endswith("Z one")
    assert first.startswith("2026-01-01T00:00:")


async def test_logs_of_the_instance_before(bench: Bench) -> None:
    await bench.pod(containers=[container(command=["sh", "-c", "echo again; exit 1"])])
    await bench.until(lambda pod: status_of(pod).get("restartCount") == 1)
    assert await logs(bench, previous=True) == "again\n"


async def test_logs_that_are_not_there(bench: Bench) -> None:
    await bench.pod(containers=[container(image="org/app")], annotations={"image-missing": "true"})
    await bench.until(lambda pod: waiting(pod) == "ImagePullBackOff")
    with pytest.raises(
        BadRequest, match='container "web" in pod "web" is waiting to start: trying and failing'
    ):
        await logs(bench)
    with pytest.raises(BadRequest, match='previous terminated container "web" in pod "web" not found'):
        await logs(bench, previous=True)
    with pytest.raises(BadRequest, match="container other is not valid for pod web"):
        await logs(bench, container="other")


async def test_exec(bench: Bench) -> None:
    await bench.pod()
    pod = await bench.until_ready()
    session = await bench.kubelet.exec(pod, "web", ["echo", "hello"], tty=False, stdin=False)
    output = b"".join([data async for _, data in session.output()])
    assert output == b"hello\n"
    assert await session.exit_code() == 0
    await session.close()


async def test_exec_needs_a_running_container(bench: Bench) -> None:
    await bench.pod(restartPolicy="Never", containers=[container(command=["true"])])
    pod = await bench.until(lambda pod: "terminated" in status_of(pod)["state"])
    with pytest.raises(ApiError, match="container not found"):
        await bench.kubelet.exec(pod, "web", ["true"], tty=False, stdin=False)
