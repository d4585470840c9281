"""`tuik8s reset`: remove one cluster's state and containers, and nothing else."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tuik8s.api.clock import SystemClock
from tuik8s.cli.failures import explained
from tuik8s.cli.kubeconfig import own_kubeconfig, remove_from
from tuik8s.cli.options import cluster_options, config_of
from tuik8s.cri import RuntimeUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.config import Config

# All that a cluster ever writes there; what else a person keeps in the folder stays.
STATE = (
    "store.db", "store.db-wal", "store.db-shm", "store.db.lock", "tuik8s.log", "pods", "pki", "kubeconfig",
)  # fmt: skip


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--leftovers",
    is_flag=True,
    help="Instead, remove the containers of clusters that are gone and cannot come back.",
)
@cluster_options
def reset(*, yes: bool, leftovers: bool, **settings: Any) -> None:
    """Remove a cluster's state and its containers, and its context from your kubeconfig.

    Other clusters, other containers and the manifests are not touched.
    """
    if leftovers:
        with explained():
            asyncio.run(_remove_leftovers(yes=yes))
        return
    config = config_of(**settings)
    if not yes:
        click.confirm(
            f"Remove cluster {config.cluster}, its containers and its state in {config.directory}?",
            abort=True,
        )
    with explained():
        own = own_kubeconfig(config.directory)
        click.echo(_remove_state(config.directory))
        click.echo(asyncio.run(_remove_containers(config)))
        for line in _forget(own) if own else ():
            click.echo(line)


async def _remove_leftovers(*, yes: bool) -> None:
    from tuik8s.cluster import leftovers

    dead = await leftovers.find()
    if not dead:
        click.echo("nothing is left over")
        return
    if not yes:
        click.confirm("Remove " + ", ".join(map(leftovers.text_of, dead)) + "?", abort=True)
    for found in dead:
        await leftovers.remove(found)
        click.echo(f"{found.cluster}: containers removed")
        if found.home is not None and found.home.ephemeral:
            click.echo(_remove_state(found.home.directory))


def _forget(own: dict[str, Any]) -> Iterator[str]:
    """Undo `tuik8s kubeconfig --merge`, in every file that kubectl reads."""
    from tuik8s.client.remote import default_paths

    for path in default_paths(os.environ, Path.home()):
        try:
            if remove_from(path, own):
                yield f"context {own['current-context']} removed from {path}"
        except (click.ClickException, OSError) as error:
            said = error.message if isinstance(error, click.ClickException) else str(error)
            yield f"context {own['current-context']} stays in the kubeconfig, if it is there: {said}"


async def _remove_containers(config: Config) -> str:
    from tuik8s.cri.docker import DockerRuntime

    runtime = DockerRuntime(cluster=config.identity(), clock=SystemClock())
    try:
        await runtime.remove_cluster()
    except RuntimeUnavailable:
        return "no Docker engine answers: containers, if there are any, stay"
    finally:
        await runtime.close()
    return "containers removed"


def _remove_state(directory: Path) -> str:
    from tuik8s.storage.file_lock import FileLock

    if not directory.exists():
        return "there was no state"
    lock = FileLock(directory / "store.db")
    try:
        for name in STATE:
            path = directory / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    finally:
        lock.release()
    if not any(directory.iterdir()):
        directory.rmdir()
    return f"state in {directory} removed"
