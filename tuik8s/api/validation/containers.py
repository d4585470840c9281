"""Containers of all three sorts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.pods import is_sidecar
from tuik8s.api.validation.environment import check_env, check_env_from
from tuik8s.api.validation.probes import check_lifecycle, check_probes
from tuik8s.api.validation.resources import check_container_resources
from tuik8s.api.validation.security import check_container_security
from tuik8s.api.validation.values import PROTOCOLS, check_choice, check_required_name, complain
from tuik8s.api.validation.volumes import check_devices, check_mounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_NOT_FOR_INIT = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
_NOT_FOR_EPHEMERAL = ("ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resizePolicy")


@dataclass(frozen=True, slots=True)
class PodContext:
    """What rules about a container need to know of its pod."""

    volumes: dict[str, Obj]
    claims: frozenset[str]
    restart_policy: str
    grace_period: int | None
    host_users: bool
    is_pod: bool
    """A pod itself, not a template of one."""

    @classmethod
    def of(cls, spec: Obj, *, is_pod: bool) -> PodContext:
        return cls(
            volumes={volume["name"]: volume for volume in spec.get("volumes") or () if volume.get("name")},
            claims=frozenset(claim.get("name", "") for claim in spec.get("resourceClaims") or ()),
            restart_policy=spec.get("restartPolicy", ""),
            grace_period=spec.get("terminationGracePeriodSeconds"),
            host_users=spec.get("hostUsers") is not False,
            is_pod=is_pod,
        )


def check_containers(spec: Obj, path: str, context: PodContext) -> Iterator[FieldError]:
    containers = spec.get("containers") or []
    where = f"{path}.containers"
    if not containers:
        yield errors.required(where)
    seen: set[str] = set()
    for index, container in enumerate(containers):
        here = f"{where}[{index}]"
        yield from _check_common(container, here, context)
        yield from _check_unique(container, here, seen)
        yield from check_lifecycle(container.get("lifecycle"), f"{here}.lifecycle", context.grace_period)
        yield from check_probes(container, here)
        if container.get("restartPolicy") is not None:
            yield errors.forbidden(f"{here}.restartPolicy", "may not be set for non-init containers")
    yield from _check_host_ports(containers, where)
    yield from _check_init_containers(spec, f"{path}.initContainers", context)
    yield from _check_ephemeral_containers(spec, f"{path}.ephemeralContainers", context)


def _check_init_containers(spec: Obj, path: str, context: PodContext) -> Iterator[FieldError]:
    seen = {container.get("name") or "" for container in spec.get("containers") or ()} - {""}
    for index, container in enumerate(spec.get("initContainers") or ()):
        here = f"{path}[{index}]"
        yield from _check_common(container, here, context)
        policy = container.get("restartPolicy")
        if policy not in (None, "Always"):
            yield errors.not_supported(f"{here}.restartPolicy", policy, ("Always",))
        yield from _check_unique(container, here, seen)
        yield from _check_host_ports([container], path)
        if is_sidecar(container):
            yield from check_lifecycle(container.get("lifecycle"), f"{here}.lifecycle", context.grace_period)
            yield from check_probes(container, here)
            continue
        for field in _NOT_FOR_INIT:
            if container.get(field) is not None:
                yield errors.forbidden(
                    f"{here}.{field}", "may not be set for init containers without restartPolicy=Always"
                )


def _check_ephemeral_containers(spec: Obj, path: str, context: PodContext) -> Iterator[FieldError]:
    others = {c.get("name", "") for f in ("containers", "initContainers") for c in spec.get(f) or ()}
    seen = set(others)
    for index, container in enumerate(spec.get("ephemeralContainers") or ()):
        here = f"{path}[{index}]"
        yield from _check_common(container, here, context)
        yield from _check_unique(container, here, seen)
        target = container.get("targetContainerName")
        if target and target not in others:
            yield errors.not_found(f"{here}.targetContainerName", target)
        forbidden = [field for field in _NOT_FOR_EPHEMERAL if container.get(field)]
        forbidden += ["resources"] if container.get("resources") else []
        for field in forbidden:
            yield errors.forbidden(f"{here}.{field}", "cannot be set for an Ephemeral Container")
        for position, mount in enumerate(container.get("volumeMounts") or ()):
            for field in ("subPath", "subPathExpr"):
                if mount.get(field):
                    yield errors.forbidden(
                        f"{here}.volumeMounts[{position}].{field}", "cannot be set for an Ephemeral Container"
                    )


def _check_unique(container: Obj, path: str, seen: set[str]) -> Iterator[FieldError]:
    name = container.get("name") or ""
    if name in seen:
        yield errors.duplicate(f"{path}.name", name)
    if name:
        seen.add(name)


def _check_common(container: Obj, path: str, context: PodContext) -> Iterator[FieldError]:
    yield from check_required_name(container, path)
    image = container.get("image") or ""
    if not image:
        yield errors.required(f"{path}.image")
    elif context.is_pod and image != image.strip():
        yield errors.invalid(f"{path}.image", image, "must not have leading or trailing whitespace")
    yield from check_choice(
        container.get("terminationMessagePolicy"),
        f"{path}.terminationMessagePolicy",
        ("File", "FallbackToLogsOnError"),
    )
    yield from _check_ports(container.get("ports") or [], f"{path}.ports")
    yield from check_env(container.get("env"), f"{path}.env")
    yield from check_env_from(container.get("envFrom"), f"{path}.envFrom")
    yield from check_mounts(container, context.volumes, f"{path}.volumeMounts")
    yield from check_devices(container, context.volumes, f"{path}.volumeDevices")
    yield from check_choice(
        container.get("imagePullPolicy"), f"{path}.imagePullPolicy", ("Always", "IfNotPresent", "Never")
    )
    yield from check_container_resources(container.get("resources"), f"{path}.resources", context.claims)
    yield from _check_resize_policy(container.get("resizePolicy") or [], f"{path}.resizePolicy", context)
    yield from check_container_security(
        container.get("securityContext"), f"{path}.securityContext", host_users=context.host_users
    )


def _check_ports(ports: list[Obj], path: str) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        where, name = f"{path}[{index}]", port.get("name")
        if name:
            problems = names.port_name(name)
            yield from complain(f"{where}.name", name, problems)
            if not problems and name in seen:
                yield errors.duplicate(f"{where}.name", name)
            seen.add(name)
        number = port.get("containerPort", 0)
        if not number:
            yield errors.required(f"{where}.containerPort")
        else:
            yield from complain(f"{where}.containerPort", number, names.port_number(number))
        if port.get("hostPort"):
            yield from complain(f"{where}.hostPort", port["hostPort"], names.port_number(port["hostPort"]))
        yield from check_choice(port.get("protocol"), f"{where}.protocol", PROTOCOLS)


def _check_host_ports(containers: list[Obj], path: str) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, container in enumerate(containers):
        for position, port in enumerate(container.get("ports") or ()):
            if not port.get("hostPort"):
                continue
            key = f"{port.get('protocol', '')}/{port.get('hostIP', '')}/{port['hostPort']}"
            if key in seen:
                yield errors.duplicate(f"{path}[{index}].ports[{position}].hostPort", key)
            seen.add(key)


def _check_resize_policy(policies: list[Obj], path: str, context: PodContext) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        name, restart = policy.get("resourceName") or "", policy.get("restartPolicy") or ""
        if name in seen:
            yield errors.duplicate(f"{path}[{index}]", name)
        seen.add(name)
        yield from check_choice(name, path, ("cpu", "memory"))
        yield from check_choice(restart, path, ("NotRequired", "RestartContainer"))
        if context.restart_policy == "Never" and restart != "NotRequired":
            yield errors.invalid(path, restart, "must be 'NotRequired' when `restartPolicy` is 'Never'")
