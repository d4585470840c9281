"""What is doubtful about a pod or a pod template (pkg/api/pod/warnings.go)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tuik8s.api import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj

_NODE_LABELS = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "failure-domain.beta.kubernetes.io/region": (
        'deprecated since v1.17; use "topology.kubernetes.io/region" instead'
    ),
    "failure-domain.beta.kubernetes.io/zone": (
        'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'
    ),
    "beta.kubernetes.io/instance-type": (
        'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'
    ),
}
_SYSCTLS = 'non-functional in v1.11+; use the "sysctls" field instead'
_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": (
        'non-functional in v1.16+; use the "priorityClassName" field instead'
    ),
    "security.alpha.kubernetes.io/sysctls": _SYSCTLS,
    "security.alpha.kubernetes.io/unsafe-sysctls": _SYSCTLS,
}
_VOLUMES = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "deprecated in v1.11",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_APP_ARMOR = 'deprecated since v1.30; use the "appArmorProfile" field instead'
_BYTES = ("memory", "ephemeral-storage")
_NO_POD = "a null labelSelector results in matching no pod"


def of_pod(pod: Obj, path: str = "") -> Iterator[str]:
    """`path` is that of a template, and empty for a pod itself."""
    spec: Obj = pod.get("spec") or {}
    annotations: Obj = (pod.get("metadata") or {}).get("annotations") or {}
    base = f"{path}." if path else ""
    where = f"{base}spec"
    yield from _placement(spec, where)
    if annotations:
        yield from _annotations(spec, annotations, base)
    for index, volume in enumerate(spec.get("volumes") or ()):
        for field in _VOLUMES.keys() & volume.keys():
            named = "storageOS" if field == "storageos" else field
            yield f"{where}.volumes[{index}].{named}: {_VOLUMES[field]}"
    yield from _repeated(spec, where, "hostAliases", "ip")
    yield from _repeated(spec, where, "imagePullSecrets", "name")
    for index, secret in enumerate(spec.get("imagePullSecrets") or ()):
        if not secret.get("name"):
            yield f'{where}.imagePullSecrets[{index}].name: invalid empty name ""'
    yield from _fractions(spec.get("overhead"), f"{where}.overhead")
    for place, container in _containers(spec, where):
        for field in ("limits", "requests"):
            amounts = (container.get("resources") or {}).get(field)
            yield from _fractions(amounts, f"{place}.resources.{field}")
        yield from _environment(container, place)
    yield from _ports(spec, where)
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        why = "must be >= 0; negative values are invalid and will be treated as 1"
        yield f"{where}.terminationGracePeriodSeconds: {why}"
    if "affinity" in spec:
        yield from _affinity_terms(spec, where)


def node_terms(term: Obj, path: str) -> Iterator[str]:
    """Of a term of a node selector."""
    for index, requirement in enumerate(term.get("matchExpressions") or ()):
        key = requirement.get("key", "")
        if key in _NODE_LABELS:
            yield f"{path}.matchExpressions[{index}].key: {key} is {_NODE_LABELS[key]}"


def _placement(spec: Obj, where: str) -> Iterator[str]:
    for key in spec.get("nodeSelector") or ():
        if key in _NODE_LABELS:
            yield f"{where}.nodeSelector[{key}]: {_NODE_LABELS[key]}"
    if "affinity" in spec:
        yield from _node_affinity(
            spec["affinity"].get("nodeAffinity") or {}, f"{where}.affinity.nodeAffinity"
        )
    for index, constraint in enumerate(spec.get("topologySpreadConstraints") or ()):
        place, key = f"{where}.topologySpreadConstraints[{index}]", constraint.get("topologyKey", "")
        if key in _NODE_LABELS:
            yield f"{place}.topologyKey: {key} is {_NODE_LABELS[key]}"
        if constraint.get("labelSelector") is None:
            yield f"{place}.labelSelector: {_NO_POD}"


def _node_affinity(affinity: Obj, path: str) -> Iterator[str]:
    required = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or {}
    for index, term in enumerate(required.get("nodeSelectorTerms") or ()):
        place = f"{path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[{index}]"
        yield from node_terms(term, place)
    for index, preferred in enumerate(affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()):
        place = f"{path}.preferredDuringSchedulingIgnoredDuringExecution[{index}].preference"
        yield from node_terms(preferred.get("preference") or {}, place)


def _affinity_terms(spec: Obj, where: str) -> Iterator[str]:
    for field in ("podAffinity", "podAntiAffinity"):
        affinity = spec["affinity"].get(field) or {}
        for mode, inner in (("required", ""), ("preferred", "podAffinityTerm")):
            terms = f"{mode}DuringSchedulingIgnoredDuringExecution"
            for index, term in enumerate(affinity.get(terms) or ()):
                if ((term.get(inner) or {}) if inner else term).get("labelSelector") is None:
                    place = f"{where}.affinity.{field}.{terms}[{index}]{f'.{inner}' if inner else ''}"
                    yield f"{place}.labelSelector: {_NO_POD}"


def _repeated(spec: Obj, where: str, field: str, key: str) -> Iterator[str]:
    seen = set()
    for index, item in enumerate(spec.get(field) or ()):
        value = item.get(key, "")
        if value in seen:
            yield f'{where}.{field}[{index}].{key}: duplicate {key} "{value}"'
        seen.add(value)


def _fractions(amounts: Obj | None, path: str) -> Iterator[str]:
    for name in _BYTES if amounts else ():
        amount = (amounts or {}).get(name)
        if amount is not None and quantity.millis(amount) % 1000:
            yield f'{path}[{name}]: fractional byte value "{amount}" is invalid, must be an integer'


def _annotations(spec: Obj, annotations: Obj, base: str) -> Iterator[str]:
    """Those of old, whose place fields have taken."""
    for key, why in _ANNOTATIONS.items():
        if key in annotations:
            yield f"{base}metadata.annotations[{key}]: {why}"
    security = spec.get("securityContext") or {}
    if "seccompProfile" not in security and _SECCOMP_POD in annotations:
        yield f"{base}metadata.annotations[{_SECCOMP_POD}]: {_SECCOMP}"
    for _, container in _containers(spec, ""):
        own = container.get("securityContext") or {}
        seccomp = f"container.seccomp.security.alpha.kubernetes.io/{container['name']}"
        if "seccompProfile" not in own and seccomp in annotations:
            yield f"{base}metadata.annotations[{seccomp}]: {_SECCOMP}"
        armour = f"container.apparmor.security.beta.kubernetes.io/{container['name']}"
        has_field = "appArmorProfile" in security or "appArmorProfile" in own
        if base and not has_field and armour in annotations:
            yield f"{base}metadata.annotations[{armour}]: {_APP_ARMOR}"


def _containers(spec: Obj, where: str) -> Iterator[tuple[str, Obj]]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(spec.get(field) or ()):
            yield f"{where}.{field}[{index}]", container


def _environment(container: Obj, place: str) -> Iterator[str]:
    seen = set()
    for index, variable in enumerate(container.get("env") or ()):
        name, value = variable.get("name", ""), variable.get("value", "")
        reference = f"$({name})"
        extends = "valueFrom" not in variable and reference in value and value != reference
        if name in seen and not extends:
            hidden = f'hides previous definition of "{name}", which may be dropped when using apply'
            yield f"{place}.env[{index}]: {hidden}"
        seen.add(name)


def _ports(spec: Obj, where: str) -> Iterator[str]:
    known: dict[tuple[int, str], list[tuple[str, Obj]]] = defaultdict(list)
    for place, container in _containers(spec, where):
        for index, port in enumerate(container.get("ports") or ()):
            path = f"{place}.ports[{index}]"
            if port.get("hostIP") and not port.get("hostPort"):
                yield f"{path}: hostIP set without hostPort: {_shown(port)}"
            others = known[port.get("containerPort", 0), port.get("protocol", "TCP")]
            for other_path, other in others:
                problem = _clash(port, other)
                if problem:
                    yield f"{path}: {problem} port definition with {other_path}"
            others.append((path, port))


def _clash(port: Obj, other: Obj) -> str:
    numbers = port.get("hostPort", 0), other.get("hostPort", 0)
    addresses = port.get("hostIP", ""), other.get("hostIP", "")
    if numbers[0] == numbers[1] and addresses[0] == addresses[1]:
        return "duplicate"
    if 0 in numbers:
        return "overlapping"
    one_is_missing = (addresses[0] == "") != (addresses[1] == "")
    return "dangerously ambiguous" if numbers[0] == numbers[1] and one_is_missing else ""


def _shown(port: Obj) -> str:
    return (
        f"{{Name:{port.get('name', '')} HostPort:{port.get('hostPort', 0)} "
        f"ContainerPort:{port.get('containerPort', 0)} Protocol:{port.get('protocol', '')} "
        f"HostIP:{port.get('hostIP', '')}}}"
    )
