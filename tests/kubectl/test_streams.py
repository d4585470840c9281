"""Commands that reach into pods."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.kubectl.conftest import Kubectl, in_namespace

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def kubectl(shared: Kubectl) -> Kubectl:
    return await in_namespace(shared)


async def test_run_attaches_and_cleans_up(kubectl: Kubectl) -> None:
    given = ["run", "once", "-i", "--rm", "--quiet", "--restart=Never", "--image=busybox", "--"]
    assert await kubectl(*given, "cat", stdin="hello\n") == "hello\n"
    finished = await kubectl.run(*given, "sh", stdin="echo from inside\nexit 3\n")
    assert finished.out == "from inside\n"
    assert finished.code == 3
    assert await kubectl("get", "pods", "-o", "name") == ""


async def test_attach_follows_a_container(kubectl: Kubectl) -> None:
    script = "for i in 1 2 3 4 5; do echo tick; sleep 1; done"
    await kubectl("run", "ticker", "--image=busybox", "--restart=Never", "--", "sh", "-c", script)
    await kubectl("wait", "--for=condition=Ready", "pod/ticker")
    assert "tick" in await kubectl("attach", "ticker")
    assert "completed pod" in await kubectl.refused("attach", "ticker")


async def test_port_forward(kubectl: Kubectl, web: Path) -> None:
    await kubectl("apply", "-f", str(web))
    await kubectl("rollout", "status", "deployment/web")
    process = await kubectl.start("port-forward", "service/web", ":80")
    assert process.stdout is not None
    async with asyncio.timeout(30):
        line = (await process.stdout.readline()).decode()
        found = re.fullmatch(r"Forwarding from 127\.0\.0\.1:(\d+) -> 80\n", line)
        assert found, line
        answers = await asyncio.gather(*(_fetch(int(found[1])) for _ in range(5)))
    assert all("simulated container" in answer for answer in answers)
    process.terminate()
    await process.communicate()


async def test_a_port_where_nobody_listens(kubectl: Kubectl) -> None:
    await kubectl("run", "web", "--image=nginx", "--port=80")
    await kubectl("wait", "--for=condition=Ready", "pod/web")
    process = await kubectl.start("port-forward", "pod/web", ":81")
    assert process.stdout is not None
    assert process.stderr is not None
    async with asyncio.timeout(30):
        port = int((await process.stdout.readline()).split(b" -> ")[0].rpartition(b":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
        problem = (await process.stderr.readline()).decode()
    assert f"an error occurred forwarding {port} -> 81: error forwarding port 81 to pod web" in problem
    assert "connect: connection refused" in problem
    if process.returncode is None:
        process.terminate()
    await process.communicate()


async def test_files_are_copied_in_and_out(kubectl: Kubectl, tmp_path: Path) -> None:
    await kubectl("run", "box", "--image=busybox", "--", "sleep", "600")
    await kubectl("wait", "--for=condition=Ready", "pod/box")
    content = bytes(range(256)) * 500
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_bytes(content)
    await kubectl("cp", str(tmp_path / "in"), f"{kubectl.namespace}/box:/tmp/folder")
    await kubectl("cp", str(tmp_path / "in" / "file"), "box:/tmp/single", "-c", "box")
    assert await kubectl("exec", "box", "--", "ls", "/tmp", "/tmp/folder") == "folder\nsingle\nfile\n"
    await kubectl("cp", "box:/tmp/folder", str(tmp_path / "out"))
    assert (tmp_path / "out" / "file").read_bytes() == content
    missing = await kubectl("cp", "box:/tmp/nothing", str(tmp_path / "nothing"))
    assert missing == "tar: /tmp/nothing: No such file or directory\n"


async def _fetch(port: int, path: str = "/") -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def test_debug_adds_a_container(kubectl: Kubectl) -> None:
    await kubectl("run", "web", "--image=nginx")
    await kubectl("wait", "--for=condition=Ready", "pod/web")
    given = ["debug", "web", "-i", "--quiet", "--image=busybox", "--target=web", "-c", "tool", "--"]
    assert "from the side" in await kubectl(*given, "sh", stdin="echo from the side\nexit\n")
    path = "{.status.ephemeralContainerStatuses[0].state.terminated.reason}"
    await kubectl("wait", f"--for=jsonpath={path}=Completed", "pod/web")
    assert await kubectl("logs", "web", "-c", "tool") == "from the side\n"


async def test_a_pod_is_resized_in_place(kubectl: Kubectl, tmp_path: Path) -> None:
    if kubectl.minor < 32:
        pytest.skip("this kubectl knows no subresource resize")
    path = tmp_path / "pod.yaml"
    path.write_text(
        "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: nginx, "
        "resources: {requests: {cpu: 100m}, limits: {cpu: 200m}}}]}}"
    )
    await kubectl("apply", "-f", str(path))
    await kubectl("wait", "--for=condition=Ready", "pod/a")
    patch = '{"spec":{"containers":[{"name":"a","resources":{"limits":{"cpu":"500m"}}}]}}'
    assert "patched" in await kubectl("patch", "pod", "a", "--subresource", "resize", "-p", patch)
    limit = "{.status.containerStatuses[0].resources.limits.cpu}"
    await kubectl("wait", f"--for=jsonpath={limit}=500m", "pod/a")
    assert await kubectl.words("{.status.containerStatuses[0].restartCount}", "pod", "a") == ["0"]
