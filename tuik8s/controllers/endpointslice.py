"""Keep the EndpointSlices of each Service with a selector (k8s.io/endpointslice)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tuik8s.api import kinds, services
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Key, Obj, copy, is_controlled_by, is_deleting, key_of, labels_of, revision_of
from tuik8s.api.objects import owner_reference as reference_to_owner
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers

MANAGED_BY = "endpointslice-controller.k8s.io"
MAX_ENDPOINTS_PER_SLICE = 100
ZONE_LABEL = "topology.kubernetes.io/zone"
BY_SERVICE = "service"
# A large Service must not keep the loop from everybody else while its endpoints are worked out.
PODS_AT_ONCE = 500


class EndpointSliceController(Reconciler):
    """Slices of at most 100 endpoints, one set per address family and per set of target ports.

    Writes as little as it can: an endpoint stays in its slice, and a change touches the slices concerned.
    A Service without endpoints has one empty slice. Slices of a Service that is gone are left to the garbage
    collector, which follows their owner reference.
    """

    name = "endpointslice-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock
    ) -> None:
        del recorder, clock  # part of every controller's signature; nothing here needs them
        self._client = client
        self._services = informers.of(kinds.SERVICE)
        self._pods = informers.of(kinds.POD)
        self._nodes = informers.of(kinds.NODE)
        self._slices = informers.of(kinds.ENDPOINT_SLICE)
        self._slices.add_index(BY_SERVICE, _index_values)
        self._sizes: dict[Key, int] = {}
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=5)
        self._controller.watches(self._services)
        self._controller.watches(self._slices, _service_of_slice)
        self._controller.watches(self._pods, lambda _: ())
        self._pods.subscribe(self._pod_changed)
        self._controller.watches(self._nodes, lambda _: ())

    async def reconcile(self, key: Key) -> None:
        service = self._services.get(key)
        if service is None or is_deleting(service) or not services.has_selector(service):
            self._sizes.pop(key, None)
            return
        pods = [pod for pod in self._pods.list(key.namespace) if services.selects(service, pod)]
        # A Service that was deleted and made anew does not own the slices of the former.
        found = (
            slice_
            for slice_ in self._slices.by_index(BY_SERVICE, str(key))
            if is_controlled_by(slice_, service) and not is_deleting(slice_)
        )
        self._sizes[key] = len(pods)
        desired: Desired = {}
        zones = self._zones()
        for start in range(0, len(pods), PODS_AT_ONCE):
            collect(service, pods[start : start + PODS_AT_ONCE], zones, desired)
            await asyncio.sleep(0)
        changes = compare(service, desired, list(found))
        for slice_ in changes.create:
            await self._client.create(kinds.ENDPOINT_SLICE, slice_)
        for slice_ in changes.update:
            await self._client.update(kinds.ENDPOINT_SLICE, slice_)
        for slice_ in changes.delete:
            await self._delete(slice_)

    async def _delete(self, slice_: Obj) -> None:
        key = key_of(slice_)
        try:
            await self._client.delete(kinds.ENDPOINT_SLICE, key.namespace, key.name)
        except NotFound:
            return  # the garbage collector or a person was faster

    def _pod_changed(self, old: Obj | None, new: Obj | None) -> None:
        pod = new or old or {}
        candidates = self._services.list(key_of(pod).namespace)
        for key in services.affected_services(old, new, candidates):
            delay = services.batch_period(self._sizes.get(key, 0))
            self._controller.queue.add_after(key, delay, revision_of(pod))

    def _zones(self) -> dict[str, str]:
        return {
            node["metadata"]["name"]: labels_of(node)[ZONE_LABEL]
            for node in self._nodes.list()
            if ZONE_LABEL in labels_of(node)
        }


def _service_of_slice(slice_: Obj) -> Iterable[Key]:
    labels = labels_of(slice_)
    if labels.get(services.MANAGED_BY_LABEL) == MANAGED_BY and services.SERVICE_NAME_LABEL in labels:
        yield Key(slice_["metadata"].get("namespace", ""), labels[services.SERVICE_NAME_LABEL])


def _index_values(slice_: Obj) -> Iterable[str]:
    return map(str, _service_of_slice(slice_))


class _Group(NamedTuple):
    """Slices of one group hold endpoints of one family with the same ports."""

    family: str
    ports: tuple[tuple[tuple[str, Any], ...], ...]


Desired: TypeAlias = dict[_Group, dict[str, Obj]]
"""Endpoints by group and by identity."""


@dataclass
class Changes:
    """The writes that bring the slices to what they should be."""

    create: list[Obj] = field(default_factory=list)
    update: list[Obj] = field(default_factory=list)
    delete: list[Obj] = field(default_factory=list)


def plan(service: Obj, pods: Iterable[Obj], existing: list[Obj], zones: dict[str, str]) -> Changes:
    """Compare the slices there are with the endpoints there should be; nothing given is changed."""
    desired: Desired = {}
    collect(service, pods, zones, desired)
    return compare(service, desired, existing)


def compare(service: Obj, desired: Desired, existing: list[Obj]) -> Changes:
    """`desired` gains groups for address families that have no endpoints."""
    changes = Changes()
    kept: dict[_Group, list[Obj]] = {}
    for slice_ in sorted(existing, key=key_of):
        group = _Group(slice_["addressType"], _ports_key(slice_.get("ports")))
        kept.setdefault(group, []).append(slice_)
    for family in services.address_families(service):
        if not any(group.family == family for group in desired):
            # Some slice, even an empty one, says that the controller has seen the Service.
            desired[_Group(family, ())] = {}
    for group, endpoints in desired.items():
        _reconcile_group(service, group, endpoints, kept.pop(group, []), changes)
    changes.delete += [slice_ for slices in kept.values() for slice_ in slices]
    return changes


def collect(service: Obj, pods: Iterable[Obj], zones: dict[str, str], desired: Desired) -> None:
    """Add the endpoints that these pods should be."""
    families = services.address_families(service)
    for pod in pods:
        if not services.belongs_in_endpoints(pod, with_terminating=True):
            continue
        ports = services.endpoint_ports(service, pod)
        if service["spec"].get("ports") and not ports:
            continue
        for address in services.pod_addresses(pod):
            family = services.address_type(address)
            if family in families:
                endpoint = _endpoint(service, pod, address, zones)
                group = desired.setdefault(_Group(family, _ports_key(ports)), {})
                group[_identity(endpoint)] = endpoint


def _endpoint(service: Obj, pod: Obj, address: str, zones: dict[str, str]) -> Obj:
    endpoint: Obj = {
        "addresses": [address],
        "conditions": services.conditions_of(service, pod)._asdict(),
        "targetRef": services.pod_reference(pod),
    }
    node = pod["spec"].get("nodeName")
    optional = {
        "nodeName": node, "zone": zones.get(node or ""),
        "hostname": services.endpoint_hostname(service, pod),
    }  # fmt: skip
    endpoint.update({name: value for name, value in optional.items() if value})
    return endpoint


def _identity(endpoint: Obj) -> str:
    reference = endpoint.get("targetRef") or {}
    return "/".join((*endpoint["addresses"], reference.get("uid", ""), endpoint.get("hostname", "")))


def _reconcile_group(
    service: Obj, group: _Group, desired: dict[str, Obj], slices: list[Obj], changes: Changes
) -> None:
    missing = dict(desired)
    contents = [(slice_, _still_wanted(slice_, missing)) for slice_ in slices]
    stale = [entry for entry in contents if _is_stale(service, *entry)]
    # First fill the slices that must be written anyway, then the fullest other one that takes the rest.
    for _, endpoints in stale:
        _fill(endpoints, missing)
    if missing:
        roomy = [
            entry for entry in contents
            if entry not in stale and len(entry[1]) + len(missing) <= MAX_ENDPOINTS_PER_SLICE
        ]  # fmt: skip
        if roomy:
            fullest = max(roomy, key=lambda entry: len(entry[1]))
            _fill(fullest[1], missing)
            stale.append(fullest)
    while missing:
        fresh: list[Obj] = []
        _fill(fresh, missing)
        changes.create.append(_new_slice(service, group, fresh))
    # A Service without endpoints keeps one empty slice.
    if not slices and not desired:
        changes.create.append(_new_slice(service, group, []))
    spared = contents[:1] if not desired else []
    for entry in contents:
        if not entry[1] and entry not in spared:
            changes.delete.append(entry[0])
        elif entry in stale:
            changes.update.append(_rewritten(service, *entry))


def _still_wanted(slice_: Obj, missing: dict[str, Obj]) -> list[Obj]:
    """The slice's endpoints as they should be now; they are no longer missing."""
    return [
        endpoint
        for old in slice_.get("endpoints") or ()
        if (endpoint := missing.pop(_identity(old), None)) is not None
    ]


