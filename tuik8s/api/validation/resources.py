"""Resource requirements of containers and pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.pods import container_requests, is_pod_level_resource
from tuik8s.api.quantity import format_amount, parse
from tuik8s.api.validation.values import check_amount, complain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

    NameRule = Callable[[str, str], Iterator[FieldError]]

_HUGE_PAGES = "hugepages-"
_FOR_CONTAINERS = frozenset({"cpu", "memory", "ephemeral-storage"})
_STANDARD = _FOR_CONTAINERS | {
    "requests.cpu", "requests.memory", "requests.ephemeral-storage", "limits.cpu", "limits.memory",
    "limits.ephemeral-storage", "pods", "resourcequotas", "services", "replicationcontrollers", "secrets",
    "configmaps", "persistentvolumeclaims", "storage", "requests.storage", "services.nodeports",
    "services.loadbalancers",
}  # fmt: skip
_WHOLE = frozenset({
    "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
    "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
})  # fmt: skip


def is_native(name: str) -> bool:
    """Kubernetes' own: without a domain, or under kubernetes.io."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """Somebody's device: a domain-qualified name outside kubernetes.io."""
    if is_native(name) or name.startswith("requests."):
        return False
    return not names.qualified_name(f"requests.{name}")


def check_resource_amount(name: str, text: str, path: str) -> Iterator[FieldError]:
    return check_amount(text, path, whole=name in _WHOLE or is_extended(name))


def check_container_resources(
    resources: Obj | None, path: str, claims: frozenset[str]
) -> Iterator[FieldError]:
    yield from _check_requirements(resources or {}, path, _check_container_name)
    yield from _check_claims((resources or {}).get("claims") or [], f"{path}.claims", claims)


def check_pod_resources(spec: Obj, path: str) -> Iterator[FieldError]:
    """Requests and limits of the whole pod, and how its containers fit into them."""
    resources = spec.get("resources")
    if resources is None:
        return
    if resources.get("claims"):
        yield errors.forbidden(f"{path}.claims", "claims cannot be set for Resources at pod-level")
    yield from _check_requirements(resources, path, _check_pod_name)
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for name, amount in container_requests(spec).items():
        own = requests.get(name, "0")
        if is_pod_level_resource(name) and amount > parse(own):
            yield errors.invalid(
                f"{path}.requests[{name}]",
                own,
                "must be greater than or equal to aggregate container requests of " + format_amount(amount),
            )
    for index, container in enumerate(spec.get("containers") or ()):
        for name, text in ((container.get("resources") or {}).get("limits") or {}).items():
            if name in limits and parse(text) > parse(limits[name]):
                yield errors.invalid(
                    f"{path}.containers[{index}][{name}].limits",
                    text,
                    f"must be less than or equal to pod limits of {limits[name]}",
                )


def check_overhead(overhead: Obj, path: str) -> Iterator[FieldError]:
    return _check_requirements({"limits": overhead}, path, _check_container_name)


def _check_requirements(resources: Obj, path: str, check_name: NameRule) -> Iterator[FieldError]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for name, text in limits.items():
        yield from _check_entry(name, text, f"{path}.limits[{name}]", check_name)
    for name, text in requests.items():
        yield from _check_entry(name, text, f"{path}.requests[{name}]", check_name)
        yield from _check_against_limit(name, text, limits.get(name), path)
    asked = limits.keys() | requests.keys()
    if any(name.startswith(_HUGE_PAGES) for name in asked) and not asked & {"cpu", "memory"}:
        yield errors.forbidden(path, "HugePages require cpu or memory")


def _check_entry(name: str, text: str, path: str, check_name: NameRule) -> Iterator[FieldError]:
    yield from check_name(name, path)
    yield from check_resource_amount(name, text, path)
    if name.startswith(_HUGE_PAGES):
        try:
            size = parse(name.removeprefix(_HUGE_PAGES))
        except ValueError:
            return  # the name is refused already
        if size and parse(text) % size:
            yield errors.invalid(path, text, f"{text} is not positive integer multiple of {name}")


def _check_against_limit(name: str, text: str, limit: str | None, path: str) -> Iterator[FieldError]:
    overcommit = is_native(name) and not name.startswith(_HUGE_PAGES)
    if limit is None:
        if not overcommit:
            yield errors.required(f"{path}.limits", "Limit must be set for non overcommitable resources")
    elif parse(text) != parse(limit) and not overcommit:
        yield errors.invalid(f"{path}.requests", text, f"must be equal to {name} limit of {limit}")
    elif parse(text) > parse(limit):
        yield errors.invalid(
            f"{path}.requests", text, f"must be less than or equal to {name} limit of {limit}"
        )


def _check_resource_name(name: str, path: str) -> Iterator[FieldError]:
    problems = names.qualified_name(name)
    yield from complain(path, name, problems)
    if not problems and "/" not in name and name not in _STANDARD and not name.startswith(_HUGE_PAGES):
        yield errors.invalid(path, name, "must be a standard resource type or fully qualified")


def _check_container_name(name: str, path: str) -> Iterator[FieldError]:
    yield from _check_resource_name(name, path)
    if "/" not in name:
        if name not in _FOR_CONTAINERS and not name.startswith(_HUGE_PAGES):
            yield errors.invalid(path, name, "must be a standard resource for containers")
    elif not is_native(name) and not is_extended(name):
        yield errors.invalid(path, name, "doesn't follow extended resource name standard")


def _check_pod_name(name: str, path: str) -> Iterator[FieldError]:
    problems = list(_check_resource_name(name, path))
    yield from problems
    if not problems and not is_pod_level_resource(name):
        yield errors.not_supported(path, name, ("cpu", "hugepages-", "memory"))


def _check_claims(claims: list[Obj], path: str, known: frozenset[str]) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, claim in enumerate(claims):
        name = claim.get("name") or ""
        if not name:
            yield errors.required(f"{path}[{index}]")
            continue
        key = f"{name}/{claim['request']}" if claim.get("request") else name
        if key in seen or name in seen:
            yield errors.duplicate(f"{path}[{index}]", key)
        seen.add(key)
        if name not in known:
            yield errors.not_found(f"{path}[{index}]", name)
