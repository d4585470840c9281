"""The pytest plugin, in runs of pytest of its own; and what its documentation shows, run."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest

import tuik8s.testing

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow  # each starts Python and pytest
PLUGIN = "tuik8s.testing.plugin"
INI = """[pytest]
filterwarnings = error
asyncio_mode = %s
asyncio_default_fixture_loop_scope = function
"""
CONFTEST = """
import asyncio

def pytest_configure():
    asyncio.set_event_loop(None)  # else pytest-asyncio makes a loop that it never closes
"""
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web"},
    "spec": {"containers": [{"name": "web", "image": "nginx"}]},
}


def run(directory: Path, *arguments: str, mode: str = "strict", **files: str) -> str:
    """What a run of pytest prints, on files by their names without `.py`."""
    (directory / "pytest.ini").write_text(INI % mode)
    (directory / "conftest.py").write_text(CONFTEST)
    for name, text in files.items():
        (directory / f"{name}.py").write_text(text)
    installed = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", PLUGIN)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin, *arguments]
    result = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=120, check=False)
    return result.stdout + result.stderr


def documented() -> dict[str, str]:
    """The blocks of code in the documentation, by the file names in their first lines."""
    blocks = re.findall(r"```python\n# (\w+)\.py\n(.*?)```", tuik8s.testing.__doc__ or "", re.DOTALL)
    return dict(blocks)


def test_the_example_for_kr8s(tmp_path: Path) -> None:
    pytest.importorskip("kr8s")
    output = run(tmp_path, mode="auto", test_web=documented()["test_web"])
    assert "3 passed" in output, output


def test_the_example_for_kopf(tmp_path: Path) -> None:
    pytest.importorskip("kopf")
    output = run(tmp_path, **{name: text for name, text in documented().items() if name != "test_web"})
    assert "2 passed" in output, output


def test_each_test_has_a_namespace_and_nobody_elses_failures(tmp_path: Path) -> None:
    text = f"""
import os
from pathlib import Path
import pytest
import yaml

SEEN = []

@pytest.mark.parametrize("number", [1, 2])
def test_alone(tuik8s, number):
    SEEN.append(tuik8s.namespace)
    assert tuik8s.namespace.startswith(f"test-alone-{{number}}-")
    assert tuik8s.list("Pod") == []
    tuik8s.apply({POD})
    tuik8s.wait_for("Pod", "web")
    tuik8s.stop_node("node-1")
    tuik8s.fail_image("*")
    tuik8s.fail_requests(500, times=1000)
    config = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
    assert config["contexts"][0]["context"]["namespace"] == tuik8s.namespace

def test_afterwards(tuik8s_cluster):
    for namespace in SEEN:
        tuik8s_cluster.wait_for("Namespace", namespace, "deleted")

@pytest.mark.tuik8s(nodes=0)
def test_own(tuik8s):
    assert (tuik8s.namespace, tuik8s.list("Node")) == ("default", [])
"""
    output = run(tmp_path, test_it=text)
    assert "4 passed" in output, output


def test_with_pytest_asyncio_in_its_strict_mode_and_with_anyio(tmp_path: Path) -> None:
    text = f"""
import anyio
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"

@pytest.mark.asyncio
async def test_asyncio(tuik8s):
    await tuik8s.aio.apply({POD})
    pod = await tuik8s.aio.wait_for("Pod", "web")
    found = await tuik8s.client.get(tuik8s.hosted.kind("Pod"), tuik8s.namespace, "web")
    assert found["metadata"]["uid"] == pod["metadata"]["uid"]

@pytest.mark.anyio
async def test_anyio(tuik8s):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(tuik8s.aio.wait_for, "Pod", "web")
        await tuik8s.aio.apply({POD})
    async with tuik8s.aio.clients.lightkube() as client:
        from lightkube.resources.core_v1 import Pod
        assert [pod.metadata.name async for pod in client.list(Pod)] == ["web"]
"""
    output = run(tmp_path, test_it=text)
    assert "2 passed" in output, output


def test_with_xdist(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    text = """
import pytest

@pytest.mark.parametrize("number", range(4))
def test_one_of_four(tuik8s, number):
    assert len(tuik8s.list("Node")) == 1
"""
    output = run(tmp_path, "-n", "2", test_it=text)
    assert "4 passed" in output, output


def test_a_shared_cluster_can_be_set(tmp_path: Path) -> None:
    text = """
import pytest

@pytest.fixture(scope="module")
def tuik8s_settings():
    return {"nodes": 2}

def test_nodes(tuik8s):
    assert len(tuik8s.list("Node")) == 2
"""
    output = run(tmp_path, "-o", "tuik8s_scope=module", test_it=text)
    assert "1 passed" in output, output
    assert "use one of session, package" in run(tmp_path, "-o", "tuik8s_scope=week", test_it=text)


def test_other_runs_load_nothing(tmp_path: Path) -> None:
    text = """
import sys

def test_without():
    assert not {"tuik8s.cluster", "aiohttp", "yaml", "textual", "cryptography"} & set(sys.modules)
"""
    output = run(tmp_path, "-p", "no:asyncio", "-p", "no:xdist", "-W", "ignore", test_it=text)
    assert "1 passed" in output, output
