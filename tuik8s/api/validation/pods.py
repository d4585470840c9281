"""Pods and pod templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.validation.containers import PodContext, check_containers
from tuik8s.api.validation.metadata import check_annotations
from tuik8s.api.validation.resources import check_overhead, check_pod_resources
from tuik8s.api.validation.scheduling import (
    check_affinity,
    check_gates,
    check_tolerations,
    check_topology_spread,
    is_deletion_cost,
)
from tuik8s.api.validation.security import check_pod_security
from tuik8s.api.validation.values import (
    check_choice,
    check_dns_label,
    check_dns_subdomain,
    check_ip,
    check_labels,
    check_optional_choice,
    check_range,
    complain,
)
from tuik8s.api.validation.volumes import check_volumes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_LARGEST_INT = 2**31 - 1
_NAMESERVERS, _SEARCHES, _SEARCH_CHARACTERS = 3, 32, 2048


def validate_pod_create(pod: Obj) -> Iterator[FieldError]:
    spec = pod.get("spec") or {}
    yield from validate_pod(pod)
    if spec.get("ephemeralContainers"):
        yield errors.forbidden("spec.ephemeralContainers", "cannot be set on create")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        yield errors.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")


def validate_pod(pod: Obj) -> Iterator[FieldError]:
    """What holds for a pod at any time, its metadata aside."""
    spec = pod.get("spec") or {}
    yield from _check_annotations(pod.get("metadata") or {}, "metadata.annotations")
    yield from check_pod_spec(spec, "spec", is_pod=True)
    if not spec.get("serviceAccountName"):
        for index, volume in enumerate(spec.get("volumes") or ()):
            for position, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
                if source.get("serviceAccountToken") is not None:
                    yield errors.forbidden(
                        f"spec.volumes[{index}].projected.sources[{position}].serviceAccountToken",
                        "must not be specified when serviceAccountName is not set",
                    )


def check_template(template: Obj, path: str) -> Iterator[FieldError]:
    """The pod template of a workload."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    yield from check_labels(metadata.get("labels"), f"{path}.labels")
    yield from check_annotations(metadata.get("annotations"), f"{path}.annotations")
    yield from _check_annotations(metadata, f"{path}.annotations")
    yield from check_pod_spec(spec, f"{path}.spec", is_pod=False)
    if spec.get("ephemeralContainers"):
        yield errors.forbidden(
            f"{path}.spec.ephemeralContainers", "ephemeral containers not allowed in pod template"
        )


def check_pod_spec(spec: Obj, path: str, *, is_pod: bool) -> Iterator[FieldError]:
    yield from check_volumes(spec.get("volumes"), f"{path}.volumes")
    yield from check_containers(spec, path, PodContext.of(spec, is_pod=is_pod))
    yield from check_pod_resources(spec, f"{path}.resources")
    yield from _check_host_network(spec, path, is_pod=is_pod)
    yield from _check_policies(spec, path)
    yield from check_labels(spec.get("nodeSelector"), f"{path}.nodeSelector")
    yield from check_pod_security(spec, path)
    yield from check_affinity(spec.get("affinity"), f"{path}.affinity")
    yield from _check_dns_config(spec, f"{path}.dnsConfig")
    yield from check_gates(spec, path)
    yield from check_topology_spread(
        spec.get("topologySpreadConstraints"), f"{path}.topologySpreadConstraints"
    )
    yield from _check_references(spec, path)
    yield from check_tolerations(spec.get("tolerations"), f"{path}.tolerations")
    yield from _check_host_aliases(spec.get("hostAliases") or [], f"{path}.hostAliases")
    if spec.get("overhead"):
        yield from check_overhead(spec["overhead"], f"{path}.overhead")
    if spec.get("os") is not None:
        yield from check_choice(spec["os"].get("name"), f"{path}.os.name", ("linux", "windows"))


