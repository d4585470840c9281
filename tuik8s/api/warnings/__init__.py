"""What Kubernetes lets through but warns of (`WarningsOnCreate` and `WarningsOnUpdate` of its strategies)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds, names
from tuik8s.api.customresources import CustomKind
from tuik8s.api.pods import SPEC_PATHS
from tuik8s.api.validation.metadata import STANDARD_FINALIZERS
from tuik8s.api.validation.networking import INGRESS_CLASS_ANNOTATION
from tuik8s.api.volumes import CLASS_ANNOTATION
from tuik8s.api.warnings.pods import node_terms, of_pod
from tuik8s.api.warnings.services import of_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

__all__ = ["warnings_of"]

_NAMES_PODS = frozenset((
    kinds.REPLICATION_CONTROLLER, kinds.REPLICA_SET, kinds.DEPLOYMENT, kinds.JOB, kinds.CRON_JOB,
))  # fmt: skip
_TEMPLATED = frozenset((
    *_NAMES_PODS, kinds.STATEFUL_SET, kinds.DAEMON_SET, kinds.POD_TEMPLATE,
))  # fmt: skip
_SURPRISE = "which can result in surprising behavior; a DNS label is recommended"
_REMOVED_VOLUMES = {
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
}


def warnings_of(kind: Kind, obj: Obj, old: Obj | None) -> list[str]:
    """Of a valid object, new or instead of `old`. A pod is looked at once: it can hardly change."""
    if isinstance(kind, CustomKind):
        return list(_finalizers(obj, old))
    if kind in _TEMPLATED:
        return list(_workload(kind, obj, old))
    rule = _RULES.get(kind)
    return list(rule(obj, old)) if rule is not None else []


def _workload(kind: Kind, obj: Obj, old: Obj | None) -> Iterator[str]:
    if old is not None and old["metadata"].get("generation") == obj["metadata"].get("generation"):
        return
    if old is None and kind in _NAMES_PODS:
        yield from _name(obj, "Pod names and hostnames")
    *path, _ = SPEC_PATHS[kind.kind]
    template: Obj = obj
    for part in path:
        template = template.get(part) or {}
    yield from of_pod(template, ".".join(path))


def _pod(obj: Obj, old: Obj | None) -> Iterator[str]:
    if old is None:
        yield from _name(obj, "the Pod's hostname")
        yield from of_pod(obj)


def _name(obj: Obj, use: str) -> Iterator[str]:
    problems = names.dns_label(obj["metadata"].get("name", ""))
    if problems:
        yield f"metadata.name: this is used in {use}, {_SURPRISE}: [{' '.join(problems)}]"


def _ingress(obj: Obj, old: Obj | None) -> Iterator[str]:
    annotations = obj["metadata"].get("annotations") or {}
    if old is None and INGRESS_CLASS_ANNOTATION in annotations and "ingressClassName" not in obj["spec"]:
        instead = "please use 'spec.ingressClassName' instead"
        yield f'annotation "{INGRESS_CLASS_ANNOTATION}" is deprecated, {instead}'


def _persistent_volume(obj: Obj, _: Obj | None) -> Iterator[str]:
    spec = obj["spec"]
    if CLASS_ANNOTATION in (obj["metadata"].get("annotations") or {}):
        where = f"metadata.annotations[{CLASS_ANNOTATION}]"
        yield f'{where}: deprecated since v1.8; use "storageClassName" attribute instead'
    if spec.get("persistentVolumeReclaimPolicy") == "Recycle":
        yield (
            "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the "
            "recommended approach is to use dynamic provisioning."
        )
    required = (spec.get("nodeAffinity") or {}).get("required") or {}
    for index, term in enumerate(required.get("nodeSelectorTerms") or ()):
        yield from node_terms(term, f"spec.nodeAffinity.required.nodeSelectorTerms[{index}]")
    for field, why in _REMOVED_VOLUMES.items():
        if field in spec:
            yield f"spec.{'storageOS' if field == 'storageos' else field}: {why}"


def _finalizers(obj: Obj, old: Obj | None) -> Iterator[str]:
    """Of custom resources, which may have any; those of other kinds are validated."""
    before = (old or {}).get("metadata", {}).get("finalizers") or ()
    for name in sorted(set(obj["metadata"].get("finalizers") or ()) - set(before)):
        where = f'metadata.finalizers: "{name}"'
        yield from (f"{where}: {problem}" for problem in names.qualified_name(name))
        if "/" not in name and name not in STANDARD_FINALIZERS:
            yield (
                f"{where}: prefer a domain-qualified finalizer name including a path (/) to avoid accidental "
                "conflicts with other finalizer writers"
            )


_RULES: dict[Kind, Callable[[Obj, Obj | None], Iterator[str]]] = {
    kinds.POD: _pod,
    kinds.SERVICE: of_service,
    kinds.INGRESS: _ingress,
    kinds.PERSISTENT_VOLUME: _persistent_volume,
}
