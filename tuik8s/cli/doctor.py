"""`tuik8s doctor`: what is installed, reachable and permitted, and the remedy for each that is not."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from tuik8s.api.clock import SystemClock
from tuik8s.cli.options import cluster_options, config_of
from tuik8s.cri import RuntimeFault

if TYPE_CHECKING:
    from tuik8s.config import Config

LEAST_FREE = 512 * 1024 * 1024


class Finding(NamedTuple):
    """`remedy` is empty for what is as it should be; `needed` tells a fault from something left out."""

    subject: str
    text: str
    remedy: str = ""
    needed: bool = True


@click.command()
@cluster_options
def doctor(**settings: Any) -> None:
    """Look at what tuik8s needs and uses here, and say what to do about what is missing.

    Exit code 1 when something that is needed is missing; Docker and kubectl are not needed.
    """
    findings = asyncio.run(_examine(config_of(**settings)))
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        mark = "ok  " if not finding.remedy else "FAIL" if finding.needed else "note"
        click.echo(f"{mark}  {finding.subject:<{width}}  {finding.text}")
        if finding.remedy:
            click.echo(f"      {'':<{width}}  -> {finding.remedy}")
    sys.exit(any(finding.remedy and finding.needed for finding in findings))


async def _examine(config: Config) -> list[Finding]:
    return [
        _python(), _terminal(), _state(config), _disk(config), _ports(), await _docker(config),
        *await _leftovers(), _kubectl(),
    ]  # fmt: skip


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", version)


def _terminal() -> Finding:
    if not sys.stdout.isatty():
        return Finding(
            "terminal", "standard output is not one", "run in a terminal to get the interface", needed=False
        )
    columns, lines = shutil.get_terminal_size()
    if columns < 80 or lines < 24:
        return Finding("terminal", f"{columns}x{lines}", "make the window 80x24 or larger", needed=False)
    colours = os.environ.get("COLORTERM") or os.environ.get("TERM", "unknown")
    return Finding("terminal", f"{columns}x{lines}, {colours}")


def _state(config: Config) -> Finding:
    directory = config.directory
    place = directory
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK | os.X_OK):
        remedy = f"make {place} writable, or choose another place with --data-dir"
        return Finding("state", f"{directory} cannot be written", remedy)
    size = sum(path.stat().st_size for path in directory.glob("store.db*")) if directory.exists() else 0
    return Finding(
        "state", f"{directory} ({size / 1024 / 1024:.1f} MiB)" if size else f"{directory} (none yet)"
    )


def _disk(config: Config) -> Finding:
    place = config.directory
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    text = f"{free / 1024**3:.1f} GiB free"
    return Finding("disk", text, "" if free >= LEAST_FREE else f"free some space under {place}")


def _ports() -> Finding:
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as error:
        return Finding(
            "loopback", error.strerror or str(error), "bring the loopback interface up: ip link set lo up"
        )
    return Finding("loopback", "127.0.0.1 can be listened on")


async def _docker(config: Config) -> Finding:
    from tuik8s.cri.docker import DockerRuntime

    runtime = DockerRuntime(cluster=config.identity(), clock=SystemClock())
    try:
        version = await runtime.version()
    except RuntimeFault as error:
        remedy = (
            "start a Docker engine to run real containers (and add yourself to the group docker);"
            " until then they are simulated"
        )
        return Finding("docker", str(error), remedy, needed=False)
    finally:
        await runtime.close()
    return Finding("docker", f"{version.version} on {version.operating_system}")


async def _leftovers() -> list[Finding]:
    """What clusters that are gone have left on the engine; nothing where there is none, or no engine."""
    from tuik8s.cluster import leftovers

    try:
        dead = await leftovers.find()
    except RuntimeFault:
        return []
    remedy = "tuik8s reset --leftovers removes them"
    return [
        Finding("left over", f"{leftovers.text_of(found)}, which is gone", remedy, needed=False)
        for found in dead
    ]


def _kubectl() -> Finding:
    path = shutil.which("kubectl")
    if path is None:
        return Finding(
            "kubectl", "not found", "not needed: the interface shows what kubectl would do", needed=False
        )
    return Finding("kubectl", path)
