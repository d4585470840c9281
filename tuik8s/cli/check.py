"""`tuik8s check`: would these manifests converge?"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tuik8s.cli.collection import collect_seldom, keep_what_is_loaded
from tuik8s.cli.failures import explained
from tuik8s.config import Config

if TYPE_CHECKING:
    from tuik8s.cluster.convergence import Outcome, Report

CONVERGED, NOT_CONVERGED, BAD_INPUT = 0, 1, 2
NODES = 3
NODE_CPU, NODE_MEMORY = "4", "16Gi"
"""Fixed, so that the answer is the same on every machine."""


@click.command()
@click.argument(
    "paths", metavar="FOLDER|FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option(
    "--timeout",
    metavar="S",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Seconds to wait.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to report.",
)
@click.option(
    "--nodes",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=NODES,
    show_default=True,
    help="How many nodes.",
)
def check(paths: tuple[Path, ...], timeout: float, output: str, nodes: int) -> None:
    """Apply manifests to a cluster that exists only for this, wait until all is ready, and report.

    Containers are simulated: whether images exist and programs work is not tested; everything before that is:
    fields, values, references, scheduling, rollout, probes as far as they are declared. Each node has 4 CPUs
    and 16 GiB, whatever this machine has.

    \b
    Exit codes: 0 everything became ready, 1 something did not in time, 2 a manifest is wrong.
    """
    collect_seldom()
    with explained():
        report = asyncio.run(_run(paths, timeout, nodes, quiet=output == "json"))
    click.echo(_as_json(report) if output == "json" else _as_table(report))
    sys.exit(BAD_INPUT if report.refused else CONVERGED if report.converged else NOT_CONVERGED)


async def _run(paths: tuple[Path, ...], timeout: float, nodes: int, *, quiet: bool) -> Report:
    from tuik8s.applier import FolderApplier
    from tuik8s.cluster import Cluster
    from tuik8s.cluster.convergence import converge

    keep_what_is_loaded()

    def progress(ready: int, count: int) -> None:
        if not quiet and sys.stderr.isatty():
            click.echo(f"\r\x1b[K{ready} of {count} objects ready", nl=False, err=True)

    config = Config(
        cluster="check", ephemeral=True, nodes=nodes, node_cpu=NODE_CPU, node_memory=NODE_MEMORY,
        runtime="simulated", seed=0, host="", listen="",
    )  # fmt: skip
    async with Cluster(config) as cluster:
        await cluster.started()
        applier = FolderApplier(cluster.client, paths, cluster.registry, clock=cluster.clock)
        report = await converge(cluster.client, applier, cluster.registry, timeout=timeout, progress=progress)
        if not quiet and sys.stderr.isatty():
            click.echo("\r\x1b[K", nl=False, err=True)
        return report


def _as_json(report: Report) -> str:
    value = {
        "converged": report.converged and not report.refused,
        "seconds": round(report.seconds, 3),
        "objects": [asdict(outcome) for outcome in report.outcomes],
        "refused": [
            {"file": file.path, "line": file.line, "column": file.column, "message": file.message}
            for file in report.refused
        ],
    }
    return json.dumps(value, indent=2)


def _as_table(report: Report) -> str:
    rows = [_row(outcome) for outcome in report.outcomes]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
    lines = []
    for row, outcome in zip(rows, report.outcomes, strict=True):
        lines.append(f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}")
        lines.extend(f"    {reason}" for reason in outcome.reasons)
    for file in report.refused:
        place = f":{file.line}:{file.column}" if file.line else ""
        lines.append(f"{file.path}{place}: {file.message}")
    ready = sum(outcome.result == "ready" for outcome in report.outcomes)
    lines.append(f"{ready} of {len(report.outcomes)} objects ready after {report.seconds:.1f} s")
    if report.refused:
        lines[-1] += f", {len(report.refused)} file{'' if len(report.refused) == 1 else 's'} refused"
    return "\n".join(lines)


def _row(outcome: Outcome) -> tuple[str, str, str]:
    name = f"{outcome.namespace}/{outcome.name}" if outcome.namespace else outcome.name
    return outcome.result, f"{outcome.kind} {name}", outcome.message
