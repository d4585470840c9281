"""`tuik8s kubeconfig`: how kubectl and others reach the cluster."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
import yaml

from tuik8s.cli.failures import explained
from tuik8s.cli.kubeconfig_file import BadKubeconfig, edited
from tuik8s.cli.options import cluster_options, config_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KUBECONFIG = "kubeconfig"
"""The name of the file beside the cluster's state."""
CONNECT_SECONDS = 1.0


@click.command()
@click.option(
    "--merge", is_flag=True, help="Write it into $KUBECONFIG or ~/.kube/config, and make it current."
)
@cluster_options
def kubeconfig(*, merge: bool, **settings: Any) -> None:
    """Print the kubeconfig of the cluster, or merge it into yours.

    Merging replaces the cluster, user and context of this cluster's name, keeps everything else (comments
    excepted, as kubectl does), and makes the context the current one. `tuik8s reset` takes it out again. An
    ephemeral cluster says where its kubeconfig is when it starts.
    """
    config = config_of(**settings)
    with explained():
        own = own_kubeconfig(config.directory)
        if own is None:
            raise click.ClickException(
                f"there is no kubeconfig in {config.directory / KUBECONFIG}: start cluster {config.cluster},"
                " which writes it"
            )
        if not _answers(own):
            click.echo(f"cluster {config.cluster} is not running", err=True)
        if not merge:
            click.echo(yaml.safe_dump(own, sort_keys=False), nl=False)
            return
        target = target_of(os.environ, Path.home())
        merge_into(target, own)
    click.echo(f"context {own['current-context']} is in {target}, and current")


def own_kubeconfig(directory: Path) -> dict[str, Any] | None:
    """What the cluster wrote when it was started last; None where it never was, or where somebody has
    written something else there since."""
    try:
        content = yaml.safe_load((directory / KUBECONFIG).read_text())
    except (FileNotFoundError, UnicodeDecodeError, yaml.YAMLError):
        return None
    return content if isinstance(content, dict) and "current-context" in content else None


def target_of(environment: Mapping[str, str], home: Path) -> Path:
    """Where kubectl would write: the first file listed in KUBECONFIG that exists, else the last."""
    from tuik8s.client.remote import default_paths

    listed = default_paths(environment, home)
    return next((path for path in listed if path.exists()), listed[-1])


def merge_into(path: Path, own: dict[str, Any]) -> None:
    """All or nothing; ClickException for what is no kubeconfig, which stays as it is."""
    with _explained(path), edited(path) as content:
        content.put(own)


def remove_from(path: Path, own: dict[str, Any]) -> bool:
    """Take the cluster out again, if it is this one and not another of its name. True when it was there."""
    if not path.exists():
        return False
    with _explained(path), edited(path) as content:
        return content.remove(own)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except BadKubeconfig as error:
        raise click.ClickException(f"{path} {error}") from error


def _answers(own: dict[str, Any]) -> bool:
    """Whether something listens where the cluster was reached last."""
    address = urlsplit(own["clusters"][0]["cluster"]["server"])
    try:
        socket.create_connection((address.hostname, address.port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
