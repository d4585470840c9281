"""Everything a cluster can be told, in one place; only `cli`, `tui` and `cluster` see it."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import platformdirs

RuntimeChoice = Literal["auto", "docker", "simulated"]
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")


LARGEST_SERVICE_CIDR, SMALLEST_SERVICE_CIDR = 12, 29
"""Bits of the mask: what kube-apiserver takes for --service-cluster-ip-range."""
LONGEST_EVENT_TTL = timedelta(days=36_500)
MOST_PODS = 253
"""Addresses that a node has for pods: a /24 less network, gateway and broadcast."""


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
    disabled_controllers: tuple[str, ...] = ()
    """By their names, as `deployment-controller`."""
    event_ttl: timedelta = timedelta(hours=1)
    """How long events are kept after they last happened; zero: for ever."""
    host: str = "127.0.0.1"
    """Where NodePorts listen."""
    listen: str = "127.0.0.1:6443"
    """Address and port of the API; port 0 is any free one, a taken port stands for the next free one, and
    nothing is served where this is empty."""
    patient: bool = False
    """No connection to the API is closed for being slow or idle: where time is skipped, a jump must not."""
    token_auth_file: Path | None = None
    """Static bearer tokens: lines of token,user,uid,"group1,group2"."""
    authorization_mode: str = "Node,RBAC"
    """Who is asked whether a request is allowed, in this order."""
    disabled_admission: tuple[str, ...] = ()
    """Admission plug-ins that are left out."""
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
        if not 1 <= self.max_pods <= MOST_PODS:
            raise BadConfig(
                f"{self.max_pods} pods a node: from 1 to {MOST_PODS}, for which a node has addresses"
            )
        if not timedelta() <= self.event_ttl <= LONGEST_EVENT_TTL:
            raise BadConfig("events can be kept from 1s to 100 years, as 1h; or for ever, with 0")
        _check_service_cidr(self.service_cidr, self.pod_cidr)
        _check_controllers(self.disabled_controllers)
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


def _check_service_cidr(text: str, pod_cidr: str) -> None:
    try:
        network = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        raise BadConfig(f"service CIDR {text!r} is no IPv4 network, such as 10.96.0.0/16") from None
    if "/" not in text or str(network) != text:
        raise BadConfig(f"service CIDR {text!r} is an address in a network: {network}?")
    if not LARGEST_SERVICE_CIDR <= network.prefixlen <= SMALLEST_SERVICE_CIDR:
        raise BadConfig(
            f"service CIDR {text}: from /{LARGEST_SERVICE_CIDR} to /{SMALLEST_SERVICE_CIDR} can be used"
        )
    if network.overlaps(ipaddress.IPv4Network(pod_cidr)):
        raise BadConfig(f"service CIDR {text} overlaps the pods' network {pod_cidr}: choose another")


def _check_controllers(names: tuple[str, ...]) -> None:
    if not names:
        return
    from tuik8s.controllers import CONTROLLERS  # loaded anyway, but not for commands that run no cluster

    known = sorted(kind.name for kind in CONTROLLERS)
    for name in names:
        if name not in known:
            raise BadConfig(f"there is no controller {name!r}: there are {', '.join(known)}")


def _check_address(text: str) -> None:
    host, _, port = text.rpartition(":")
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        valid = port.isascii() and port.isdigit() and int(port) < 65536
    except ValueError:
        valid = False
    if not valid:
        raise BadConfig(f"{text!r} is no IP address and port, such as 127.0.0.1:6443")
