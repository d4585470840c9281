"""Everything a cluster can be told, in one place; only `cli`, `tui` and `cluster` see it."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs

RuntimeChoice = Literal["auto", "docker", "simulated"]
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")


class BadConfig(ValueError):
    """A setting that cannot be; the text is for the person who set it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """`data_dir` holds the store, volumes and log; unused when `ephemeral`, where a temporary one is made.

    Empty `node_cpu` and `node_memory` share the host among the nodes.
    """

    cluster: str = "tuik8s"
    folder: Path | None = None
    data_dir: Path | None = None
    ephemeral: bool = False
    nodes: int = 3
    node_cpu: str = ""
    node_memory: str = ""
    max_pods: int = 110
    runtime: RuntimeChoice = "auto"
    service_cidr: str = "10.96.0.0/16"
    pod_cidr: str = "10.244.0.0/16"
    """Of the simulated runtime; Docker takes the first like it that is free."""
    host: str = "127.0.0.1"
    """Where NodePorts listen."""
    listen: str = "127.0.0.1:6443"
    """Address and port of the API; port 0 is any free one, a taken port stands for the next free one, and
    nothing is served where this is empty."""
    patient: bool = False
    """No connection to the API is closed for being slow or idle: where time is skipped, a jump must not."""
    seed: int | None = None
    """Makes names, ties and simulated containers repeat."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.cluster):
            raise BadConfig(
                f"cluster name {self.cluster!r}: use at most 40 lower case letters, digits and '-',"
                " beginning and ending with a letter or digit"
            )
        if not 0 <= self.nodes <= 1000:
            raise BadConfig(f"{self.nodes} nodes: from 0 to 1000 can be run")
        if self.max_pods < 1:
            raise BadConfig(f"{self.max_pods} pods a node: at least 1 is needed")
        if self.listen:
            _check_address(self.listen)

    @property
    def directory(self) -> Path:
        """Where this cluster's state lives."""
        chosen = self.data_dir or Path(platformdirs.user_data_dir("tuik8s", appauthor=False)) / self.cluster
        return chosen.expanduser().absolute()

    def identity(self, directory: Path | None = None) -> str:
        """Marks this cluster's containers: the name, and which state directory they belong to."""
        digest = hashlib.sha256(str(directory or self.directory).encode()).hexdigest()[:8]
        return f"{self.cluster}-{digest}"


def _check_address(text: str) -> None:
    host, _, port = text.rpartition(":")
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        valid = port.isascii() and port.isdigit() and int(port) < 65536
    except ValueError:
        valid = False
    if not valid:
        raise BadConfig(f"{text!r} is no IP address and port, such as 127.0.0.1:6443")
