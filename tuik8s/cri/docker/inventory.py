"""Which clusters have something on an engine, from the networks that carry their labels."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from docker import APIClient

from tuik8s.cri.docker import naming

if TYPE_CHECKING:
    from tuik8s.cri.docker.engine import Engine


class Home(NamedTuple):
    """Where a cluster's state lives: the proof of whether it still exists."""

    directory: Path
    ephemeral: bool
    """It lives only as long as the program that made it."""
    machine: str = platform.node()
    """The directory is one of this machine's."""


class Found(NamedTuple):
    """A cluster of which the engine has a network; `home` is None when the network does not tell."""

    cluster: str
    home: Home | None
    containers: int


def home_labels(home: Home | None) -> dict[str, str]:
    if home is None:
        return {}
    return {
        naming.DIRECTORY: str(home.directory),
        naming.EPHEMERAL: "true" if home.ephemeral else "false",
        naming.MACHINE: home.machine,
    }


async def clusters_on(engine: Engine) -> list[Found]:
    """By name; clusters of other machines that use the engine too are among them."""
    networks = await engine.call(APIClient.networks, filters={"label": naming.CLUSTER})
    containers = await engine.call(APIClient.containers, all=True, filters={"label": naming.CLUSTER})
    owners = [item["Labels"][naming.CLUSTER] for item in containers]
    labels = [network["Labels"] for network in networks]
    return sorted(
        Found(label[naming.CLUSTER], _home(label), owners.count(label[naming.CLUSTER])) for label in labels
    )


def _home(labels: dict[str, str]) -> Home | None:
    if not labels.get(naming.DIRECTORY):
        return None
    ephemeral = labels.get(naming.EPHEMERAL) == "true"
    return Home(Path(labels[naming.DIRECTORY]), ephemeral, labels.get(naming.MACHINE, ""))