def _is_stale(service: Obj, slice_: Obj, endpoints: list[Obj]) -> bool:
    return (slice_.get("endpoints") or []) != endpoints or labels_of(slice_) != _labels(service)


def _fill(endpoints: list[Obj], missing: dict[str, Obj]) -> None:
    room = MAX_ENDPOINTS_PER_SLICE - len(endpoints)
    endpoints.extend(missing.pop(identity) for identity in list(missing)[:room])


def _new_slice(service: Obj, group: _Group, endpoints: list[Obj]) -> Obj:
    meta = service["metadata"]
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "generateName": f"{meta['name']}-",
            "namespace": meta["namespace"],
            "labels": _labels(service),
            "ownerReferences": [reference_to_owner(service)],
        },
        "addressType": group.family,
        "ports": [dict(port) for port in group.ports],
        "endpoints": endpoints,
    }


def _rewritten(service: Obj, slice_: Obj, endpoints: list[Obj]) -> Obj:
    new = copy(slice_)
    new["metadata"]["labels"] = _labels(service)
    new["endpoints"] = endpoints
    return new


def _labels(service: Obj) -> dict[str, str]:
    labels = {
        name: value
        for name, value in labels_of(service).items()
        if name not in (services.SERVICE_NAME_LABEL, services.MANAGED_BY_LABEL, services.HEADLESS_LABEL)
    }
    labels[services.SERVICE_NAME_LABEL] = service["metadata"]["name"]
    labels[services.MANAGED_BY_LABEL] = MANAGED_BY
    if services.is_headless(service):
        labels[services.HEADLESS_LABEL] = ""
    return labels


def _ports_key(ports: list[Obj] | None) -> tuple[tuple[tuple[str, Any], ...], ...]:
    return tuple(sorted(tuple(sorted(port.items())) for port in ports or ()))
