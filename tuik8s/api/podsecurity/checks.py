"""What the Pod Security Standards forbid, one function for each rule (k8s.io/pod-security-admission/policy).

A check looks at the metadata and the spec of a pod and says what is wrong, or nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuik8s.api.objects import Obj


class Violation(NamedTuple):
    """The rule, and who breaks it how."""

    reason: str
    detail: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.detail})"


_PROFILES = ("RuntimeDefault", "Localhost")
_APP_ARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP_ANNOTATION = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_CONTAINER_ANNOTATION = "container.seccomp.security.alpha.kubernetes.io/"
_DEFAULT_CAPABILITIES = frozenset((
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
    "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
))  # fmt: skip
_HARMLESS_VOLUMES = frozenset((
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
    "secret",
))  # fmt: skip


def app_armor(meta: Obj, spec: Obj) -> Violation | None:
    setters, values = _found(spec, lambda context: _other_profile(context, "appArmorProfile"))
    annotations = sorted(
        f'{key}="{value}"'
        for key, value in (meta.get("annotations") or {}).items()
        if key.startswith(_APP_ARMOR_ANNOTATION)
        and value not in ("", "runtime/default")
        and not value.startswith("localhost/")
    )
    if annotations:
        setters.append("annotation" if len(annotations) == 1 else "annotations")
    if not setters:
        return None
    bad = [*values, *annotations]
    reason = "forbidden AppArmor profile" if len(bad) == 1 else "forbidden AppArmor profiles"
    return Violation(reason, f"{' and '.join(setters)} must not set AppArmor profile type to {_quoted(bad)}")


def default_capabilities(_: Obj, spec: Obj) -> Violation | None:
    added = {
        id(container): set(_capabilities(container, "add")) - _DEFAULT_CAPABILITIES
        for container in _containers(spec)
    }
    bad = _names(spec, lambda container: bool(added[id(container)]))
    if not bad:
        return None
    return Violation("non-default capabilities", _adds(bad, set().union(*added.values())))


def no_capabilities(_: Obj, spec: Obj) -> Violation | None:
    keeping = _names(spec, lambda container: "ALL" not in _capabilities(container, "drop"))
    bound = {"NET_BIND_SERVICE"}
    adding = _names(spec, lambda container: bool(set(_capabilities(container, "add")) - bound))
    details = []
    if keeping:
        details.append(f'{_many("container", keeping)} must set securityContext.capabilities.drop=["ALL"]')
    if adding:
        added = {name for container in _containers(spec) for name in _capabilities(container, "add")}
        details.append(_adds(adding, added - bound))
    return Violation("unrestricted capabilities", "; ".join(details)) if details else None


def host_namespaces(_: Obj, spec: Obj) -> Violation | None:
    shared = [f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if spec.get(field)]
    return Violation("host namespaces", ", ".join(shared)) if shared else None


def host_paths(_: Obj, spec: Obj) -> Violation | None:
    names = [volume.get("name", "") for volume in spec.get("volumes") or () if "hostPath" in volume]
    return Violation("hostPath volumes", _many("volume", names)) if names else None


def host_ports(_: Obj, spec: Obj) -> Violation | None:
    def taken(container: Obj) -> list[str]:
        return [str(port["hostPort"]) for port in container.get("ports") or () if port.get("hostPort")]

    names = _names(spec, lambda container: bool(taken(container)))
    if not names:
        return None
    ports = sorted({port for container in _containers(spec) for port in taken(container)})
    use, noun = _use(names), "hostPort" if len(ports) == 1 else "hostPorts"
    return Violation("hostPort", f"{_many('container', names)} {use} {noun} {', '.join(ports)}")


def probed_hosts(_: Obj, spec: Obj) -> Violation | None:
    names = sorted(set(_names(spec, lambda container: bool(_hosts(container)))))
    if not names:
        return None
    hosts = sorted({host for container in _containers(spec) for host in _hosts(container)})
    reason = "probe or lifecycle host"
    detail = f"{_many('container', names)} {_use(names)} {_many(reason, hosts)}"
    return Violation(reason, detail)


def privileged(_: Obj, spec: Obj) -> Violation | None:
    names = _names(spec, lambda container: bool(_security(container).get("privileged")))
    if not names:
        return None
    return Violation(
        "privileged", f"{_many('container', names)} must not set securityContext.privileged=true"
    )


def proc_mount(_: Obj, spec: Obj) -> Violation | None:
    def other(container: Obj) -> str:
        found: str = _security(container).get("procMount", "Default")
        return "" if found == "Default" else found

    names = _names(spec, lambda container: bool(other(container)))
    if not names:
        return None
    kinds = sorted({other(container) for container in _containers(spec)} - {""})
    detail = f"{_many('container', names)} must not set securityContext.procMount to {_quoted(kinds)}"
    return Violation("procMount", detail)


def se_linux(types: frozenset[str]) -> Callable[[Obj, Obj], Violation | None]:
    def check(_: Obj, spec: Obj) -> Violation | None:
        given = [_security(part).get("seLinuxOptions") or {} for part in (spec, *_containers(spec))]
        setters = _setters(spec, lambda context: _is_forbidden(context.get("seLinuxOptions") or {}))
        if not setters:
            return None
        bad = sorted({options.get("type", "") for options in given} - types)
        problems = [_many("type", bad)] if bad else []
        problems += [
            f"{field} may not be set"
            for field in ("user", "role")
            if any(options.get(field) for options in given)
        ]
        detail = (
            f"{' and '.join(setters)} set forbidden securityContext.seLinuxOptions: {'; '.join(problems)}"
        )
        return Violation("seLinuxOptions", detail)

    def _is_forbidden(options: Obj) -> bool:
        return options.get("type", "") not in types or bool(options.get("user") or options.get("role"))

    return check


def seccomp_annotations(meta: Obj, spec: Obj) -> Violation | None:
    annotations: Obj = meta.get("annotations") or {}
    keys = {
        _SECCOMP_ANNOTATION,
        *(_SECCOMP_CONTAINER_ANNOTATION + c.get("name", "") for c in _containers(spec)),
    }
    bad = sorted(
        f'{key}="{annotations[key]}"'
        for key in keys & annotations.keys()
        if annotations[key] not in ("runtime/default", "docker/default")
        and not annotations[key].startswith("localhost/")
    )
    if not bad:
        return None
    noun = "annotation" if len(bad) == 1 else "annotations"
    return Violation("seccompProfile", f"forbidden {noun} {', '.join(bad)}")


def seccomp(_: Obj, spec: Obj) -> Violation | None:
    setters, values = _found(spec, lambda context: _other_profile(context, "seccompProfile"))
    if not setters:
        return None
    who = " and ".join(setters)
    detail = f"{who} must not set securityContext.seccompProfile.type to {_quoted(values)}"
    return Violation("seccompProfile", detail)


def seccomp_chosen(meta: Obj, spec: Obj) -> Violation | None:
    wrong = seccomp(meta, spec)
    if wrong is not None or _security(spec).get("seccompProfile") is not None:
        return wrong
    names = _names(spec, lambda container: _security(container).get("seccompProfile") is None)
    if not names:
        return None
    who = f"pod or {_many('container', names)}"
    detail = f'{who} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return Violation("seccompProfile", detail)


def sysctls(allowed: frozenset[str]) -> Callable[[Obj, Obj], Violation | None]:
    def check(_: Obj, spec: Obj) -> Violation | None:
        names = [sysctl.get("name", "") for sysctl in _security(spec).get("sysctls") or ()]
        bad = [name for name in names if name not in allowed]
        return Violation("forbidden sysctls", ", ".join(bad)) if bad else None

    return check


def host_process(_: Obj, spec: Obj) -> Violation | None:
    setters = _setters(spec, lambda context: bool((context.get("windowsOptions") or {}).get("hostProcess")))
    if not setters:
        return None
    who = " and ".join(setters)
    return Violation("hostProcess", f"{who} must not set securityContext.windowsOptions.hostProcess=true")


def privilege_escalation(_: Obj, spec: Obj) -> Violation | None:
    names = _names(spec, lambda c: _security(c).get("allowPrivilegeEscalation") is not False)
    if not names:
        return None
    detail = f"{_many('container', names)} must set securityContext.allowPrivilegeEscalation=false"
    return Violation("allowPrivilegeEscalation != false", detail)


def volume_types(_: Obj, spec: Obj) -> Violation | None:
    bad = [volume for volume in spec.get("volumes") or () if not volume.keys() & _HARMLESS_VOLUMES]
    if not bad:
        return None
    names = [volume.get("name", "") for volume in bad]
    types = sorted({next((field for field in volume if field != "name"), "unknown") for volume in bad})
    detail = f"{_many('volume', names)} {_use(names)} {_many('restricted volume type', types)}"
    return Violation("restricted volume types", detail)


def non_root(_: Obj, spec: Obj) -> Violation | None:
    reason = "runAsNonRoot != true"
    setters = _setters(spec, lambda context: context.get("runAsNonRoot") is False)
    if setters:
        return Violation(reason, f"{' and '.join(setters)} must not set securityContext.runAsNonRoot=false")
    if _security(spec).get("runAsNonRoot"):
        return None
    names = _names(spec, lambda container: _security(container).get("runAsNonRoot") is None)
    if not names:
        return None
    return Violation(reason, f"pod or {_many('container', names)} must set securityContext.runAsNonRoot=true")


def root_user(_: Obj, spec: Obj) -> Violation | None:
    setters = _setters(spec, lambda context: context.get("runAsUser") == 0)
    return Violation("runAsUser=0", f"{' and '.join(setters)} must not set runAsUser=0") if setters else None


def _containers(spec: Obj) -> Iterator[Obj]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(field) or ()


def _security(part: Obj) -> Obj:
    """Of a pod's spec or a container."""
    return part.get("securityContext") or {}


