"""A thousand watches over HTTPS while things change."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.bench.figure import Figure, percentile
from tests.bench.https.connection import Connection, Endpoint
from tests.bench.https.requests import served

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WATCHES, PROCESSES = 1_000, 2
NAMESPACES = 100
"""Each is watched by ten."""
CHANGES, SECONDS = 100, 5
MAP = '{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"changed"}},"data":{{"sent":"{}"}}}}'
PATCH = '{{"data":{{"sent":"{:.6f}"}}}}'
MERGE = "application/merge-patch+json"


def measure() -> list[Figure]:
    with served() as endpoint:
        connection = Connection(endpoint)
        for number in range(NAMESPACES):
            namespace = f'{{"metadata":{{"name":"ns-{number}"}}}}'
            connection.request("POST", "/api/v1/namespaces", namespace.encode())
            connection.request("POST", _maps(number), MAP.format(0).encode())
        few = _late(connection, endpoint, 1, _change)
        many = _late(connection, endpoint, WATCHES // NAMESPACES, _change)
        once = _late(connection, endpoint, WATCHES, _change_once)
    name = f"{WATCHES:,} watches, {CHANGES} changes/s"
    baseline = f"{NAMESPACES} watches"
    return [
        Figure(
            name=f"{name}, p99", ours=percentile(many, 0.99) * 1000, unit="ms", goal=50,
            baseline=percentile(few, 0.99) * 1000, baseline_name=baseline,
        ),
        Figure(
            name=f"one change to {WATCHES:,} watches", ours=percentile(once, 1.0) * 1000, unit="ms",
            baseline=percentile(few, 0.5) * 1000, baseline_name="a change to one watch",
        ),
    ]  # fmt: skip


def _maps(number: int) -> str:
    return f"/api/v1/namespaces/ns-{number}/configmaps"


def _change(connection: Connection) -> None:
    """So many changes a second, one namespace after the other."""
    started = time.time()
    for number in range(CHANGES * SECONDS):
        if (early := started + number / CHANGES - time.time()) > 0:
            time.sleep(early)
        body = PATCH.format(time.time()).encode()
        connection.request("PATCH", f"{_maps(number % NAMESPACES)}/changed", body, MERGE)
    time.sleep(0.5)


def _change_once(connection: Connection) -> None:
    """Namespace 0 alone, which all watch."""
    for _ in range(SECONDS):
        connection.request("PATCH", f"{_maps(0)}/changed", PATCH.format(time.time()).encode(), MERGE)
        time.sleep(1.0)


def _late(
    connection: Connection, endpoint: Endpoint, watchers: int, change: Callable[[Connection], None]
) -> list[float]:
    """Delays in seconds, with so many watchers of each namespace (or of the first alone, where it is all)."""
    namespaces = NAMESPACES if watchers < WATCHES else 1
    revision = json.loads(connection.request("GET", _maps(0)).body)["metadata"]["resourceVersion"]
    query = f"watch=true&resourceVersion={revision}"
    paths = [f"{_maps(number)}?{query}" for number in range(namespaces) for _ in range(watchers)]
    with _watching(endpoint, paths) as processes:
        time.sleep(0.5)
        change(connection)
    late: list[float] = []
    for process in processes:
        assert process.stdout is not None
        late += json.loads(process.stdout.readline())
    return late


@contextmanager
def _watching(endpoint: Endpoint, paths: list[str]) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "tests.bench.https.watchers"]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for number, process in enumerate(processes):
        assert process.stdin is not None
        task = {"endpoint": endpoint, "paths": paths[number::PROCESSES]}
        process.stdin.write(json.dumps(task) + "\n")
        process.stdin.flush()
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    yield processes
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
