"""`tuik8s up`: the cluster, with the interface over it where there is a terminal."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tuik8s.cli.collection import collect_seldom, keep_what_is_loaded
from tuik8s.cli.failures import explained
from tuik8s.cli.log_file import log_to
from tuik8s.cli.options import Duration, Names, cluster_options, config_of
from tuik8s.cli.terminal import end_with_terminal, has_terminal, keys_file, on_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.cluster import Cluster
    from tuik8s.config import Config

DEFAULT_FOLDER = Path("manifests")


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--nodes",
    metavar="N",
    type=int,
    default=3,
    show_default=True,
    help="How many nodes; 0 is a control plane alone.",
)
@click.option(
    "--node-cpu",
    metavar="Q",
    default="",
    help="CPUs of each node, such as 4 or 500m; by default a share of the host's.",
)
@click.option(
    "--node-memory",
    metavar="Q",
    default="",
    help="Memory of each node, such as 8Gi; by default a share of the host's.",
)
@click.option("--max-pods", metavar="N", type=int, default=110, show_default=True, help="Pods a node takes.")
@click.option(
    "--runtime", type=click.Choice(["auto", "docker", "simulated"]), default="auto", show_default=True,
    help="What runs containers; auto takes Docker where an engine answers.",
)  # fmt: skip
@click.option(
    "--listen", metavar="HOST:PORT", default="127.0.0.1:6443", show_default=True,
    help="Where the API listens: port 0 takes any free one, a taken port the next free one.",
)  # fmt: skip
@click.option(
    "--service-cidr", metavar="CIDR", default="10.96.0.0/16", show_default=True,
    help="Where the addresses of Services come from.",
)  # fmt: skip
@click.option(
    "--disable-controllers", "disabled_controllers", metavar="NAME,NAME", type=Names(), default=(),
    help="Controllers not to run.",
)  # fmt: skip
@click.option(
    "--event-ttl", metavar="DURATION", type=Duration(), default="1h", show_default=True,
    help="How long events are kept; 0 keeps them for ever.",
)  # fmt: skip
@click.option(
    "--token-auth-file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='Static bearer tokens: a line of token,user,uid,"group1,group2" each.',
)  # fmt: skip
@click.option(
    "--authorization-mode", metavar="MODE,MODE", default="Node,RBAC", show_default=True,
    help="Who decides what is allowed: Node, RBAC, AlwaysAllow, AlwaysDeny.",
)  # fmt: skip
@click.option(
    "--disable-admission", "disabled_admission", metavar="NAME,NAME", type=Names(), default=(),
    help="Admission plug-ins to leave out, such as ServiceAccount.",
)  # fmt: skip
@click.option("--headless", is_flag=True, help="Without the interface: a line for each event.")
@click.option("--ephemeral", is_flag=True, help="Keep nothing: neither state nor containers.")
@click.option("--read-only", is_flag=True, help="The interface changes nothing.")
@click.option("--seed", metavar="N", type=int, help="Make names and simulated containers repeat.")
@cluster_options
def up(folder: Path | None, *, headless: bool, read_only: bool, **settings: Any) -> None:
    """Run the cluster, and keep it at what the manifests in FOLDER say.

    FOLDER defaults to ./manifests, where there is one. Files in it are applied, and applied again whenever
    they are saved. Without a terminal, or with --headless, a line for each event is printed, and Ctrl-C or
    SIGTERM stops the cluster cleanly.
    """
    if folder is None and DEFAULT_FOLDER.is_dir():
        folder = DEFAULT_FOLDER
    collect_seldom()
    config = config_of(folder=folder, **settings)
    screen = not headless and has_terminal()
    with explained():
        asyncio.run(_with_interface(config, read_only=read_only) if screen else _headless(config))


async def _headless(config: Config) -> None:
    from tuik8s.cli.headless import narrate
    from tuik8s.cluster import Cluster

    keep_what_is_loaded()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    async with Cluster(config) as cluster:
        stop = asyncio.Event()
        on_signals(stop.set)
        async with asyncio.TaskGroup() as tasks:
            narration = tasks.create_task(narrate(cluster, click.echo))
            await _first(stop.wait(), cluster.failed())
            narration.cancel()
    click.echo("stopped")


async def _with_interface(config: Config, *, read_only: bool) -> None:
    # Textual takes a good part of the start; the components follow when its first frame is there.
    from tuik8s.client import Client, ReadOnlyTransport
    from tuik8s.cluster import Cluster
    from tuik8s.tui.app import TuiApp
    from tuik8s.tui.settings import Settings

    keep_what_is_loaded()
    shown = asyncio.Event()
    async with Cluster(config, after=shown) as cluster:
        log_to(cluster.directory / "tuik8s.log", logging.INFO)
        settings = Settings(keys_file=keys_file(), read_only=read_only)
        own = cluster.client
        door = ReadOnlyTransport(own.transport) if read_only else own.transport
        app = TuiApp(
            Client(door, own.user, agent=own.agent), cluster.info, clock=cluster.clock, settings=settings,
            kinds=cluster.registry,
        )  # fmt: skip
        app.shown = shown.set
        on_signals(app.exit)
        async with asyncio.TaskGroup() as tasks:
            watches = [
                tasks.create_task(_end_with(cluster, app.exit)),
                tasks.create_task(end_with_terminal(app.exit)),
            ]
            await app.run_async(mouse=settings.mouse)
            for watch in watches:
                watch.cancel()
    if app.return_code:
        raise SystemExit(app.return_code)  # it broke, and has said how


async def _end_with(cluster: Cluster, leave: Callable[[], object]) -> None:
    """A cluster that cannot go on ends the interface; its error is printed after the screen is given back."""
    try:
        await cluster.failed()
    finally:
        leave()


async def _first(*waits: Any) -> None:
    """Until one is done; its error is ours."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    for task in done:
        task.result()
