"""Security contexts of pods and containers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuik8s.api import errors
from tuik8s.api.validation.values import check_descending_path, check_optional_choice, check_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_LARGEST_ID = 0xFFFFFFFF
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_SYSCTL_SEGMENT = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL = rf"({_SYSCTL_SEGMENT}[\./])*{_SYSCTL_SEGMENT}"
_SYSCTL_LENGTH = 253


def check_pod_security(spec: Obj, path: str) -> Iterator[FieldError]:
    """`spec.securityContext`, and how the host's namespaces go with it."""
    context = spec.get("securityContext") or {}
    where = f"{path}.securityContext"
    yield from _check_ids(context, where, "fsGroup", "runAsUser", "runAsGroup")
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        yield from check_range(group, f"{where}.supplementalGroups[{index}]", 0, _LARGEST_ID)
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        yield errors.invalid(
            f"{where}.shareProcessNamespace",
            True,
            "ShareProcessNamespace and HostPID cannot both be enabled",
        )
    yield from _check_sysctls(context.get("sysctls") or [], f"{where}.sysctls")
    yield from check_optional_choice(
        context.get("fsGroupChangePolicy"), f"{where}.fsGroupChangePolicy", ("Always", "OnRootMismatch")
    )
    yield from check_optional_choice(
        context.get("supplementalGroupsPolicy"), f"{where}.supplementalGroupsPolicy", ("Merge", "Strict")
    )
    yield from _check_profiles(context, where)
    if spec.get("hostUsers") is False:
        for field, shown in (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
            if spec.get(field):
                yield errors.forbidden(f"{path}.{shown}", "when `pod.Spec.HostUsers` is false")


def check_container_security(context: Obj | None, path: str, *, host_users: bool) -> Iterator[FieldError]:
    if context is None:
        return
    yield from _check_ids(context, path, "runAsUser", "runAsGroup")
    mount = context.get("procMount")
    yield from check_optional_choice(mount, f"{path}.procMount", ("Default", "Unmasked"))
    if mount == "Unmasked" and host_users:
        yield errors.invalid(f"{path}.procMount", mount, "`hostUsers` must be false to use `Unmasked`")
    yield from _check_profiles(context, path)
    if context.get("allowPrivilegeEscalation") is False:
        prefix = "cannot set `allowPrivilegeEscalation` to false and"
        if context.get("privileged"):
            yield errors.invalid(path, context, f"{prefix} `privileged` to true")
        if "CAP_SYS_ADMIN" in ((context.get("capabilities") or {}).get("add") or ()):
            yield errors.invalid(path, context, f"{prefix} `capabilities.Add` CAP_SYS_ADMIN")


def _check_ids(context: Obj, path: str, *fields: str) -> Iterator[FieldError]:
    for field in fields:
        if context.get(field) is not None:
            yield from check_range(context[field], f"{path}.{field}", 0, _LARGEST_ID)


def _check_sysctls(sysctls: list[Obj], path: str) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, sysctl in enumerate(sysctls):
        where, name = f"{path}[{index}].name", sysctl.get("name") or ""
        if not name:
            yield errors.required(where)
        elif len(name) > _SYSCTL_LENGTH or re.fullmatch(_SYSCTL, name) is None:
            yield errors.invalid(
                where, name, f"must have at most {_SYSCTL_LENGTH} characters and match regex ^{_SYSCTL}$"
            )
        elif name in seen:
            yield errors.duplicate(where, name)
        seen.add(name)


def _check_profiles(context: Obj, path: str) -> Iterator[FieldError]:
    for field, what, required_for in (
        ("seccompProfile", "seccomp", "seccompProfile"),
        ("appArmorProfile", "AppArmor", "appArmorProfile"),
    ):
        profile = context.get(field)
        if profile is None:
            continue
        where, kind, local = f"{path}.{field}", profile.get("type"), profile.get("localhostProfile")
        if not kind:
            yield errors.required(f"{where}.type", f"type is required when {required_for} is set")
        else:
            yield from check_optional_choice(kind, f"{where}.type", _PROFILES)
        if kind == "Localhost":
            if not local:
                yield errors.required(
                    f"{where}.localhostProfile", f"must be set when {what} type is Localhost"
                )
            elif field == "seccompProfile":
                yield from check_descending_path(local, f"{where}.localhostProfile")
        elif local is not None:
            yield errors.invalid(
                f"{where}.localhostProfile", local, f"can only be set when {what} type is Localhost"
            )
