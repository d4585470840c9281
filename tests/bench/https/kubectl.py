"""What the real kubectl sees: its commands beside a static file server, and the first one after a start."""

from __future__ import annotations

import json
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

from tests.bench.child import running
from tests.bench.figure import Figure, Skipped, median
from tests.bench.https.connection import Connection, Endpoint
from tests.bench.https.requests import NAMESPACE, POD, cluster_arguments
from tests.kubectl.conftest import KUBECTLS
from tuik8s.apiserver.certificates import ensure_pki

if TYPE_CHECKING:
    from collections.abc import Sequence

PODS, ROUNDS, STARTS = 100, 10, 5
GET_PODS, GET_NODES = ("get", "pods"), ("get", "nodes")
_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
ASKED = {"/api": _AGGREGATED, "/apis": _AGGREGATED, f"{NAMESPACE}/pods": _TABLE}


def measure() -> list[Figure]:
    if not KUBECTLS:
        raise Skipped("there is no kubectl on the PATH")
    with TemporaryDirectory() as folder:
        return [_beside_static_files(Path(folder)), _first_command(Path(folder))]


def _beside_static_files(folder: Path) -> Figure:
    data = folder / "served"
    with running(*cluster_arguments(data)) as child:
        child.until("API at")
        kubeconfig = data / "kubeconfig"
        connection = Connection(Endpoint.of_kubeconfig(kubeconfig, folder))
        for number in range(PODS):
            connection.request("POST", f"{NAMESPACE}/pods", POD.replace("NAME", f"pod-{number}").encode())
        answers = {path: (accept, _body(connection, path, accept)) for path, accept in ASKED.items()}
        (folder / "answers.json").write_text(json.dumps(answers))
        pki = ensure_pki(folder / "pki", ("127.0.0.1",), datetime.now(UTC))
        own = (str(pki.server.certificate), str(pki.server.key))
        with running("-m", "tests.bench.https.static", *own, str(folder / "answers.json")) as static:
            static.until("port ")
            plain = _kubeconfig(folder / "plain", kubeconfig, pki.authority, static.word_after("port "))
            ours, floor = [], []
            for _ in range(ROUNDS + 1):  # the first fills kubectl's cache
                ours.append(_timed(kubeconfig, folder, GET_PODS))
                floor.append(_timed(plain, folder, GET_PODS))
    return Figure(
        name=f"kubectl get pods, {PODS} pods", ours=median(ours[1:]) * 1000, unit="ms",
        baseline=median(floor[1:]) * 1000, baseline_name="a static file server",
    )  # fmt: skip


def _first_command(folder: Path) -> Figure:
    """From the start of the program to the end of the first `kubectl get nodes` that shows one."""
    starts, alone = [], []
    for number in range(STARTS):
        data = folder / f"start{number}"
        with running(*cluster_arguments(data)) as child:
            while not (data / "kubeconfig").exists():
                child.rest(0.01)
            while _run(data / "kubeconfig", folder, GET_NODES).count("\n") < 2:
                pass
            starts.append(time.perf_counter() - child.started)
            alone.append(_timed(data / "kubeconfig", folder, GET_NODES))
    return Figure(
        name="start to first kubectl get nodes", ours=median(starts) - median(alone), unit="s", goal=1.0,
        baseline=median(alone), baseline_name="what kubectl itself takes, not counted",
    )  # fmt: skip


def _body(connection: Connection, path: str, accept: str) -> str:
    return connection.request("GET", path, accept=accept).body.decode()


def _kubeconfig(path: Path, like: Path, authority: Path, port: str) -> Path:
    config = yaml.safe_load(like.read_text())
    config["clusters"][0]["cluster"] = {
        "server": f"https://127.0.0.1:{port}", "certificate-authority": str(authority),
    }  # fmt: skip
    path.write_text(yaml.safe_dump(config))
    return path


def _timed(kubeconfig: Path, home: Path, arguments: Sequence[str]) -> float:
    started = time.perf_counter()
    _run(kubeconfig, home, arguments)
    return time.perf_counter() - started


def _run(kubeconfig: Path, home: Path, arguments: Sequence[str]) -> str:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), "KUBECONFIG": str(kubeconfig)}
    command = [str(KUBECTLS[-1]), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout
