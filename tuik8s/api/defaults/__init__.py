"""What the API server fills in before it validates: the defaulting functions of pkg/apis/*/v1/defaults.go,
and what the conversions to and from its internal types and the create strategies add."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tuik8s.api.defaults import (
    batch,
    cluster,
    definitions,
    networking,
    pods,
    policies,
    rbac,
    scaling,
    services,
    storage,
    workloads,
)
from tuik8s.api.models import model_of

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
    "statefulsets.apps": workloads.default_stateful_set,
    "daemonsets.apps": workloads.default_daemon_set,
    "replicationcontrollers": workloads.default_replication_controller,
    "podtemplates": workloads.default_pod_template,
    "jobs.batch": batch.default_job,
    "cronjobs.batch": batch.default_cron_job,
    "horizontalpodautoscalers.autoscaling": scaling.default_autoscaler,
    "ingressclasses.networking.k8s.io": networking.default_ingress_class,
    "networkpolicies.networking.k8s.io": networking.default_network_policy,
    "persistentvolumes": storage.default_persistent_volume,
    "persistentvolumeclaims": storage.default_claim,
    "storageclasses.storage.k8s.io": storage.default_storage_class,
    "csidrivers.storage.k8s.io": storage.default_csi_driver,
    "limitranges": policies.default_limit_range,
    "priorityclasses.scheduling.k8s.io": policies.default_priority_class,
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": policies.default_webhooks,
    "validatingwebhookconfigurations.admissionregistration.k8s.io": policies.default_webhooks,
    "mutatingadmissionpolicies.admissionregistration.k8s.io": policies.default_policy,
    "validatingadmissionpolicies.admissionregistration.k8s.io": policies.default_policy,
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": policies.default_policy_binding,
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": policies.default_policy_binding,
    "apiservices.apiregistration.k8s.io": policies.default_api_service,
    "flowschemas.flowcontrol.apiserver.k8s.io": policies.default_flow_schema,
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": policies.default_priority_level,
    "resourceclaims.resource.k8s.io": policies.default_resource_claim,
    "resourceclaimtemplates.resource.k8s.io": policies.default_resource_claim_template,
}


def set_defaults(kind: Kind, obj: Obj) -> None:
    """In place, on a decoded object that nobody else holds. Doing it again changes nothing."""
    if _has_spec(kind.model):
        obj.setdefault("spec", {})  # in Go a struct, which is always there
    apply = _BY_RESOURCE.get(kind.resource)
    if apply is not None:
        apply(obj)


@cache
def _has_spec(model: str) -> bool:
    return bool(model) and "spec" in model_of(model).__struct_fields__