def _check_annotations(metadata: Obj, path: str) -> Iterator[FieldError]:
    cost = (metadata.get("annotations") or {}).get(DELETION_COST)
    if cost is not None and not is_deletion_cost(cost):
        yield errors.invalid(f"{path}[{DELETION_COST}]", cost, "must be a 32bit integer")


def _check_policies(spec: Obj, path: str) -> Iterator[FieldError]:
    yield from check_choice(
        spec.get("restartPolicy"), f"{path}.restartPolicy", ("Always", "OnFailure", "Never")
    )
    yield from check_choice(
        spec.get("dnsPolicy"),
        f"{path}.dnsPolicy",
        ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"),
    )
    yield from check_optional_choice(
        spec.get("preemptionPolicy"), f"{path}.preemptionPolicy", ("PreemptLowerPriority", "Never")
    )
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None:
        yield from check_range(deadline, f"{path}.activeDeadlineSeconds", 1, _LARGEST_INT)


def _check_references(spec: Obj, path: str) -> Iterator[FieldError]:
    """Names of other objects, and the pod's own host name."""
    for field in ("serviceAccountName", "nodeName", "priorityClassName", "runtimeClassName"):
        if spec.get(field):
            yield from complain(f"{path}.{field}", spec[field], names.dns_subdomain(spec[field]))
    for field in ("hostname", "subdomain"):
        if spec.get(field):
            yield from check_dns_label(spec[field], f"{path}.{field}")


def _check_host_network(spec: Obj, path: str, *, is_pod: bool) -> Iterator[FieldError]:
    """A template may leave host ports out: they are filled in when the pod is created."""
    if not spec.get("hostNetwork"):
        return
    for index, container in enumerate(spec.get("containers") or ()):
        for position, port in enumerate(container.get("ports") or ()):
            host = port.get("hostPort", 0)
            if (is_pod or host) and host != port.get("containerPort", 0):
                yield errors.invalid(
                    f"{path}.containers[{index}].ports[{position}].hostPort",
                    host,
                    "must match `containerPort` when `hostNetwork` is true",
                )


def _check_dns_config(spec: Obj, path: str) -> Iterator[FieldError]:
    config = spec.get("dnsConfig")
    servers = (config or {}).get("nameservers") or []
    if spec.get("dnsPolicy") == "None":
        if config is None:
            yield errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
        elif not servers:
            yield errors.required(
                f"{path}.nameservers",
                "must provide at least one DNS nameserver when `dnsPolicy` is None",
            )
    if config is None:
        return
    if len(servers) > _NAMESERVERS:
        yield errors.invalid(
            f"{path}.nameservers", servers, f"must not have more than {_NAMESERVERS} nameservers"
        )
    for index, server in enumerate(servers):
        yield from check_ip(server, f"{path}.nameservers[{index}]")
    yield from _check_searches(config.get("searches") or [], f"{path}.searches")
    for index, option in enumerate(config.get("options") or ()):
        if not option.get("name"):
            yield errors.required(f"{path}.options[{index}]", "must not be empty")


def _check_searches(searches: list[str], path: str) -> Iterator[FieldError]:
    if len(searches) > _SEARCHES:
        yield errors.invalid(path, searches, f"must not have more than {_SEARCHES} search paths")
    if len(" ".join(searches)) > _SEARCH_CHARACTERS:
        yield errors.invalid(
            path,
            searches,
            f"must not have more than {_SEARCH_CHARACTERS} characters (including spaces) in the search list",
        )
    for index, search in enumerate(searches):
        if search != ".":
            bare = search.removesuffix(".")
            yield from complain(f"{path}[{index}]", bare, names.dns_subdomain(bare.replace("_", "x")))


def _check_host_aliases(aliases: list[Obj], path: str) -> Iterator[FieldError]:
    for index, alias in enumerate(aliases):
        yield from check_ip(alias.get("ip") or "", f"{path}[{index}].ip")
        for position, name in enumerate(alias.get("hostnames") or ()):
            yield from check_dns_subdomain(name, f"{path}[{index}].hostnames[{position}]")
