"""Endpoints and EndpointSlices."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.validation.values import (
    PROTOCOLS,
    check_choice,
    check_dns_label,
    check_dns_subdomain,
    check_immutable,
    check_ip,
    check_labels,
    check_ordinary_ip,
    check_qualified_name,
    complain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_ADDRESS_TYPES = ("FQDN", "IPv4", "IPv6")
_MOST_ADDRESSES, _MOST_PORTS, _MOST_ENDPOINTS = 100, 20000, 1000


def validate_endpoints(endpoints: Obj) -> Iterator[FieldError]:
    for index, subset in enumerate(endpoints.get("subsets") or ()):
        path = f"subsets[{index}]"
        if not subset.get("addresses") and not subset.get("notReadyAddresses"):
            yield errors.required(path, "must specify `addresses` or `notReadyAddresses`")
        for field in ("addresses", "notReadyAddresses"):
            for position, address in enumerate(subset.get(field) or ()):
                yield from _check_address(address, f"{path}.{field}[{position}]")
        ports = subset.get("ports") or []
        for position, port in enumerate(ports):
            where = f"{path}.ports[{position}]"
            if not port.get("name") and len(ports) > 1:
                yield errors.required(f"{where}.name")
            yield from complain(f"{where}.port", port.get("port", 0), names.port_number(port.get("port", 0)))
            yield from _check_port(port, where)


def _check_address(address: Obj, path: str) -> Iterator[FieldError]:
    text = address.get("ip") or ""
    yield from check_ip(text, f"{path}.ip")
    if address.get("hostname"):
        yield from check_dns_label(address["hostname"], f"{path}.hostname")
    if address.get("nodeName") is not None:
        yield from check_dns_subdomain(address["nodeName"], f"{path}.nodeName")
    yield from check_ordinary_ip(text, f"{path}.ip")


def _check_port(port: Obj, path: str) -> Iterator[FieldError]:
    if port.get("name"):
        yield from check_dns_label(port["name"], f"{path}.name")
    yield from check_choice(port.get("protocol"), f"{path}.protocol", PROTOCOLS)
    if port.get("appProtocol") is not None:
        yield from check_qualified_name(port["appProtocol"], f"{path}.appProtocol")


def validate_endpoint_slice(endpoint_slice: Obj) -> Iterator[FieldError]:
    kind = endpoint_slice.get("addressType") or ""
    yield from check_choice(kind, "addressType", _ADDRESS_TYPES)
    endpoints, ports = endpoint_slice.get("endpoints") or [], endpoint_slice.get("ports") or []
    if len(endpoints) > _MOST_ENDPOINTS:
        yield errors.too_many("endpoints", len(endpoints), _MOST_ENDPOINTS)
    for index, endpoint in enumerate(endpoints[:_MOST_ENDPOINTS]):
        yield from _check_endpoint(endpoint, kind, f"endpoints[{index}]")
    if len(ports) > _MOST_PORTS:
        yield errors.too_many("ports", len(ports), _MOST_PORTS)
        return
    seen: set[str] = set()
    for index, port in enumerate(ports):
        yield from _check_port(port, f"ports[{index}]")
        name = port.get("name") or ""
        if name in seen:
            yield errors.duplicate(f"ports[{index}].name", name)
        seen.add(name)


def _check_endpoint(endpoint: Obj, kind: str, path: str) -> Iterator[FieldError]:
    addresses = endpoint.get("addresses") or []
    if not addresses:
        yield errors.required(f"{path}.addresses", "must contain at least 1 address")
    elif len(addresses) > _MOST_ADDRESSES:
        yield errors.too_many(f"{path}.addresses", len(addresses), _MOST_ADDRESSES)
    for index, address in enumerate(addresses):
        where = f"{path}.addresses[{index}]"
        if kind == "FQDN":
            yield from check_dns_subdomain(address.removesuffix("."), where)
        else:
            yield from _check_family(address, kind, where)
            yield from check_ordinary_ip(address, where)
    yield from check_labels(endpoint.get("deprecatedTopology"), f"{path}.deprecatedTopology")
    if endpoint.get("hostname") is not None:
        yield from check_dns_label(endpoint["hostname"], f"{path}.hostname")


def _check_family(address: str, kind: str, path: str) -> Iterator[FieldError]:
    try:
        matches = f"IPv{ipaddress.ip_address(address).version}" == kind
    except ValueError:
        matches = False
    if not matches and kind in _ADDRESS_TYPES:
        yield errors.invalid(path, address, f"must be a valid {kind} address")


def validate_endpoint_slice_update(endpoint_slice: Obj, old: Obj) -> Iterator[FieldError]:
    yield from check_immutable(endpoint_slice.get("addressType"), old.get("addressType"), "addressType")
