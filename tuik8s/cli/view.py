"""`tuik8s --context NAME`: the interface over any cluster of the kubeconfig."""

from __future__ import annotations

import asyncio
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tuik8s.cli.collection import collect_seldom
from tuik8s.cli.terminal import end_with_terminal, has_terminal, keys_file, on_signals

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from tuik8s.api.kinds import KindRegistry
    from tuik8s.client.remote import Context, HttpsTransport, Kubeconfig, RemoteServer
    from tuik8s.tui.app import TuiApp

PATIENCE = 15.0
"""Seconds that a server has for its first answer."""


def complete_contexts(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of the kubeconfig that is meant; none where it cannot be read."""
    from click.shell_completion import CompletionItem

    from tuik8s.client.remote import KubeconfigProblem

    try:
        found = _kubeconfig(context.params.get("kubeconfig"))
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
    from tuik8s.client.remote import KubeconfigProblem, transport_to

    if not has_terminal():
        raise click.UsageError("the interface needs a terminal; kubectl shows a cluster without one")
    try:
        chosen = _chosen(name, kubeconfig)
        transport = transport_to(chosen, interactive=True)
    except KubeconfigProblem as error:
        raise click.ClickException(str(error)) from error
    shown = frozenset(namespaces) or (frozenset({chosen.namespace}) if chosen.namespace else frozenset())
    asyncio.run(_run(chosen, transport, shown, read_only=read_only))


def _kubeconfig(path: Path | None) -> Kubeconfig:
    from tuik8s.client.remote import Kubeconfig

    return Kubeconfig.load([path], explicit=True) if path is not None else Kubeconfig.default()


def _chosen(name: str, path: Path | None) -> Context:
    from tuik8s.client.remote import in_cluster

    found = _kubeconfig(path)
    inside = in_cluster(os.environ) if not name and path is None and not found.contexts else None
    return inside or found.context(name)


async def _run(
    chosen: Context, transport: HttpsTransport, namespaces: frozenset[str], *, read_only: bool
) -> None:
    from tuik8s.api.request import User
    from tuik8s.client import Client, ReadOnlyTransport
    from tuik8s.tui.app import TuiApp
    from tuik8s.tui.settings import Settings

    try:
        server, kinds = await _open(chosen, transport)
        collect_seldom()
        _log_to_file()
        door = ReadOnlyTransport(transport) if read_only else transport
        settings = Settings(keys_file=keys_file(), read_only=read_only, namespaces=namespaces)
        client = Client(door, User(chosen.name), agent="tuik8s")
        app = TuiApp(client, remote=server, settings=settings, kinds=kinds)
        await _show(app, mouse=settings.mouse)
    finally:
        await transport.close()
    if app.return_code:
        raise SystemExit(app.return_code)  # it broke, and has said how


async def _open(chosen: Context, transport: HttpsTransport) -> tuple[RemoteServer, KindRegistry]:
    """The server's first answer, while a credential plug-in may still ask on the terminal."""
    from tuik8s.api.errors import ApiError
    from tuik8s.client.remote import KubeconfigProblem, RemoteServer

    try:
        await transport.connection.credentials.identity()
        async with asyncio.timeout(PATIENCE):
            server = await RemoteServer.open(chosen.name, transport)
            kinds = await server.kinds()
    except TimeoutError:
        url = transport.connection.endpoint.url
        raise click.ClickException(
            f"{url} did not answer within {PATIENCE:.0f} s{_hint(None, chosen)}"
        ) from None
    except ApiError as error:
        source = transport.connection.credentials.source
        raise click.ClickException(f"{error}{_hint(error, chosen, source)}") from error
    except KubeconfigProblem as error:
        raise click.ClickException(f"context {chosen.name}: {error}") from error
    transport.connection.credentials.close_terminal()
    return server, kinds


def _hint(error: Exception | None, chosen: Context, source: str = "") -> str:
    """What to do about it."""
    from tuik8s.api.errors import Forbidden, Unauthorized
    from tuik8s.client.remote import CredentialProblem, Unreachable, UntrustedServer

    match error:
        case UntrustedServer():
            return f"\n  -> they belong to the cluster of context {chosen.name}"
        case CredentialProblem():
            return f"\n  -> the user of context {chosen.name} cannot be authenticated without it"
        case Unauthorized():
            return f"\n  -> it does not accept {source} of context {chosen.name}: renew it"
        case Forbidden():
            who = (
                f"what {source} stands for" if source != "no credentials" else "somebody without credentials"
            )
            return f"\n  -> {who} may not ask which kinds there are (system:discovery)"
        case Unreachable() | None:
            return f"\n  -> is the cluster up, and is cluster.server of context {chosen.name} right?"
    return f"\n  -> does cluster.server of context {chosen.name} lead to a Kubernetes API server?"


async def _show(app: TuiApp, *, mouse: bool) -> None:
    on_signals(app.exit)
    async with asyncio.TaskGroup() as tasks:
        watch = tasks.create_task(end_with_terminal(app.exit))
        await app.run_async(mouse=mouse)
        watch.cancel()


def _log_to_file() -> None:
    """The screen belongs to the interface; without a place to write, warnings are dropped."""
    import platformdirs

    handler: Any = logging.NullHandler()
    try:
        folder = Path(platformdirs.user_log_dir("tuik8s", appauthor=False))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = logging.FileHandler(folder / "view.log", delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)
