"""Keep an Endpoints object for each Service with a selector (pkg/controller/endpoint).

EndpointSlices have taken its place; it is kept for clients that still read Endpoints.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

from tuik8s.api import kinds, services
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Key, Obj, annotations_of, copy, is_pod_ready, key_of, labels_of, revision_of
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers

MANAGED_BY = {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
CAPACITY = 1000
# A large Service must not keep the loop from everybody else while its addresses are worked out.
PODS_AT_ONCE = 500

Groups: TypeAlias = dict[tuple[Any, ...], Obj]
"""Addresses that have the same ports, which are the key."""


class EndpointsController(Reconciler):
    """One Endpoints object per Service, of the Service's name; at most 1,000 addresses, ready ones first.

    Services without a selector, and Endpoints that somebody else made, are left alone.
    """

    name = "endpoints-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock
    ) -> None:
        del recorder, clock  # part of every controller's signature; nothing here needs them
        self._client = client
        self._services = informers.of(kinds.SERVICE)
        self._pods = informers.of(kinds.POD)
        self._endpoints = informers.of(kinds.ENDPOINTS)
        self._sizes: dict[Key, int] = {}
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=5)
        self._controller.watches(self._services)
        self._controller.watches(self._endpoints)
        self._controller.watches(self._pods, lambda _: ())
        self._pods.subscribe(self._pod_changed)

    async def reconcile(self, key: Key) -> None:
        service = self._services.get(key)
        current = self._endpoints.get(key)
        if service is None:
            self._sizes.pop(key, None)
            if current is not None and MANAGED_BY.items() <= labels_of(current).items():
                await self._delete(key)
            return
        if not services.has_selector(service):
            return
        pods = [pod for pod in self._pods.list(key.namespace) if services.selects(service, pod)]
        self._sizes[key] = len(pods)
        groups: Groups = {}
        for start in range(0, len(pods), PODS_AT_ONCE):
            collect(service, pods[start : start + PODS_AT_ONCE], groups)
            await asyncio.sleep(0)
        wanted = desired_endpoints(service, groups, current)
        if current is None:
            await self._client.create(kinds.ENDPOINTS, wanted)
        elif _differs(current, wanted):
            await self._client.update(kinds.ENDPOINTS, wanted)

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        pod = new or old or {}
        candidates = self._services.list(key_of(pod).namespace)
        for key in services.affected_services(old, new, candidates):
            delay = services.batch_period(self._sizes.get(key, 0))
            self._controller.queue.add_after(key, delay, revision_of(pod))

    async def _delete(self, key: Key) -> None:
        try:
            await self._client.delete(kinds.ENDPOINTS, key.namespace, key.name)
        except NotFound:
            return  # the garbage collector or a person was faster


def desired_endpoints(service: Obj, groups: Groups, current: Obj | None) -> Obj:
    """The whole object; what others wrote to `current`'s annotations stays."""
    truncated = _truncate(list(groups.values()))
    subsets = [_subset(groups[order]) for order in sorted(groups)]
    labels = {**labels_of(service), **MANAGED_BY}
    labels.pop(services.HEADLESS_LABEL, None)
    if services.is_headless(service):
        labels[services.HEADLESS_LABEL] = ""
    wanted: Obj = copy(current) if current is not None else {"apiVersion": "v1", "kind": "Endpoints"}
    meta = wanted.setdefault("metadata", {})
    meta.setdefault("name", service["metadata"]["name"])
    meta.setdefault("namespace", service["metadata"]["namespace"])
    meta["labels"] = labels
    annotations = {name: value for name, value in annotations_of(wanted).items() if name != OVER_CAPACITY}
    if truncated:
        annotations[OVER_CAPACITY] = "truncated"
    meta.pop("annotations", None)
    if annotations:
        meta["annotations"] = annotations
    wanted["subsets"] = subsets
    return wanted


def collect(service: Obj, pods: Iterable[Obj], groups: Groups) -> None:
    """Add the addresses of these pods; those that have the same ports will share a subset."""
    family = services.address_families(service)[0]
    for pod in pods:
        if not services.belongs_in_endpoints(pod, with_terminating=services.publishes_not_ready(service)):
            continue
        ports = services.endpoint_ports(service, pod)
        address = _address(service, pod, family)
        if address is None or (service["spec"].get("ports") and not ports):
            continue
        ports = sorted((_without_empty_name(port) for port in ports), key=_port_order)
        group = groups.setdefault(tuple(map(_port_order, ports)), {"ready": [], "other": [], "ports": ports})
        ready = is_pod_ready(pod) or services.publishes_not_ready(service)
        group["ready" if ready else "other"].append(address)


def _address(service: Obj, pod: Obj, family: str) -> Obj | None:
    ip = next((a for a in services.pod_addresses(pod) if services.address_type(a) == family), None)
    if ip is None:
        return None
    address: Obj = {"ip": ip, "targetRef": services.pod_reference(pod)}
    if pod["spec"].get("nodeName"):
        address["nodeName"] = pod["spec"]["nodeName"]
    hostname = services.endpoint_hostname(service, pod)
    if hostname:
        address["hostname"] = hostname
    return address


def _subset(group: Obj) -> Obj:
    def sort(addresses: list[Obj]) -> list[Obj]:
        return sorted(addresses, key=lambda address: (address["ip"], address["targetRef"]["uid"]))

    parts = {
        "addresses": sort(group["ready"]), "notReadyAddresses": sort(group["other"]), "ports": group["ports"],
    }  # fmt: skip
    return {name: part for name, part in parts.items() if part}


def _truncate(groups: list[Obj]) -> bool:
    """Leave out what is over 1,000, unready addresses first, each group giving its share."""
    ready, other = (sum(len(group[name]) for group in groups) for name in ("ready", "other"))
    if ready + other <= CAPACITY:
        return False
    kept = {"ready": min(ready, CAPACITY), "other": max(CAPACITY - ready, 0)}
    for name, total in (("ready", ready), ("other", other)):
        left = kept[name]
        for index, group in enumerate(groups):
            last = index == len(groups) - 1
            share = left if last else min(left, -(-len(group[name]) * kept[name] // max(total, 1)))
            group[name] = group[name][:share]
            left -= len(group[name])
    return True


def _without_empty_name(port: Obj) -> Obj:
    return port if port["name"] else {name: value for name, value in port.items() if name != "name"}


def _port_order(port: Obj) -> tuple[str, int, str, str]:
    return port.get("name", ""), port["port"], port["protocol"], port.get("appProtocol", "")


def _differs(current: Obj, wanted: Obj) -> bool:
    return (
        (current.get("subsets") or []) != wanted["subsets"]
        or labels_of(current) != labels_of(wanted)
        or annotations_of(current) != annotations_of(wanted)
    )
