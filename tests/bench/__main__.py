"""Measure, and print a table that can be quoted."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from tests.bench.figure import Figure, Skipped

if TYPE_CHECKING:
    from collections.abc import Callable


class Bench(NamedTuple):
    """`place` is module and function; `limit` bounds it, in seconds."""

    place: str
    limit: float
    what: str


BENCHES = {
    "start": Bench("start:measure", 60, "start to first frame and to nodes Ready"),
    "memory": Bench("idle:memory", 90, "memory at rest, and of each further node"),
    "cpu": Bench("idle:cpu", 120, "processor time at rest"),
    "pods": Bench("pods:few", 60, "a Deployment of 1,000 simulated pods"),
    "pods-10k": Bench("pods:many", 240, "a Deployment of 10,000 simulated pods"),
    "docker": Bench("docker_pods:measure", 180, "a Deployment of 20 pods on Docker"),
    "stall": Bench("stall:measure", 90, "what the interface keeps the loop from"),
    "watch": Bench("watch:measure", 60, "from create to an informer's handler"),
    "requests": Bench("https.requests:measure", 120, "get, list, create and patch over HTTPS"),
    "watches": Bench("https.watches:measure", 120, "a thousand watches over HTTPS"),
    "kubectl": Bench("https.kubectl:measure", 120, "what kubectl sees, and the first command after a start"),
}
WIDTHS = (34, 14, 14, 8, 12)
HEAD = ("figure", "ours", "baseline", "ratio", "goal")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    listed = ", ".join(f"{name} ({bench.what})" for name, bench in BENCHES.items())
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"all unless named: {listed}")
    parser.add_argument("--measure", choices=BENCHES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        _measure(options.measure)
        return
    if unknown := set(options.names) - BENCHES.keys():
        parser.error(f"no bench named {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    _say(_line(HEAD))
    with TemporaryDirectory() as cache:
        for name in options.names or BENCHES:
            for line in _in_process(name, BENCHES[name].limit, _environment(cache)):
                _say(line)
    _say(_machine())


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _environment(cache: str) -> dict[str, str]:
    """Modules are compiled once, as they are where a program is installed; all figures share the cache."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _measure(name: str) -> None:
    """In the child: figures as one line of JSON."""
    module, _, function = BENCHES[name].place.partition(":")
    measure: Callable[[], list[Figure]] = getattr(import_module(f"tests.bench.{module}"), function)
    try:
        _say(json.dumps([figure.as_json() for figure in measure()]))
    except Skipped as reason:
        _say(json.dumps(str(reason)))


def _in_process(name: str, limit: float, environment: dict[str, str]) -> list[str]:
    command = [sys.executable, "-m", "tests.bench", "--measure", name]
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, timeout=limit, check=True, env=environment
        )
    except subprocess.TimeoutExpired:
        return [f"{name}: not within {limit:.0f} s"]
    except subprocess.CalledProcessError as error:
        return [f"{name}: failed with exit code {error.returncode}"]
    answer = json.loads(done.stdout.splitlines()[-1])
    if isinstance(answer, str):
        return [f"{name}: skipped, {answer}"]
    return [_row(Figure(**values)) for values in answer]


def _row(figure: Figure) -> str:
    sign = "<=" if figure.better == "less" else ">="
    goal = "" if figure.goal is None else f"{sign} {figure.goal:g}{'x' if figure.relative else ''}"
    verdict = {None: "", True: "reached", False: "MISSED"}[figure.reached]
    baseline = "" if figure.baseline is None else f"{_number(figure.baseline)} {figure.unit}"
    ratio = "" if figure.ratio is None else f"{_number(figure.ratio)}x"
    cells = (figure.name, f"{_number(figure.ours)} {figure.unit}", baseline, ratio, goal)
    return f"{_line(cells)}  {verdict:<7}  {figure.baseline_name}".rstrip()


def _line(cells: tuple[str, ...]) -> str:
    first, *rest = (f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))
    return "  ".join([f"{first.strip():<{WIDTHS[0]}}", *rest])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _machine() -> str:
    return (
        f"{_cpu_model()}, {os.cpu_count()} cores, Python {platform.python_version()},"
        f" {datetime.now(UTC):%Y-%m-%d}"
    )


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    main()
