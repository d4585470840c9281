"""`tuik8s --context NAME`: the interface over any cluster of the kubeconfig."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tuik8s.cli.collection import collect_seldom, keep_what_is_loaded
from tuik8s.cli.log_file import log_to
from tuik8s.cli.terminal import end_with_terminal, has_terminal, keys_file, on_signals

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from tuik8s.cli.connecting import Opened
    from tuik8s.tui.app import TuiApp
    from tuik8s.tui.settings import Settings


def complete_contexts(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of the kubeconfig that is meant; none where it cannot be read."""
    from click.shell_completion import CompletionItem

    from tuik8s.cli.connecting import read_kubeconfig
    from tuik8s.client.remote import KubeconfigProblem

    try:
        found = read_kubeconfig(context.params.get("kubeconfig"))
    except KubeconfigProblem:
        return []
    return [
        CompletionItem(name, help=str(entry.get("cluster") or ""))
        for name, entry in sorted(found.contexts.items())
        if name.startswith(begun)
    ]


@click.command(hidden=True)  # its short form is the one to know
@click.option(
    "--context", "name", metavar="NAME", default="", shell_complete=complete_contexts,
    help="Which context of the kubeconfig; by default its current one.",
)  # fmt: skip
@click.option(
    "--kubeconfig", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
    help="Instead of what KUBECONFIG lists, or ~/.kube/config.",
)  # fmt: skip
@click.option(
    "-n", "--namespace", "namespaces", metavar="NS", multiple=True,
    help="Show this namespace first; may come several times. By default the context's, or all.",
)  # fmt: skip
@click.option("--read-only", is_flag=True, help="The interface changes nothing.")
def view(name: str, kubeconfig: Path | None, namespaces: tuple[str, ...], *, read_only: bool) -> None:
    """Open the interface on a cluster that runs elsewhere: any of the kubeconfig.

    `tuik8s --context NAME` is short for `tuik8s view --context NAME`. Inside a pod, without a kubeconfig, it
    is the pod's own cluster.
    """
    if not has_terminal():
        raise click.UsageError("the interface needs a terminal; kubectl shows a cluster without one")
    collect_seldom()
    asyncio.run(_run(name, kubeconfig, frozenset(namespaces), read_only=read_only))


async def _run(name: str, path: Path | None, namespaces: frozenset[str], *, read_only: bool) -> None:
    """One interface after the other, as long as the person goes on to another context (`:ctx`)."""
    from tuik8s.cli.connecting import open_context

    opened = await open_context(name, path)
    keep_what_is_loaded()
    log_to(_log_path(), logging.WARNING)
    greeting = ""
    while True:
        settings = _settings(opened, namespaces, greeting, read_only=read_only)
        wanted = await _until_left(opened, settings)
        if not wanted:
            return
        click.echo(f"connecting to {wanted} …")
        try:
            opened, greeting, namespaces = await open_context(wanted, path), "", frozenset()
        except click.ClickException as error:
            opened = await open_context(opened.context.name, path)
            greeting = f"{wanted}: {' '.join(error.message.split())}"


def _settings(opened: Opened, namespaces: frozenset[str], greeting: str, *, read_only: bool) -> Settings:
    from tuik8s.tui.settings import Settings

    own = opened.context.namespace
    shown = namespaces or (frozenset({own}) if own else frozenset())
    return Settings(keys_file=keys_file(), read_only=read_only, namespaces=shown, greeting=greeting)


async def _until_left(opened: Opened, settings: Settings) -> str:
    """The context to go on to; empty when that was all."""
    from tuik8s.api.request import User
    from tuik8s.client import Client, ReadOnlyTransport
    from tuik8s.tui.app import TuiApp

    transport = opened.server.transport
    try:
        door = ReadOnlyTransport(transport) if settings.read_only else transport
        client = Client(door, User(opened.context.name), agent="tuik8s")
        app = TuiApp(client, remote=opened.server, settings=settings, kinds=opened.kinds)
        await _show(app, mouse=settings.mouse)
    finally:
        await transport.close()
    if app.return_code:
        raise SystemExit(app.return_code)  # it broke, and has said how
    return app.next_context


async def _show(app: TuiApp, *, mouse: bool) -> None:
    on_signals(app.exit)
    async with asyncio.TaskGroup() as tasks:
        watch = tasks.create_task(end_with_terminal(app.exit))
        await app.run_async(mouse=mouse)
        watch.cancel()


def _log_path() -> Path | None:
    """None without a place to write."""
    import platformdirs

    folder = Path(platformdirs.user_log_dir("tuik8s", appauthor=False))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return folder / "view.log"
