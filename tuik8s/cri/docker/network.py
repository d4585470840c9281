"""One bridge network per cluster, on a subnet nobody uses."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docker import APIClient
from docker.types import IPAMConfig, IPAMPool

from tuik8s.cri.docker import naming
from tuik8s.cri.docker.engine import EngineRefused
from tuik8s.cri.docker.inventory import home_labels
from tuik8s.cri.protocol import RuntimeFault

if TYPE_CHECKING:
    from tuik8s.cri.docker.engine import Engine
    from tuik8s.cri.docker.inventory import Home

log = logging.getLogger(__name__)

CANDIDATES = [ipaddress.IPv4Network(f"10.{second}.0.0/16") for second in range(244, 256)]
REMOVE_ATTEMPTS, REMOVE_PAUSE = 20, 0.25
DESKTOP, DESKTOP_HOST = "Docker Desktop", "host.docker.internal"
ROUTES = Path("/proc/net/route")


async def ensure_network(engine: Engine, cluster: str, home: Home | None) -> ipaddress.IPv4Network:
    """The subnet of this cluster's network, which is made when it is not there, and then tells its home."""
    existing = await _networks(engine)
    name = naming.network_name(cluster)
    for network in existing:
        if network["Name"] == name:
            if (network.get("Labels") or {}).get(naming.CLUSTER) != cluster:
                raise RuntimeFault(f"network {name} exists and does not belong to cluster {cluster}")
            return _subnets(network)[0]
    used = [subnet for network in existing for subnet in _subnets(network)]
    used += await asyncio.to_thread(_host_routes)
    for candidate in CANDIDATES:
        if any(candidate.overlaps(subnet) for subnet in used):
            continue
        try:
            await _create(engine, candidate, cluster, home)
        except EngineRefused as refusal:
            # Another program may have taken it since, or the engine knows of a use that we do not see.
            log.info("subnet %s cannot be used: %s", candidate, refusal)
            continue
        return candidate
    raise RuntimeFault("no free subnet between 10.244.0.0/16 and 10.255.0.0/16 for the pod network")


async def remove_network(engine: Engine, cluster: str) -> None:
    for network in await _networks(engine):
        if (network.get("Labels") or {}).get(naming.CLUSTER) == cluster:
            await _remove(engine, network["Id"])


async def _remove(engine: Engine, identifier: str) -> None:
    """A busy engine lets go of the addresses of removed containers a little later."""
    for attempt in range(1, REMOVE_ATTEMPTS + 1):
        try:
            await engine.call(APIClient.remove_network, identifier)
        except EngineRefused as refusal:
            if refusal.status == 404:
                return
            if attempt == REMOVE_ATTEMPTS or "active endpoints" not in str(refusal):
                raise
            await asyncio.sleep(REMOVE_PAUSE)
        else:
            return


def is_reachable(subnet: ipaddress.IPv4Network) -> bool:
    """Whether the network's gateway is an address of this machine: only then lead routes to the pods.

    With Docker Desktop, rootless engines and engines elsewhere it is not.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(subnet[1]), 0))
        except OSError:
            return False
    return True


async def host_address(engine: Engine, subnet: ipaddress.IPv4Network) -> str:
    """How containers on the network reach programs of this machine; empty where they cannot.

    The network's gateway, where it is this machine; Docker Desktop forwards a name of its own to what listens
    on loopback.
    """
    if is_reachable(subnet):
        return str(subnet[1])
    information = await engine.call(APIClient.info)
    return DESKTOP_HOST if information.get("OperatingSystem") == DESKTOP else ""


async def _networks(engine: Engine) -> list[dict[str, Any]]:
    return list(await engine.call(APIClient.networks))


async def _create(engine: Engine, subnet: ipaddress.IPv4Network, cluster: str, home: Home | None) -> None:
    pool = IPAMPool(subnet=str(subnet), gateway=str(subnet[1]))
    await engine.call(
        APIClient.create_network, naming.network_name(cluster), driver="bridge", check_duplicate=True,
        ipam=IPAMConfig(pool_configs=[pool]), labels={naming.CLUSTER: cluster, **home_labels(home)},
    )  # fmt: skip


def _subnets(network: dict[str, Any]) -> list[ipaddress.IPv4Network]:
    pools = (network.get("IPAM") or {}).get("Config") or []
    parsed = [ipaddress.ip_network(pool["Subnet"]) for pool in pools if pool.get("Subnet")]
    return [subnet for subnet in parsed if isinstance(subnet, ipaddress.IPv4Network)]


def _host_routes() -> list[ipaddress.IPv4Network]:
    """Networks this machine has a route to, without the default one; empty where it cannot be known."""
    try:
        lines = ROUTES.read_text().splitlines()[1:]
    except OSError:
        return []
    networks = []
    for line in lines:
        fields = line.split()
        address, mask = (int.from_bytes(bytes.fromhex(fields[i]), "little") for i in (1, 7))
        if mask:
            networks.append(ipaddress.IPv4Network((address & mask, mask.bit_count())))
    return networks
