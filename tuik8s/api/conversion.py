"""Objects of API versions that Kubernetes no longer serves, as old manifests and tutorials have them.

Each is turned into the version that took its place, with the defaults of its own time and a warning in the
words Kubernetes had for it. Objects come as clients sent them: nothing about their shape is certain yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.api.autoscaling import metric_to_v2
from tuik8s.api.objects import copy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuik8s.api.objects import Obj

_ROLLBACK_ANNOTATION = "deprecated.deployment.rollback.revision"
_GENERATION_ANNOTATION = "deprecated.daemonset.template.generation"
_SELECTS_NOTHING = "pdb.kubernetes.io/deprecated-v1beta1-empty-selector-match"
_UNLIMITED = 2**31 - 1
"""What an unset history limit or progress deadline meant in extensions/v1beta1."""


class Retired(NamedTuple):
    """An old API version of a kind: when it was deprecated and removed (1.x), and what replaced it."""

    deprecated: int
    removed: int
    replacement: str
    convert: Callable[[Obj], None] | None = None
    """Changes a copy in place; None where only the version's name changed."""


def retired_versions() -> Iterator[tuple[str, str, str]]:
    """(API version, kind, the version that took its place) of all that are converted."""
    for (version, kind), retired in _RETIRED.items():
        yield version, kind, retired.replacement


def to_served(obj: Obj) -> tuple[Obj, list[str]]:
    """The object in its current version, and warnings; an object that is current comes back as it is.

    The input is never changed.
    """
    version, kind = obj.get("apiVersion"), obj.get("kind")
    retired = _RETIRED.get((version, kind)) if isinstance(version, str) and isinstance(kind, str) else None
    if retired is None:
        return obj, []
    converted = copy(obj)
    converted["apiVersion"] = retired.replacement
    if retired.convert is not None:
        retired.convert(converted)
    warning = (
        f"{version} {kind} is deprecated in v1.{retired.deprecated}+, unavailable in v1.{retired.removed}+; "
        f"use {retired.replacement} {kind}"
    )
    return converted, [warning]


def _dict(holder: Any, field: str) -> Obj:
    """A part of the object to read or change; a new, unattached one where it is missing or something else."""
    part = holder.get(field) if isinstance(holder, dict) else None
    return part if isinstance(part, dict) else {}


def _dicts(holder: Any, field: str) -> list[Obj]:
    part = holder.get(field) if isinstance(holder, dict) else None
    return [item for item in part if isinstance(item, dict)] if isinstance(part, list) else []


def _own(holder: Obj, field: str) -> Obj:
    """A part of the object, made where it is missing."""
    if holder.get(field) is None:
        holder[field] = {}
    return _dict(holder, field)


def _selector_from_template(workload: Obj) -> None:
    """Selector and labels were taken from the template's labels."""
    spec = _dict(workload, "spec")
    labels = _dict(_dict(_dict(spec, "template"), "metadata"), "labels")
    if not labels:
        return
    if spec.get("selector") is None:
        spec["selector"] = {"matchLabels": dict(labels)}
    metadata = _own(workload, "metadata")
    if not metadata.get("labels"):
        metadata["labels"] = dict(labels)


def _to_annotation(workload: Obj, value: Any, annotation: str) -> None:
    if isinstance(value, int) and not isinstance(value, bool):
        _own(_own(workload, "metadata"), "annotations")[annotation] = str(value)


def _rollback_to_annotation(deployment: Obj) -> None:
    rollback = _dict(deployment, "spec").pop("rollbackTo", None)
    if isinstance(rollback, dict):
        _to_annotation(deployment, rollback.get("revision", 0), _ROLLBACK_ANNOTATION)


def _deployment_extensions(deployment: Obj) -> None:
    _selector_from_template(deployment)
    _rollback_to_annotation(deployment)
    spec = _own(deployment, "spec")
    for field in ("revisionHistoryLimit", "progressDeadlineSeconds"):
        if spec.get(field) is None:
            spec[field] = _UNLIMITED
    strategy = _own(spec, "strategy")
    if strategy.get("type") in (None, "", "RollingUpdate"):
        rolling = _own(strategy, "rollingUpdate")
        for field in ("maxUnavailable", "maxSurge"):
            if rolling.get(field) is None:
                rolling[field] = 1


def _deployment_v1beta1(deployment: Obj) -> None:
    _selector_from_template(deployment)
    _rollback_to_annotation(deployment)
    spec = _own(deployment, "spec")
    if spec.get("revisionHistoryLimit") is None:
        spec["revisionHistoryLimit"] = 2


def _daemon_set_extensions(daemon_set: Obj) -> None:
    _selector_from_template(daemon_set)
    generation = _dict(daemon_set, "spec").pop("templateGeneration", None)
    _to_annotation(daemon_set, generation, _GENERATION_ANNOTATION)
    _update_on_delete(daemon_set)


def _stateful_set_v1beta1(stateful_set: Obj) -> None:
    _selector_from_template(stateful_set)
    _update_on_delete(stateful_set)


