"""Requests a second, and how long the slowest of a hundred takes, from several client processes."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.child import running
from tests.bench.figure import Figure, percentile
from tests.bench.https.connection import Connection, Endpoint
from tuik8s.apiserver.certificates import ensure_pki

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 4
SECONDS = 3.0
PODS = 1_000
NAMESPACE = "/api/v1/namespaces/default"
CONFIG_MAP = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"NAME"},"data":{"a":"1","b":"2"}}'
POD = (
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"NAME","labels":{"app":"bench","tier":"web"}},'
    '"spec":{"schedulerName":"nobody","containers":[{"name":"main","image":"nginx:1.27",'
    '"ports":[{"containerPort":80}],"resources":{"requests":{"cpu":"10m","memory":"16Mi"}}}]}}'
)


class Load(NamedTuple):
    name: str
    method: str
    path: str
    body: str = ""
    media_type: str = "application/json"


LOADS = (
    Load("get", "GET", f"{NAMESPACE}/pods/pod-1"),
    Load("list of 1,000 pods", "GET", f"{NAMESPACE}/pods"),
    Load("create", "POST", f"{NAMESPACE}/configmaps", CONFIG_MAP),
    Load("patch", "PATCH", f"{NAMESPACE}/configmaps/CLIENT", '{"data":{"a":"NAME"}}',
         "application/merge-patch+json"),
)  # fmt: skip


def measure() -> list[Figure]:
    figures: list[Figure] = []
    with served() as endpoint, canned(endpoint) as bare:
        connection = Connection(endpoint)
        for number in range(PODS):
            connection.request("POST", f"{NAMESPACE}/pods", POD.replace("NAME", f"pod-{number}").encode())
        for client in range(CLIENTS):
            patched = CONFIG_MAP.replace("NAME", f"client{client}").encode()
            connection.request("POST", f"{NAMESPACE}/configmaps", patched)
        for load in LOADS:
            sample = load.body.replace("NAME", "sample").encode()
            path = load.path.replace("CLIENT", "client0")
            size = len(connection.request(load.method, path, sample, load.media_type).body)
            ours = _samples(endpoint, load)
            baseline = _samples(bare, load._replace(path=f"/?size={size}"))
            figures += _figures(load, ours, baseline)
    return figures


def _figures(load: Load, ours: list[float], baseline: list[float]) -> list[Figure]:
    name = "bare aiohttp with TLS"
    return [
        Figure(
            name=f"{load.name}, requests", ours=len(ours) / SECONDS, unit="/s", better="more",
            baseline=len(baseline) / SECONDS, baseline_name=name,
        ),
        Figure(
            name=f"{load.name}, p99", ours=percentile(ours, 0.99) * 1000, unit="ms",
            baseline=percentile(baseline, 0.99) * 1000, baseline_name=name,
        ),
    ]  # fmt: skip


def _samples(endpoint: Endpoint, load: Load) -> list[float]:
    task = load._asdict() | {"endpoint": endpoint, "seconds": SECONDS}
    clients = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.bench.https.client"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(CLIENTS)
    ]  # fmt: skip
    for number, client in enumerate(clients):
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(json.dumps(task | {"name": f"client{number}"}) + "\n")
        client.stdin.flush()
        assert client.stdout.readline() == "ready\n"
    samples: list[float] = []
    for client in clients:
        assert client.stdin is not None
        client.stdin.write("go\n")
        client.stdin.flush()
    for client in clients:
        samples += json.loads(client.communicate()[0])
    return samples


@contextmanager
def served() -> Iterator[Endpoint]:
    """A whole cluster with one simulated node."""
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        with running(*cluster_arguments(data)) as child:
            child.until("API at")
            yield Endpoint.of_kubeconfig(data / "kubeconfig", Path(folder))


def cluster_arguments(data: Path) -> tuple[str, ...]:
    """Of Python: a cluster with one simulated node, no manifests and a free port."""
    empty = data / "manifests"
    empty.mkdir(parents=True)
    return (
        "-m", "tuik8s", "up", str(empty), "--headless", "--ephemeral", "--runtime", "simulated",
        "--nodes", "1", "--listen", "127.0.0.1:0", "--data-dir", str(data),
    )  # fmt: skip


@contextmanager
def canned(endpoint: Endpoint) -> Iterator[Endpoint]:
    """The bare server, with certificates of its own."""
    with TemporaryDirectory() as folder:
        pki = ensure_pki(Path(folder), ("127.0.0.1",), datetime.now(UTC))
        own = (str(pki.server.certificate), str(pki.server.key))
        with running("-m", "tests.bench.https.canned", *own) as child:
            child.until("port ")
            port = int(child.word_after("port "))
            yield endpoint._replace(port=port, authority=str(pki.authority))
