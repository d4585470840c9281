"""Fields of pods that are stored but change nothing, so that nobody believes they do.

Accepting and ignoring a field without a word would be a lie: the API server warns of each that is set to
something else than what happens anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.pods import SPEC_PATHS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj


class Field(NamedTuple):
    """`path` leads to it; `harmless` are the values that ask for what is done anyway."""

    path: tuple[str, ...]
    why: str
    harmless: tuple[object, ...] = ()


_PROFILE = ("RuntimeDefault",)
_SECURITY = (
    Field(("securityContext", "seLinuxOptions"), "SELinux labels are not set"),
    Field(("securityContext", "seccompProfile", "type"), "the runtime's default profile is used", _PROFILE),
    Field(("securityContext", "appArmorProfile", "type"), "the runtime's default profile is used", _PROFILE),
    Field(("securityContext", "windowsOptions"), "all nodes run Linux"),
)
_POD = (
    *_SECURITY,
    Field(("runtimeClassName",), "every pod runs on the cluster's one container runtime"),
    Field(("resourceClaims",), "devices are not allocated"),
    Field(("resources",), "only the containers' own resources count"),
    Field(("hostUsers",), "user namespaces are not made", (True,)),
    Field(("schedulingGroup",), "pods are scheduled one by one"),
    Field(("evictionResponders",), "nobody asks them"),
    Field(("securityContext", "seLinuxChangePolicy"), "SELinux labels are not set"),
    Field(("securityContext", "supplementalGroupsPolicy"), "groups are merged", ("Merge",)),
)
_CONTAINER = (
    *_SECURITY,
    Field(("securityContext", "procMount"), "/proc is masked as the runtime does it", ("Default",)),
    Field(("resources", "claims"), "devices are not allocated"),
    Field(("resources", "limits", "ephemeral-storage"), "the use of local storage is not limited"),
)
_MOUNT = (
    Field(("mountPropagation",), "mounts are private", ("None",)),
    Field(("recursiveReadOnly",), "mounts below are not made read-only", ("Disabled",)),
    Field(("bindMountOptions",), "mount options are the runtime's"),
)
_CONTAINERS = ("initContainers", "containers")


def ineffective_fields(kind: str, obj: Obj) -> list[str]:
    """A warning for each such field of a Pod, or of the pod template of a workload, in order of the lists."""
    path = SPEC_PATHS.get(kind)
    if path is None:
        return []
    spec = _at(obj, path)
    return list(_of_spec(spec, ".".join(path))) if isinstance(spec, dict) else []


def _of_spec(spec: Obj, path: str) -> Iterator[str]:
    yield from _of(spec, path, _POD)
    for field in _CONTAINERS:
        for number, container in enumerate(spec.get(field) or ()):
            place = f"{path}.{field}[{number}]"
            yield from _of(container, place, _CONTAINER)
            for index, mount in enumerate(container.get("volumeMounts") or ()):
                yield from _of(mount, f"{place}.volumeMounts[{index}]", _MOUNT)


def _of(part: Obj, path: str, fields: tuple[Field, ...]) -> Iterator[str]:
    for field in fields:
        value = _at(part, field.path)
        if value not in (None, "", [], {}, *field.harmless):
            yield f"{path}.{'.'.join(field.path)}: has no effect: {field.why}"


def _at(obj: Obj, path: tuple[str, ...]) -> object:
    found: object = obj
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found
