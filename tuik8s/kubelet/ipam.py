"""Addresses of one node's pods, out of its pod CIDR."""

from __future__ import annotations

import ipaddress

RESERVED = 2
"""The network's own address and the gateway's."""


class NoAddress(Exception):
    """Every address of the node's pod CIDR is taken."""


class PodAddresses:
    """One address per pod uid, handed out in turn, so that a freed one is not used again at once.

    Until `set_network` nothing can be handed out.
    """

    def __init__(self) -> None:
        self._network: ipaddress.IPv4Network | ipaddress.IPv6Network | None = None
        self._by_pod: dict[str, str] = {}
        self._taken: set[str] = set()
        self._next = RESERVED

    @property
    def network(self) -> str:
        return str(self._network) if self._network else ""

    def set_network(self, cidr: str) -> None:
        """Raises ValueError for what is not a CIDR."""
        self._network = ipaddress.ip_network(cidr)

    def adopt(self, pod_uid: str, address: str) -> None:
        """Keep the address that a sandbox already has."""
        if address and pod_uid not in self._by_pod:
            self._by_pod[pod_uid] = address
            self._taken.add(address)

    def allocate(self, pod_uid: str) -> str:
        """The pod's address, the same one for every sandbox of it."""
        if pod_uid in self._by_pod:
            return self._by_pod[pod_uid]
        address = self._free()
        self.adopt(pod_uid, address)
        return address

    def release(self, pod_uid: str) -> None:
        self._taken.discard(self._by_pod.pop(pod_uid, ""))

    def _free(self) -> str:
        if self._network is None:
            raise NoAddress("node has no pod CIDR yet")
        # The last address is the network's broadcast address.
        usable = self._network.num_addresses - RESERVED - 1
        for _ in range(max(usable, 0)):
            address = str(self._network[self._next])
            self._next = RESERVED + (self._next - RESERVED + 1) % usable
            if address not in self._taken:
                return address
        raise NoAddress(f"no IP addresses available in range set: {self._network}")
