"""Commands that reach into containers, on real ones."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from tests.cri.conftest import docker_client as docker_client
from tests.kubectl.conftest import PARAMETERS, Kubectl, name_of, running_cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import docker

pytestmark = [pytest.mark.slow, pytest.mark.docker]

# kubectl cp wants tar; older images of the tests have no link for it.
WAIT = "echo ready; trap 'exit 0' TERM; while true; do sleep 0.1; done"
BOX = f"[ -e /bin/tar ] || ln -s /bin/busybox /bin/tar; {WAIT}"
LOCAL = "--image-pull-policy=IfNotPresent"


@pytest.fixture(params=PARAMETERS, ids=name_of)
async def kubectl(
    request: pytest.FixtureRequest, tmp_path: Path, docker_client: docker.DockerClient
) -> AsyncIterator[Kubectl]:
    async with running_cluster(request.param, tmp_path, "docker") as running:
        yield running


async def test_into_a_container(kubectl: Kubectl, tmp_path: Path) -> None:
    await asyncio.gather(
        kubectl("run", "box", "--image=busybox", LOCAL, "--", "sh", "-c", BOX),
        kubectl("run", "server", "--image=service_test", LOCAL, "--port=8080"),
    )
    await kubectl("wait", "--for=condition=Ready", "pod/box", "pod/server", "--timeout=60s")
    await asyncio.gather(
        _exec(kubectl), _logs(kubectl), _copy(kubectl, tmp_path), _forward(kubectl), _attach(kubectl)
    )
    await _use(kubectl)
    await kubectl("delete", "pod", "server", "--force", "--grace-period=0")


async def _exec(kubectl: Kubectl) -> None:
    assert (await kubectl("exec", "box", "--", "hostname")).strip() == "box"
    assert await kubectl("exec", "-i", "box", "--", "cat", stdin="piped\n") == "piped\n"
    finished = await kubectl.run("exec", "box", "--", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (finished.code, finished.out) == (3, "out\n")
    assert finished.err.startswith("err\n")


async def _logs(kubectl: Kubectl) -> None:
    assert await kubectl("logs", "box") == "ready\n"
    assert re.match(r"\d{4}-\d\d-\d\dT\S+Z ready\n", await kubectl("logs", "box", "--timestamps"))


async def _copy(kubectl: Kubectl, tmp_path: Path) -> None:
    sent, received = tmp_path / "sent", tmp_path / "received"
    sent.mkdir()
    (sent / "text").write_text("hello")
    (sent / "bytes").write_bytes(bytes(range(256)) * 1000)
    await kubectl("cp", str(sent), "box:/tmp/sent")
    assert await kubectl("exec", "box", "--", "cat", "/tmp/sent/text") == "hello"
    await kubectl("cp", "box:/tmp/sent", str(received))
    assert (received / "bytes").read_bytes() == (sent / "bytes").read_bytes()


async def _forward(kubectl: Kubectl) -> None:
    process = await kubectl.start("port-forward", "pod/server", ":8080")
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            port = int((await process.stdout.readline()).split(b" -> ")[0].rpartition(b":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /through HTTP/1.0\r\n\r\n")
            answer = (await reader.read()).decode()
            writer.close()
            await writer.wait_closed()
        assert "This is server\nhostname: server" in answer
        assert "path: /through" in answer
    finally:
        process.terminate()
        await process.communicate()


async def _attach(kubectl: Kubectl) -> None:
    given = ("run", "once", "-i", "--rm", "--quiet", "--restart=Never", "--image=busybox", LOCAL, "--", "cat")
    assert await kubectl(*given, stdin="through\n") == "through\n"


async def _use(kubectl: Kubectl) -> None:
    for _ in range(50):
        finished = await kubectl.run("top", "pod", "box")
        if finished.code == 0:
            break
        await asyncio.sleep(0.3)
    assert re.search(r"box\s+\d+m\s+\d+Mi", finished.out), finished


async def test_debugging_beside_a_container(kubectl: Kubectl) -> None:
    if kubectl.minor < 23:
        pytest.skip("its ephemeral containers were another API")
    await kubectl("run", "server", "--image=service_test", LOCAL)
    await kubectl("wait", "--for=condition=Ready", "pod/server", "--timeout=60s")
    look = ("debug", "server", "--image=busybox", LOCAL, "-c", "look", "--target=server", "--")
    await kubectl(*look, "sh", "-c", "hostname; ps; sleep 100")
    for _ in range(50):
        said = (await kubectl.run("logs", "server", "-c", "look")).out
        if "sleep" in said:
            break
        await asyncio.sleep(0.2)
    assert said.startswith("server\n")
    assert "/bin/serve" in said
