"""A range of pod addresses for every node (pkg/controller/nodeipam/ipam/range_allocator.go)."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.objects import Key, Obj, is_deleting, key_of
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers

RETRY_WHEN_FULL = 30.0


class NodeIpamController(Reconciler):
    """Sets `spec.podCIDR` of nodes that have none to a free network of `node_mask` bits in `cluster_cidr`.

    What is taken is read from the nodes themselves, so a restart keeps every assignment, and a node's range
    is free as soon as the node is gone. Ranges are handed out in turn: a freed one is reused last.
    """

    name = "node-ipam-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock,
        cluster_cidr: str = "10.244.0.0/16", node_mask: int = 24,
    ) -> None:  # fmt: skip
        self._client = client
        self._recorder = recorder
        self._nodes = informers.of(kinds.NODE)
        network = ip_network(cluster_cidr)
        if not isinstance(network, IPv4Network):
            raise ValueError(f"{cluster_cidr} is not an IPv4 network")
        self._network = network
        self._mask = node_mask
        self._count = 1 << (node_mask - network.prefixlen)
        self._next = 0
        # One worker: it has seen its last assignment before it makes the next.
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=1)
        self._controller.watches(self._nodes)

    async def reconcile(self, key: Key) -> float | None:
        node = self._nodes.get(key)
        if node is None:
            self._look_again_at_nodes_without_range()
            return None
        if (node.get("spec") or {}).get("podCIDR") or is_deleting(node):
            return None
        free = self._free_range()
        if free is None:
            message = f"Node {key.name} status is now: CIDRNotAvailable"
            self._recorder.event(node, "Normal", "CIDRNotAvailable", message)
            return RETRY_WHEN_FULL
        # The uid makes this fail for a node of the same name that was registered anew meanwhile.
        patch = {"metadata": {"uid": node["metadata"]["uid"]}, "spec": {"podCIDR": free, "podCIDRs": [free]}}
        await self._client.patch(kinds.NODE, "", key.name, patch)
        return None

    def _free_range(self) -> str | None:
        taken = {taken for node in self._nodes.list() for taken in _ranges_of(node)}
        for offset in range(self._count):
            index = (self._next + offset) % self._count
            candidate = self._range(index)
            if not any(candidate.overlaps(other) for other in taken):
                self._next = (index + 1) % self._count
                return str(candidate)
        return None

    def _range(self, index: int) -> IPv4Network:
        address = int(self._network.network_address) + (index << (32 - self._mask))
        return IPv4Network((address, self._mask))

    def _look_again_at_nodes_without_range(self) -> None:
        for node in self._nodes.list():
            if not (node.get("spec") or {}).get("podCIDR"):
                self._controller.queue.add(key_of(node))


def _ranges_of(node: Obj) -> list[IPv4Network]:
    spec = node.get("spec") or {}
    texts = {spec.get("podCIDR"), *(spec.get("podCIDRs") or ())}
    return [IPv4Network(text, strict=False) for text in texts if text and ":" not in text]
