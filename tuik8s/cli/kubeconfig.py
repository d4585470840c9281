"""`tuik8s kubeconfig`: how kubectl and others reach the cluster."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import yaml

from tuik8s.cli.failures import explained
from tuik8s.cli.options import cluster_options, config_of

LISTS = ("clusters", "users", "contexts")
CONNECT_SECONDS = 1.0


@click.command()
@click.option(
    "--merge", is_flag=True, help="Write it into $KUBECONFIG or ~/.kube/config, and make it current."
)
@cluster_options
def kubeconfig(*, merge: bool, **settings: Any) -> None:
    """Print the kubeconfig of the cluster, or merge it into yours.

    Merging replaces the cluster, user and context of this cluster's name, keeps everything else (comments
    excepted), and makes the context the current one. An ephemeral cluster says where its kubeconfig is when
    it starts.
    """
    config = config_of(**settings)
    path = config.directory / "kubeconfig"
    with explained():
        try:
            text = path.read_text()
        except FileNotFoundError:
            raise click.ClickException(
                f"cluster {config.cluster} has not been started: there is no {path}"
            ) from None
        own = yaml.safe_load(text)
        if not _answers(own):
            click.echo(f"cluster {config.cluster} is not running", err=True)
        if not merge:
            click.echo(text, nl=False)
            return
        target = target_of(os.environ.get("KUBECONFIG", ""), Path.home())
        merge_into(target, own)
    click.echo(f"context {own['current-context']} is in {target}, and current")


def target_of(variable: str, home: Path) -> Path:
    """Where kubectl would write: the first file listed in the variable that exists, else the last."""
    listed = [Path(part).expanduser() for part in variable.split(os.pathsep) if part]
    if not listed:
        return home / ".kube" / "config"
    return next((path for path in listed if path.exists()), listed[-1])


def merge_into(path: Path, own: dict[str, Any]) -> None:
    """All or nothing, under the lock that kubectl takes as well; ClickException for what is no kubeconfig."""
    path = path.resolve()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = path.with_name(f"{path.name}.lock")
    try:
        os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise click.ClickException(
            f"{path} is being written by somebody else; if that is not so, remove {lock}"
        ) from None
    try:
        merged = merge(_read(path), own)
        _write(path, yaml.safe_dump(merged, sort_keys=False, allow_unicode=True))
    finally:
        lock.unlink(missing_ok=True)


def merge(existing: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """A new kubeconfig: entries of the same name give way, at their place; unknown fields stay."""
    merged = {"apiVersion": "v1", "kind": "Config", **existing}
    for field in LISTS:
        entries = list(existing.get(field) or [])
        for entry in own[field]:
            places = [index for index, old in enumerate(entries) if _name(old) == entry["name"]]
            if places:
                entries[places[0]] = entry
                entries = [old for index, old in enumerate(entries) if index not in places[1:]]
            else:
                entries.append(entry)
        merged[field] = entries
    merged["current-context"] = own["current-context"]
    return merged


def _name(entry: Any) -> Any:
    return entry.get("name") if isinstance(entry, dict) else None


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text()) or {}
    except FileNotFoundError:
        return {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{path} cannot be read, and was left as it is: {error}") from error
    well_formed = isinstance(found, dict) and all(isinstance(found.get(field) or [], list) for field in LISTS)
    if not well_formed or found.get("kind", "Config") != "Config":
        raise click.ClickException(f"{path} is no kubeconfig, and was left as it is")
    return dict(found)


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _answers(own: dict[str, Any]) -> bool:
    """Whether something listens where the cluster was reached last."""
    address = urlsplit(own["clusters"][0]["cluster"]["server"])
    try:
        socket.create_connection((address.hostname, address.port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
