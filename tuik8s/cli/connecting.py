"""Open a context of the kubeconfig, or say why not and what to do about it."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, NamedTuple

import click

from tuik8s.api.errors import ApiError, Forbidden, Unauthorized
from tuik8s.client.remote import (
    CredentialProblem,
    Kubeconfig,
    KubeconfigProblem,
    RemoteServer,
    Unreachable,
    UntrustedServer,
    in_cluster,
    transport_to,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.api.kinds import KindRegistry
    from tuik8s.client.remote import Context

PATIENCE = 15.0
"""Seconds that a server has for its first answer."""


class Opened(NamedTuple):
    """A cluster that answers; closing its `server.transport` is up to whoever opened it."""

    context: Context
    server: RemoteServer
    kinds: KindRegistry


def read_kubeconfig(path: Path | None) -> Kubeconfig:
    """Raises KubeconfigProblem."""
    return Kubeconfig.load([path], explicit=True) if path is not None else Kubeconfig.default()


def choose_context(name: str, path: Path | None) -> tuple[Context, tuple[str, ...]]:
    """The context, and the names of all. Without a kubeconfig, in a pod, it is the pod's own cluster. Raises
    KubeconfigProblem."""
    found = read_kubeconfig(path)
    inside = in_cluster(os.environ) if not name and path is None and not found.contexts else None
    return inside or found.context(name), tuple(sorted(found.contexts))


async def open_context(name: str, path: Path | None) -> Opened:
    """Raises ClickException, whose further lines say what to do. Plug-ins may ask on the terminal."""
    try:
        context, known = choose_context(name, path)
        return await _open(context, known)
    except KubeconfigProblem as error:
        raise click.ClickException(str(error)) from error


async def _open(context: Context, known: tuple[str, ...] = ()) -> Opened:
    transport = transport_to(context, interactive=True)
    credentials = transport.connection.credentials
    try:
        await credentials.identity()
        async with asyncio.timeout(PATIENCE):
            server = await RemoteServer.open(context.name, transport, known)
            kinds = await server.kinds()
    except BaseException as error:
        await transport.close()
        problem = _explained(error, context, credentials.source, transport.connection.endpoint.url)
        if problem is None:
            raise
        raise click.ClickException(problem) from error
    credentials.close_terminal()
    return Opened(context, server, kinds)


def _explained(error: BaseException, context: Context, source: str, url: str) -> str | None:
    """What is wrong, and on a line of its own the remedy; None for what is no problem of the cluster's."""
    match error:
        case TimeoutError():
            return f"{url} did not answer within {PATIENCE:.0f} s\n  -> {_UP.format(context.name)}"
        case KubeconfigProblem():
            return f"context {context.name}: {error}"
        case ApiError():
            return f"{error}\n  -> {_remedy(error, context, source)}"
    return None


def _remedy(error: ApiError, context: Context, source: str) -> str:
    match error:
        case UntrustedServer():
            return f"they belong to the cluster of context {context.name}"
        case CredentialProblem():
            return f"the user of context {context.name} cannot be authenticated without it"
        case Unauthorized():
            return f"it does not accept {source} of context {context.name}: renew it"
        case Forbidden() if source == "no credentials":
            return "somebody without credentials may not ask which kinds there are (system:discovery)"
        case Forbidden():
            return f"what {source} stands for may not ask which kinds there are (system:discovery)"
        case Unreachable():
            return _UP.format(context.name)
    return f"does cluster.server of context {context.name} lead to a Kubernetes API server?"


_UP = "is the cluster up, and is cluster.server of context {} right?"