def _update_on_delete(workload: Obj) -> None:
    """Rolling updates of these kinds were no default yet."""
    strategy = _own(_own(workload, "spec"), "updateStrategy")
    if not strategy.get("type"):
        strategy["type"] = "OnDelete"


def _ingress(ingress: Obj) -> None:
    spec = _dict(ingress, "spec")
    if "backend" in spec:
        spec["defaultBackend"] = _ingress_backend(spec.pop("backend"))
    for rule in _dicts(spec, "rules"):
        for path in _dicts(_dict(rule, "http"), "paths"):
            path["backend"] = _ingress_backend(path.get("backend"))
            if not path.get("pathType"):
                path["pathType"] = "ImplementationSpecific"


def _ingress_backend(backend: Any) -> Any:
    if not isinstance(backend, dict) or not {"serviceName", "servicePort"} & backend.keys():
        return backend
    rest = {key: value for key, value in backend.items() if key not in ("serviceName", "servicePort")}
    port = backend.get("servicePort")
    reference = {"name": port} if isinstance(port, str) else {"number": port}
    return {"service": {"name": backend.get("serviceName", ""), "port": reference}, **rest}


def _disruption_budget(budget: Obj) -> None:
    """An empty selector selected nothing; today it selects everything."""
    spec = _dict(budget, "spec")
    if spec.get("selector") == {}:
        spec["selector"] = {"matchExpressions": [{"key": _SELECTS_NOTHING, "operator": "Exists"}]}


def _autoscaler_v2beta1(autoscaler: Obj) -> None:
    """Targets stood beside the metric's name."""
    spec = _dict(autoscaler, "spec")
    if isinstance(spec.get("metrics"), list):
        spec["metrics"] = [metric_to_v2(metric) for metric in spec["metrics"]]
    autoscaler.pop("status", None)


def _priority_level(level: Obj) -> None:
    limited = _dict(_dict(level, "spec"), "limited")
    if "assuredConcurrencyShares" in limited:
        limited["nominalConcurrencyShares"] = limited.pop("assuredConcurrencyShares")


def _webhooks(configuration: Obj) -> None:
    """What was optional, with the defaults of then."""
    for webhook in _dicts(configuration, "webhooks"):
        webhook.setdefault("failurePolicy", "Ignore")
        webhook.setdefault("matchPolicy", "Exact")
        webhook.setdefault("timeoutSeconds", 30)
        webhook.setdefault("admissionReviewVersions", ["v1beta1"])


def _certificate_request(request: Obj) -> None:
    spec = _dict(request, "spec")
    if not spec.get("signerName"):
        spec["signerName"] = "kubernetes.io/legacy-unknown"


def _endpoint_slice(endpoint_slice: Obj) -> None:
    for endpoint in _dicts(endpoint_slice, "endpoints"):
        topology = endpoint.pop("topology", None)
        if not isinstance(topology, dict):
            continue
        host = topology.pop("kubernetes.io/hostname", None)
        zone = topology.pop("topology.kubernetes.io/zone", None)
        if host and not endpoint.get("nodeName"):
            endpoint["nodeName"] = host
        if zone:
            endpoint["zone"] = zone
        if topology:
            endpoint["deprecatedTopology"] = topology


def _definition(definition: Obj) -> None:
    """What was said once of all versions is said of each; a schema left fields alone that it did not name."""
    spec = _own(definition, "spec")
    version = spec.pop("version", None)
    if not spec.get("versions") and version is not None:
        spec["versions"] = [{"name": version, "served": True, "storage": True}]
    spec["scope"] = spec.get("scope") or "Namespaced"
    keeps = spec.pop("preserveUnknownFields", None) is not False
    for field, name in (
        ("validation", "schema"), ("subresources", "subresources"),
        ("additionalPrinterColumns", "additionalPrinterColumns"),
    ):  # fmt: skip
        shared = spec.pop(field, None)
        for item in _dicts(spec, "versions"):
            if item.get(name) is None and shared is not None:
                item[name] = copy(shared)
    for item in _dicts(spec, "versions"):
        for column in _dicts(item, "additionalPrinterColumns"):
            column["jsonPath"] = column.pop("JSONPath", None)
        _type_objects(_own(_own(item, "schema"), "openAPIV3Schema"), keeps=keeps, is_root=True)


def _type_objects(schema: Obj, *, keeps: bool, is_root: bool = False) -> None:
    """What has properties is an object, though old schemas need not say so."""
    if schema.get("properties") is not None or is_root:
        schema["type"] = schema.get("type") or "object"
        if keeps:
            schema["x-kubernetes-preserve-unknown-fields"] = True
    for part in _dict(schema, "properties").values():
        if isinstance(part, dict):
            _type_objects(part, keeps=keeps)
    if isinstance(schema.get("items"), dict):
        _type_objects(schema["items"], keeps=keeps)


