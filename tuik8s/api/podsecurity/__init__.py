"""The Pod Security Standards: what a namespace's labels ask for, and which rules that means.

pod-security.kubernetes.io/enforce: restricted     refuse pods; `warn` warns, `audit` is not kept here
pod-security.kubernetes.io/enforce-version: v1.25  the rules of that release, of this one without it
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.api.errors import FieldError, invalid
from tuik8s.api.kinds import KUBERNETES_VERSION
from tuik8s.api.podsecurity import checks
from tuik8s.api.podsecurity.checks import Violation

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj

    Check = Callable[[Obj, Obj], Violation | None]
    Versions = tuple[tuple[int, Check], ...]

__all__ = ["LABEL_PREFIX", "LEVELS", "PRIVILEGED", "Policy", "Standard", "Violation", "policy_of", "text_of"]

LABEL_PREFIX = "pod-security.kubernetes.io/"
LEVELS = ("privileged", "baseline", "restricted")
"""From the one that forbids nothing to the strictest."""
_NEWEST = int(KUBERNETES_VERSION.split(".")[1])
_VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)", re.ASCII)

_SE_LINUX = frozenset(("", "container_t", "container_init_t", "container_kvm_t"))
_SYSCTLS = frozenset((
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
))  # fmt: skip
_SYSCTLS_27 = _SYSCTLS | {"net.ipv4.ip_local_reserved_ports"}
_SYSCTLS_29 = _SYSCTLS_27 | {
    f"net.ipv4.tcp_{name}"
    for name in ("keepalive_time", "fin_timeout", "keepalive_intvl", "keepalive_probes")
}
_SYSCTLS_32 = _SYSCTLS_29 | {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"}
_SYSCTLS_37 = _SYSCTLS_32 | {"net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"}


def _not_on_windows(check: Check) -> Check:
    def checked(meta: Obj, spec: Obj) -> Violation | None:
        return None if (spec.get("os") or {}).get("name") == "windows" else check(meta, spec)

    return checked


def _without_user_namespace(check: Check) -> Check:
    """Root in a user namespace of its own is nobody outside."""

    def checked(meta: Obj, spec: Obj) -> Violation | None:
        return None if spec.get("hostUsers") is False else check(meta, spec)

    return checked


_BASELINE: dict[str, Versions] = {
    "appArmorProfile": ((0, checks.app_armor),),
    "capabilities_baseline": ((0, checks.default_capabilities),),
    "hostNamespaces": ((0, checks.host_namespaces),),
    "hostPathVolumes": ((0, checks.host_paths),),
    "hostPorts": ((0, checks.host_ports),),
    "hostProbesAndHostLifecycle": ((34, checks.probed_hosts),),
    "privileged": ((0, checks.privileged),),
    "procMount": ((0, checks.proc_mount), (35, _without_user_namespace(checks.proc_mount))),
    "seLinuxOptions": (
        (0, checks.se_linux(_SE_LINUX)),
        (31, checks.se_linux(_SE_LINUX | {"container_engine_t"})),
    ),
    "seccompProfile_baseline": ((0, checks.seccomp_annotations), (19, checks.seccomp)),
    "sysctls": (
        (0, checks.sysctls(_SYSCTLS)),
        (27, checks.sysctls(_SYSCTLS_27)),
        (29, checks.sysctls(_SYSCTLS_29)),
        (32, checks.sysctls(_SYSCTLS_32)),
        (37, checks.sysctls(_SYSCTLS_37)),
    ),
    "windowsHostProcess": ((0, checks.host_process),),
}
"""By the release since which a rule holds in this form; the order is that of messages."""

_RESTRICTED: dict[str, Versions] = {
    "allowPrivilegeEscalation": (
        (8, checks.privilege_escalation),
        (25, _not_on_windows(checks.privilege_escalation)),
    ),
    "capabilities_restricted": (
        (22, checks.no_capabilities),
        (25, _not_on_windows(checks.no_capabilities)),
    ),
    "procMount_restricted": ((35, checks.proc_mount),),
    "restrictedVolumes": ((0, checks.volume_types),),
    "runAsNonRoot": ((0, checks.non_root), (35, _without_user_namespace(checks.non_root))),
    "runAsUser": ((23, checks.root_user), (35, _without_user_namespace(checks.root_user))),
    "seccompProfile_restricted": (
        (19, checks.seccomp_chosen),
        (25, _not_on_windows(checks.seccomp_chosen)),
    ),
}
_INSTEAD_OF = {
    "capabilities_restricted": "capabilities_baseline",
    "procMount_restricted": "procMount",
    "restrictedVolumes": "hostPathVolumes",
    "seccompProfile_restricted": "seccompProfile_baseline",
}
"""Rules that say more than one of the baseline, which is then left out."""


class Standard(NamedTuple):
    """A level, with the rules that it had in a release; none stands for the newest."""

    level: str = "privileged"
    minor: int | None = None

    def __str__(self) -> str:
        return f"{self.level}:{'latest' if self.minor is None else f'v1.{self.minor}'}"

    @property
    def strictness(self) -> int:
        return LEVELS.index(self.level)

    def violations(self, meta: Obj, spec: Obj) -> list[Violation]:
        minor = _NEWEST if self.minor is None else min(self.minor, _NEWEST)
        found = (check(meta, spec) for check in _checks(self.level, minor))
        return [violation for violation in found if violation is not None]


@cache
def _checks(level: str, minor: int) -> tuple[Check, ...]:
    if level == "privileged":
        return ()
    baseline = _in_force(_BASELINE, minor)
    if level == "baseline":
        return tuple(baseline.values())
    restricted = _in_force(_RESTRICTED, minor)
    left_out = {_INSTEAD_OF[name] for name in restricted if name in _INSTEAD_OF}
    kept = (check for name, check in baseline.items() if name not in left_out)
    return (*kept, *restricted.values())


def _in_force(rules: dict[str, Versions], minor: int) -> dict[str, Check]:
    return {
        name: [check for since, check in versions if since <= minor][-1]
        for name, versions in rules.items()
        if versions[0][0] <= minor
    }


PRIVILEGED = Standard()


class Policy(NamedTuple):
    """What holds in a namespace, and what is wrong with the labels that say so."""

    enforce: Standard = PRIVILEGED
    warn: Standard = PRIVILEGED
    errors: tuple[FieldError, ...] = ()


def policy_of(labels: dict[str, Any]) -> Policy:
    """Enforced strictly where the labels cannot be read, and without warnings.

    What is enforced is warned of, too, unless the labels say otherwise: workloads are never refused.
    """
    ours = {key[len(LABEL_PREFIX) :]: text for key, text in labels.items() if key.startswith(LABEL_PREFIX)}
    if not ours:
        return Policy()
    errors: list[FieldError] = []
    enforce = _standard(ours, "enforce", "restricted", errors)
    _standard(ours, "audit", "privileged", errors)
    warn = _standard(ours, "warn", "privileged", errors)
    if "warn" not in ours and ours.get("enforce") in LEVELS and enforce.strictness > warn.strictness:
        warn = Standard(enforce.level, warn.minor if "warn-version" in ours else enforce.minor)
    return Policy(enforce, warn, tuple(errors))


def _standard(ours: dict[str, Any], mode: str, unreadable: str, errors: list[FieldError]) -> Standard:
    level, minor = ours.get(mode, "privileged"), None
    if level not in LEVELS:
        errors.append(invalid(_path(mode), level, f"must be one of {', '.join(LEVELS)}"))
        level = unreadable
    version = ours.get(f"{mode}-version", "latest")
    match = _VERSION.fullmatch(version)
    if match:
        minor = int(match[1])
    elif version != "latest":
        errors.append(invalid(_path(f"{mode}-version"), version, 'must be "latest" or "v1.x"'))
    return Standard(level, minor)


def _path(name: str) -> str:
    return f"metadata.labels[{LABEL_PREFIX}{name}]"


def text_of(violations: list[Violation]) -> str:
    return ", ".join(map(str, violations))