def _names(spec: Obj, is_bad: Callable[[Obj], bool]) -> list[str]:
    return [container.get("name", "") for container in _containers(spec) if is_bad(container)]


def _setters(spec: Obj, is_bad: Callable[[Obj], bool]) -> list[str]:
    """Who has a security context that is bad: `pod`, `containers "a", "b"`."""
    names = _names(spec, lambda container: is_bad(_security(container)))
    pod = ["pod"] if is_bad(_security(spec)) else []
    return [*pod, _many("container", names)] if names else pod


def _found(spec: Obj, bad: Callable[[Obj], str | None]) -> tuple[list[str], list[str]]:
    """Who has a bad value in the security context, and which values."""
    contexts = [_security(spec), *map(_security, _containers(spec))]
    values = {value for context in contexts if (value := bad(context)) is not None}
    return _setters(spec, lambda context: bad(context) is not None), sorted(values)


def _other_profile(context: Obj, field: str) -> str | None:
    profile = context.get(field)
    if profile is None or profile.get("type") in _PROFILES:
        return None
    found: str = profile.get("type", "")
    return found


def _capabilities(container: Obj, field: str) -> list[str]:
    return (_security(container).get("capabilities") or {}).get(field) or []


def _adds(names: list[str], capabilities: set[str]) -> str:
    added = _quoted(sorted(capabilities))
    return f"{_many('container', names)} must not include {added} in securityContext.capabilities.add"


def _hosts(container: Obj) -> list[str]:
    """That probes and hooks of a container name: who makes the request is the node."""
    lifecycle = container.get("lifecycle") or {}
    handlers = [container.get(f"{probe}Probe") for probe in ("liveness", "readiness", "startup")]
    handlers += [lifecycle.get("postStart"), lifecycle.get("preStop")]
    actions = [(handler or {}).get(field) for handler in handlers for field in ("httpGet", "tcpSocket")]
    return [action["host"] for action in actions if action and action.get("host")]


def _many(noun: str, items: list[str]) -> str:
    return f"{noun if len(items) == 1 else f'{noun}s'} {_quoted(items)}"


def _use(subjects: list[str]) -> str:
    return "uses" if len(subjects) == 1 else "use"


def _quoted(items: list[str]) -> str:
    return ", ".join(f'"{item}"' for item in items)
