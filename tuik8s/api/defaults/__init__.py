"""What the API server fills in before it validates: the defaulting functions of pkg/apis/*/v1/defaults.go,
and what the conversions to and from its internal types and the create strategies add."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.defaults import cluster, definitions, pods, rbac, services, workloads

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

_BY_RESOURCE: dict[str, Callable[[Obj], None]] = {
    "pods": pods.default_pod,
    "namespaces": cluster.default_namespace,
    "nodes": cluster.default_node,
    "secrets": cluster.default_secret,
    "services": services.default_service,
    "endpoints": services.default_endpoints,
    "endpointslices.discovery.k8s.io": services.default_endpoint_slice,
    "customresourcedefinitions.apiextensions.k8s.io": definitions.default_definition,
    "deployments.apps": workloads.default_deployment,
    "replicasets.apps": workloads.default_replica_set,
    "rolebindings.rbac.authorization.k8s.io": rbac.default_binding,
    "clusterrolebindings.rbac.authorization.k8s.io": rbac.default_binding,
}


def set_defaults(kind: Kind, obj: Obj) -> None:
    """In place, on a decoded object that nobody else holds. Doing it again changes nothing."""
    apply = _BY_RESOURCE.get(kind.resource)
    if apply is not None:
        apply(obj)
