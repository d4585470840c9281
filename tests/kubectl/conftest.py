"""The real kubectl against a whole cluster in the test's own event loop, on simulated containers."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import pytest_asyncio

from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.config import RuntimeChoice

LIMIT = 60.0
VERSION = re.compile(r"kubectl(\.1\.\d+)?$")


def installed() -> list[Path]:
    """The oldest and the newest kubectl at hand, or those that TUIK8S_TEST_KUBECTL lists.

    Vendors put a dispatcher on the PATH and plain ones, by version, beside it: these are taken instead.
    """
    chosen = os.environ.get("TUIK8S_TEST_KUBECTL", "")
    if chosen:
        return [Path(part) for part in chosen.split(os.pathsep)]
    found = shutil.which("kubectl")
    if found is None:
        return []
    real = Path(found).resolve()
    plain = sorted(path for path in real.parent.iterdir() if VERSION.fullmatch(path.name) and path != real)
    return [plain[0], plain[-1]] if plain else [real]


KUBECTLS = installed()


class Finished(NamedTuple):
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Kubectl:
    """Runs one kubectl, as a person without any configuration but the cluster's would."""

    binary: Path
    cluster: Cluster
    home: Path
    namespace: str = ""
    """Where commands act that name none; empty for the context's own."""
    minor: int = 99
    """Its version is 1.this."""

    async def start(self, *arguments: str, **environment: str) -> asyncio.subprocess.Process:
        assert self.cluster.listener is not None
        variables = {
            "PATH": os.environ["PATH"], "HOME": str(self.home),
            "KUBECONFIG": str(self.cluster.listener.kubeconfig), **environment,
        }  # fmt: skip
        space = ("--namespace", self.namespace) if self.namespace else ()
        return await asyncio.create_subprocess_exec(
            self.binary, *space, *arguments, env=variables, cwd=self.home, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def run(self, *arguments: str, stdin: str = "", **environment: str) -> Finished:
        process = await self.start(*arguments, **environment)
        try:
            async with asyncio.timeout(LIMIT):
                out, err = await process.communicate(stdin.encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError(f"kubectl {' '.join(arguments)} did not end") from None
        assert process.returncode is not None
        return Finished(process.returncode, out.decode(), err.decode())

    async def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> str:
        """What it prints; fails unless it ends well, and without a warning but for its version."""
        finished = await self.run(*arguments, stdin=stdin, **environment)
        assert finished.code == 0, f"kubectl {' '.join(arguments)}: {finished.err or finished.out}"
        return finished.out

    async def refused(self, *arguments: str) -> str:
        finished = await self.run(*arguments)
        assert finished.code != 0, finished.out
        return finished.err

    async def words(self, path: str, *arguments: str) -> list[str]:
        """Of a JSONPath."""
        return (await self("get", *arguments, "-o", f"jsonpath={path}")).split()


NONE = pytest.param(None, marks=pytest.mark.skip(reason="there is no kubectl on the PATH"))
_numbers = itertools.count(1)
PARAMETERS: list[Any] = [*KUBECTLS] or [NONE]


def name_of(path: Path | None) -> str:
    return path.name if path else "none"


@pytest.fixture(params=PARAMETERS, ids=name_of)
async def kubectl(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kubectl]:
    async with running_cluster(request.param, tmp_path) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=PARAMETERS, ids=name_of)
async def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Kubectl]:
    """One cluster for a whole module, whose tests work in namespaces of their own: see `in_namespace`."""
    async with running_cluster(request.param, tmp_path_factory.mktemp("cluster")) as kubectl:
        yield kubectl


async def in_namespace(shared: Kubectl) -> Kubectl:
    """In a namespace that nobody else uses."""
    namespace = f"test-{next(_numbers)}"
    await shared("create", "namespace", namespace)
    return replace(shared, namespace=namespace)


@asynccontextmanager
async def running_cluster(
    binary: Path, directory: Path, runtime: RuntimeChoice = "simulated"
) -> AsyncIterator[Kubectl]:
    config = Config(
        cluster="test", ephemeral=True, runtime=runtime, data_dir=directory, listen="127.0.0.1:0", seed=1,
        nodes=2, node_cpu="4", node_memory="8Gi",
    )  # fmt: skip
    home = directory / "home"
    home.mkdir()
    async with Cluster(config) as cluster:
        await cluster.started()
        made = Kubectl(binary, cluster, home)
        version = json.loads(await made("version", "--client", "-o", "json"))["clientVersion"]
        yield replace(made, minor=int(version["minor"].rstrip("+")))


@pytest.fixture
def web(tmp_path: Path) -> Path:
    path = tmp_path / "web.yaml"
    path.write_text(WEB)
    return path


WEB = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.27
          ports: [{containerPort: 80}]
          env: [{name: GREETING, value: hello}]
          volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: web, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{port: 80}]
"""
