"""What the API server refuses with 422 Invalid, in its words: the rules of pkg/apis/*/validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from tuik8s.api.validation import (
    cluster,
    configuration,
    definitions,
    endpoints,
    events,
    metadata,
    pod_updates,
    pods,
    rbac,
    services,
    workloads,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

    Create: TypeAlias = Callable[[Obj], Iterator[FieldError]]
    Update: TypeAlias = Callable[[Obj, Obj], Iterator[FieldError]]

_CREATE: dict[str, Create] = {
    "pods": pods.validate_pod_create,
    "namespaces": cluster.validate_namespace,
    "nodes": cluster.validate_node,
    "leases.coordination.k8s.io": cluster.validate_lease,
    "configmaps": configuration.validate_config_map,
    "secrets": configuration.validate_secret,
    "services": services.validate_service,
    "endpoints": endpoints.validate_endpoints,
    "endpointslices.discovery.k8s.io": endpoints.validate_endpoint_slice,
    "events": events.validate_core_event,
    "events.events.k8s.io": events.validate_event,
    "customresourcedefinitions.apiextensions.k8s.io": definitions.validate_definition,
    "deployments.apps": workloads.validate_deployment,
    "replicasets.apps": workloads.validate_replica_set,
    "roles.rbac.authorization.k8s.io": rbac.validate_role,
    "clusterroles.rbac.authorization.k8s.io": rbac.validate_cluster_role,
    "rolebindings.rbac.authorization.k8s.io": rbac.validate_role_binding,
    "clusterrolebindings.rbac.authorization.k8s.io": rbac.validate_cluster_role_binding,
}

_UPDATE: dict[tuple[str, str], Update] = {
    ("pods", ""): pod_updates.validate_pod_update,
    ("pods", "status"): pod_updates.validate_pod_status_update,
    ("pods", "ephemeralcontainers"): pod_updates.validate_ephemeral_containers_update,
    ("pods", "resize"): pod_updates.validate_pod_resize,
    ("namespaces", "status"): cluster.validate_namespace_status_update,
    ("namespaces", "finalize"): cluster.validate_namespace_finalize,
    ("nodes", ""): cluster.validate_node_update,
    ("nodes", "status"): cluster.validate_node_update,
    ("configmaps", ""): configuration.validate_config_map_update,
    ("secrets", ""): configuration.validate_secret_update,
    ("services", ""): services.validate_service_update,
    ("services", "status"): services.validate_service_status_update,
    ("endpointslices.discovery.k8s.io", ""): endpoints.validate_endpoint_slice_update,
    ("events.events.k8s.io", ""): events.validate_event_update,
    ("customresourcedefinitions.apiextensions.k8s.io", ""): definitions.validate_definition_update,
    ("customresourcedefinitions.apiextensions.k8s.io", "status"): definitions.validate_definition_status,
    ("deployments.apps", ""): workloads.validate_selector_update,
    ("deployments.apps", "status"): workloads.validate_deployment_status_update,
    ("replicasets.apps", ""): workloads.validate_selector_update,
    ("replicasets.apps", "status"): workloads.validate_replica_set_status,
    ("rolebindings.rbac.authorization.k8s.io", ""): rbac.validate_binding_update,
    ("clusterrolebindings.rbac.authorization.k8s.io", ""): rbac.validate_binding_update,
}
"""What an update adds to, or for a subresource puts in place of, the rules for a new object."""

_ONLY_UPDATE_RULES = frozenset({"pods", "namespaces", "nodes"})
"""Kinds whose update rules include all that applies of the rules for a new object."""


def validate(kind: Kind, obj: Obj, old: Obj | None = None, subresource: str = "") -> list[FieldError]:
    """All that is wrong with a decoded and defaulted object; empty when it may be stored.

    With `old`, the object is an update of it. An update may leave out what the API server keeps by itself
    (uid, timestamps). Neither object is changed.
    """
    errors: list[FieldError] = []
    any_finalizer = kind.group == "apiextensions.k8s.io"
    if old is None:
        errors += metadata.validate_metadata(kind, obj, any_finalizer=any_finalizer)
        errors += _rules(kind, obj)
        return errors
    errors += metadata.validate_metadata_update(obj, old, any_finalizer=any_finalizer)
    if not subresource and kind.resource not in _ONLY_UPDATE_RULES:
        errors += metadata.validate_metadata(kind, obj, any_finalizer=any_finalizer)
        errors += _rules(kind, obj)
    update = _UPDATE.get((kind.resource, subresource))
    if update is not None:
        errors += update(obj, old)
    return list(dict.fromkeys(errors)) if len(errors) > 1 else errors


def _rules(kind: Kind, obj: Obj) -> Iterator[FieldError]:
    create = _CREATE.get(kind.resource)
    if create is not None:
        yield from create(obj)
