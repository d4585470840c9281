"""Ingresses, their classes, NetworkPolicies, ranges of service addresses (pkg/apis/networking/validation)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from tuik8s.api import errors, names
from tuik8s.api.validation.values import (
    PROTOCOLS,
    check_cidr,
    check_dns_subdomain,
    check_immutable,
    check_label_selector,
    check_optional_choice,
    check_port,
    check_required,
    complain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

INGRESS_CLASS_ANNOTATION = "kubernetes.io/ingress.class"
_BAD_SEQUENCES = ("//", "/./", "/../", "%2f", "%2F")
_BAD_SUFFIXES = ("/..", "/.")
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_LONGEST_CONTROLLER = 250


def validate_ingress_create(ingress: Obj) -> Iterator[FieldError]:
    annotations = (ingress.get("metadata") or {}).get("annotations") or {}
    name = (ingress.get("spec") or {}).get("ingressClassName")
    if annotations.get(INGRESS_CLASS_ANNOTATION) and name is not None:
        path = f"metadata.annotations[{INGRESS_CLASS_ANNOTATION}]"
        yield errors.invalid(
            path, annotations[INGRESS_CLASS_ANNOTATION], "can not be set when the class field is also set"
        )


def validate_ingress(ingress: Obj) -> Iterator[FieldError]:
    spec = ingress.get("spec") or {}
    rules, backend = spec.get("rules") or [], spec.get("defaultBackend")
    if not rules and backend is None:
        yield errors.invalid("spec", rules, "either `defaultBackend` or `rules` must be specified")
    if backend is not None:
        yield from _check_backend(backend, "spec.defaultBackend")
    for index, rule in enumerate(rules):
        yield from _check_rule(rule, f"spec.rules[{index}]")
    for index, tls in enumerate(spec.get("tls") or ()):
        for number, host in enumerate(tls.get("hosts") or ()):
            yield from _check_host(host, f"spec.tls[{index}].hosts[{number}]")
        if tls.get("secretName"):
            yield from check_dns_subdomain(tls["secretName"], f"spec.tls[{index}].secretName")
    if spec.get("ingressClassName") is not None:
        yield from check_dns_subdomain(spec["ingressClassName"], "spec.ingressClassName")


def _check_rule(rule: Obj, path: str) -> Iterator[FieldError]:
    host, http = rule.get("host", ""), rule.get("http")
    if host:
        if not names.ip_address(host):
            yield errors.invalid(f"{path}.host", host, "must be a DNS name, not an IP address")
        else:
            yield from _check_host(host, f"{path}.host")
    if http is None:
        return
    paths = http.get("paths") or []
    if not paths:
        yield errors.required(f"{path}.http.paths")
    for index, entry in enumerate(paths):
        place = f"{path}.http.paths[{index}]"
        yield from _check_path(entry, place)
        yield from _check_backend(entry.get("backend") or {}, f"{place}.backend")


def _check_host(host: str, path: str) -> Iterator[FieldError]:
    rule = names.wildcard_subdomain if "*" in host else names.dns_subdomain
    yield from complain(path, host, rule(host))


def _check_path(entry: Obj, place: str) -> Iterator[FieldError]:
    kind, path = entry.get("pathType"), entry.get("path", "")
    if kind is None:
        yield errors.required(f"{place}.pathType", "pathType must be specified")
    elif kind not in _PATH_TYPES:
        yield errors.not_supported(f"{place}.pathType", kind, _PATH_TYPES)
    elif kind == "ImplementationSpecific":
        if path and not path.startswith("/"):
            yield errors.invalid(f"{place}.path", path, "must be an absolute path")
    else:
        if not path.startswith("/"):
            yield errors.invalid(f"{place}.path", path, "must be an absolute path")
        for sequence in _BAD_SEQUENCES:
            if sequence in path:
                yield errors.invalid(f"{place}.path", path, f"must not contain '{sequence}'")
        for suffix in _BAD_SUFFIXES:
            if path.endswith(suffix):
                yield errors.invalid(f"{place}.path", path, f"cannot end with '{suffix}'")


def _check_backend(backend: Obj, path: str) -> Iterator[FieldError]:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        yield errors.invalid(path, "", "cannot set both resource and service backends")
    elif resource is not None:
        yield from check_required(resource, f"{path}.resource", "kind", "name")
    elif service is None:
        yield errors.required(path, "resource or service backend is required")
    else:
        yield from _check_service(service, f"{path}.service")


def _check_service(service: Obj, path: str) -> Iterator[FieldError]:
    name, port = service.get("name", ""), service.get("port") or {}
    if not name:
        yield errors.required(f"{path}.name")
    else:
        yield from complain(f"{path}.name", name, names.dns_1035_label(name))
    if port.get("name") and port.get("number"):
        yield errors.invalid(path, "", "cannot set both port name & port number")
    elif port.get("name"):
        yield from complain(f"{path}.port.name", port["name"], names.port_name(port["name"]))
    elif port.get("number"):
        yield from complain(f"{path}.port.number", port["number"], names.port_number(port["number"]))
    else:
        yield errors.required(f"{path}", "port name or number is required")


def validate_ingress_class(ingress_class: Obj) -> Iterator[FieldError]:
    spec = ingress_class.get("spec") or {}
    controller, parameters = spec.get("controller", ""), spec.get("parameters")
    if not controller:
        yield errors.required("spec.controller")
    elif len(controller) > _LONGEST_CONTROLLER:
        yield errors.too_long("spec.controller", _LONGEST_CONTROLLER)
    else:
        yield from complain("spec.controller", controller, names.domain_prefixed_path(controller))
    if parameters is None:
        return
    path = "spec.parameters"
    yield from check_required(parameters, path, "kind", "name")
    scope, namespace = parameters.get("scope"), parameters.get("namespace")
    if scope not in ("Cluster", "Namespace"):
        yield errors.not_supported(f"{path}.scope", scope, ("Cluster", "Namespace"))
    elif scope == "Namespace" and not namespace:
        yield errors.required(f"{path}.namespace", "`parameters.scope` is set to 'Namespace'")
    elif scope == "Cluster" and namespace is not None:
        yield errors.forbidden(f"{path}.namespace", "`parameters.scope` is set to 'Cluster'")


def validate_ingress_class_update(ingress_class: Obj, old: Obj) -> Iterator[FieldError]:
    new, before = ingress_class.get("spec") or {}, old.get("spec") or {}
    return check_immutable(new.get("controller"), before.get("controller"), "spec.controller")


def validate_network_policy(policy: Obj) -> Iterator[FieldError]:
    spec = policy.get("spec") or {}
    yield from check_label_selector(spec.get("podSelector") or {}, "spec.podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for index, rule in enumerate(spec.get(direction) or ()):
            path = f"spec.{direction}[{index}]"
            for number, port in enumerate(rule.get("ports") or ()):
                yield from _check_policy_port(port, f"{path}.ports[{number}]")
            for number, peer in enumerate(rule.get(peers) or ()):
                yield from _check_peer(peer, f"{path}.{peers}[{number}]")
    types = spec.get("policyTypes") or []
    if len(types) > 2:
        yield errors.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
        return
    for index, kind in enumerate(types):
        if kind not in ("Egress", "Ingress"):
            yield errors.not_supported(f"spec.policyTypes[{index}]", kind, ("Egress", "Ingress"))


def _check_policy_port(entry: Obj, path: str) -> Iterator[FieldError]:
    yield from check_optional_choice(entry.get("protocol"), f"{path}.protocol", PROTOCOLS)
    port, end = entry.get("port"), entry.get("endPort")
    if port is not None:
        yield from check_port(port, f"{path}.port")
    if end is None:
        return
    if port is None:
        yield errors.invalid(f"{path}.endPort", end, "must be specified when `endPort` is specified")
    elif isinstance(port, str):
        yield errors.invalid(f"{path}.endPort", end, "may not be specified when `port` is non-numeric")
    else:
        yield from complain(f"{path}.endPort", end, names.port_number(end))
        if end < port:
            yield errors.invalid(f"{path}.endPort", end, "must be greater than or equal to `port`")


def _check_peer(peer: Obj, path: str) -> Iterator[FieldError]:
    for field in ("podSelector", "namespaceSelector"):
        yield from check_label_selector(peer.get(field), f"{path}.{field}")
    block = peer.get("ipBlock")
    selectors = [field for field in ("podSelector", "namespaceSelector") if peer.get(field) is not None]
    if block is not None:
        yield from _check_block(block, f"{path}.ipBlock")
    if block is None and not selectors:
        yield errors.required(path, "must specify a peer")
    elif block is not None and selectors:
        yield errors.forbidden(path, "may not specify both ipBlock and another peer")


def _check_block(block: Obj, path: str) -> Iterator[FieldError]:
    text = block.get("cidr", "")
    if not text:
        yield errors.required(f"{path}.cidr")
        return
    yield from check_cidr(text, f"{path}.cidr")
    whole = _network(text)
    for index, part in enumerate(block.get("except") or ()):
        place = f"{path}.except[{index}]"
        yield from check_cidr(part, place)
        inner = _network(part)
        if whole is not None and inner is not None and not _is_within(inner, whole):
            yield errors.invalid(place, part, "must be a strict subset of `cidr`")


def _network(text: str) -> Any:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _is_within(inner: Any, whole: Any) -> bool:
    return bool(inner.version == whole.version and inner != whole and inner.subnet_of(whole))


def validate_ip_address(address: Obj) -> Iterator[FieldError]:
    name = (address.get("metadata") or {}).get("name", "")
    try:
        canonical = str(ipaddress.ip_address(name)) == name
    except ValueError:
        canonical = False
    if not canonical:
        yield errors.invalid("metadata.name", name, "must be a valid IP address in canonical form")
    parent = (address.get("spec") or {}).get("parentRef")
    if parent is None:
        yield errors.required("spec.parentRef")
    else:
        yield from check_required(parent, "spec.parentRef", "resource", "name")


def validate_ip_address_update(address: Obj, old: Obj) -> Iterator[FieldError]:
    new, before = address.get("spec") or {}, old.get("spec") or {}
    return check_immutable(new.get("parentRef"), before.get("parentRef"), "spec.parentRef")


def validate_service_cidr(cidr: Obj) -> Iterator[FieldError]:
    ranges = (cidr.get("spec") or {}).get("cidrs") or []
    if not ranges:
        yield errors.required("spec.cidrs", "at least one CIDR required")
    if len(ranges) > 2:
        yield errors.invalid("spec", cidr.get("spec"), "may only hold up to 2 values")
    versions = []
    for index, text in enumerate(ranges):
        yield from check_cidr(text, f"spec.cidrs[{index}]")
        network = _network(text)
        versions += [network.version] if network is not None else []
    if len(versions) == 2 and len(set(versions)) == 1:
        why = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"
        yield errors.invalid("spec.cidrs", ranges, why)


def validate_service_cidr_update(cidr: Obj, old: Obj) -> Iterator[FieldError]:
    new, before = cidr.get("spec") or {}, old.get("spec") or {}
    return check_immutable(new.get("cidrs"), before.get("cidrs"), "spec.cidrs")