def _renamed(
    versions: str, kinds: str, deprecated: int, removed: int, replacement: str,
    convert: Callable[[Obj], None] | None = None,
) -> dict[Any, Retired]:  # fmt: skip
    retired = Retired(deprecated, removed, replacement, convert)
    return {(version, kind): retired for version in versions.split() for kind in kinds.split()}


_WORKLOADS = "Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision"
_STORAGE = "StorageClass CSIDriver VolumeAttachment"
_RBAC = "Role RoleBinding ClusterRole ClusterRoleBinding"
_FLOW = "FlowSchema PriorityLevelConfiguration"
_WEBHOOKS = "MutatingWebhookConfiguration ValidatingWebhookConfiguration"

_RETIRED: dict[tuple[str, str], Retired] = {
    ("extensions/v1beta1", "Deployment"): Retired(8, 16, "apps/v1", _deployment_extensions),
    ("extensions/v1beta1", "ReplicaSet"): Retired(8, 16, "apps/v1", _selector_from_template),
    ("extensions/v1beta1", "DaemonSet"): Retired(8, 16, "apps/v1", _daemon_set_extensions),
    ("extensions/v1beta1", "NetworkPolicy"): Retired(9, 16, "networking.k8s.io/v1"),
    ("extensions/v1beta1", "Ingress"): Retired(14, 22, "networking.k8s.io/v1", _ingress),
    ("apps/v1beta1", "Deployment"): Retired(8, 16, "apps/v1", _deployment_v1beta1),
    ("apps/v1beta1", "StatefulSet"): Retired(8, 16, "apps/v1", _stateful_set_v1beta1),
    **_renamed("apps/v1beta1", "ControllerRevision", 8, 16, "apps/v1"),
    **_renamed("apps/v1beta2", _WORKLOADS, 9, 16, "apps/v1"),
    ("networking.k8s.io/v1beta1", "Ingress"): Retired(19, 22, "networking.k8s.io/v1", _ingress),
    **_renamed("networking.k8s.io/v1beta1", "IngressClass", 19, 22, "networking.k8s.io/v1"),
    ("discovery.k8s.io/v1beta1", "EndpointSlice"): Retired(21, 25, "discovery.k8s.io/v1", _endpoint_slice),
    **_renamed("batch/v1beta1 batch/v2alpha1", "CronJob", 21, 25, "batch/v1"),
    ("policy/v1beta1", "PodDisruptionBudget"): Retired(21, 25, "policy/v1", _disruption_budget),
    **_renamed("events.k8s.io/v1beta1", "Event", 22, 25, "events.k8s.io/v1"),
    **_renamed("coordination.k8s.io/v1beta1", "Lease", 19, 22, "coordination.k8s.io/v1"),
    **_renamed(
        "rbac.authorization.k8s.io/v1alpha1 rbac.authorization.k8s.io/v1beta1",
        _RBAC, 17, 22, "rbac.authorization.k8s.io/v1",
    ),
    **_renamed("storage.k8s.io/v1beta1", _STORAGE, 19, 22, "storage.k8s.io/v1"),
    **_renamed("storage.k8s.io/v1beta1", "CSINode", 17, 22, "storage.k8s.io/v1"),
    **_renamed("storage.k8s.io/v1beta1", "CSIStorageCapacity", 24, 27, "storage.k8s.io/v1"),
    **_renamed("scheduling.k8s.io/v1beta1", "PriorityClass", 14, 22, "scheduling.k8s.io/v1"),
    **_renamed("node.k8s.io/v1beta1", "RuntimeClass", 22, 25, "node.k8s.io/v1"),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler"): Retired(
        22, 25, "autoscaling/v2", _autoscaler_v2beta1
    ),
    **_renamed("autoscaling/v2beta2", "HorizontalPodAutoscaler", 23, 26, "autoscaling/v2"),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition"): Retired(
        16, 22, "apiextensions.k8s.io/v1", _definition
    ),
    **_renamed("apiregistration.k8s.io/v1beta1", "APIService", 19, 22, "apiregistration.k8s.io/v1"),
    ("certificates.k8s.io/v1beta1", "CertificateSigningRequest"): Retired(
        19, 22, "certificates.k8s.io/v1", _certificate_request
    ),
    **_renamed(
        "admissionregistration.k8s.io/v1beta1", _WEBHOOKS, 16, 22, "admissionregistration.k8s.io/v1",
        _webhooks,
    ),
    **_renamed(
        "flowcontrol.apiserver.k8s.io/v1beta1", _FLOW, 23, 26, "flowcontrol.apiserver.k8s.io/v1",
        _priority_level,
    ),
    **_renamed(
        "flowcontrol.apiserver.k8s.io/v1beta2", _FLOW, 26, 29, "flowcontrol.apiserver.k8s.io/v1",
        _priority_level,
    ),
    **_renamed("flowcontrol.apiserver.k8s.io/v1beta3", _FLOW, 29, 32, "flowcontrol.apiserver.k8s.io/v1"),
}  # fmt: skip
"""From the lifecycle marks of k8s.io/api. Beta versions of today are not among them."""
