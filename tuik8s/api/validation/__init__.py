"""What the API server refuses with 422 Invalid, in its words: the rules of pkg/apis/*/validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from tuik8s.api.validation import (
    batch,
    certificates,
    cluster,
    configuration,
    controllers,
    definitions,
    endpoints,
    events,
    extensions,
    metadata,
    networking,
    pod_updates,
    pods,
    quotas,
    rbac,
    scaling,
    services,
    storage,
    workloads,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

    Create: TypeAlias = Callable[[Obj], Iterator[FieldError]]
    Update: TypeAlias = Callable[[Obj, Obj], Iterator[FieldError]]

_ADMISSION = "admissionregistration.k8s.io"

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
    "statefulsets.apps": controllers.validate_stateful_set,
    "daemonsets.apps": controllers.validate_daemon_set,
    "replicationcontrollers": controllers.validate_replication_controller,
    "podtemplates": controllers.validate_pod_template,
    "controllerrevisions.apps": controllers.validate_controller_revision,
    "jobs.batch": batch.validate_job,
    "cronjobs.batch": batch.validate_cron_job,
    "horizontalpodautoscalers.autoscaling": scaling.validate_autoscaler,
    "poddisruptionbudgets.policy": scaling.validate_disruption_budget,
    "ingresses.networking.k8s.io": networking.validate_ingress,
    "ingressclasses.networking.k8s.io": networking.validate_ingress_class,
    "networkpolicies.networking.k8s.io": networking.validate_network_policy,
    "ipaddresses.networking.k8s.io": networking.validate_ip_address,
    "servicecidrs.networking.k8s.io": networking.validate_service_cidr,
    "persistentvolumes": storage.validate_persistent_volume,
    "persistentvolumeclaims": storage.validate_claim,
    "storageclasses.storage.k8s.io": storage.validate_storage_class,
    "volumeattributesclasses.storage.k8s.io": storage.validate_attributes_class,
    "volumeattachments.storage.k8s.io": storage.validate_attachment,
    "csidrivers.storage.k8s.io": storage.validate_csi_driver,
    "csinodes.storage.k8s.io": storage.validate_csi_node,
    "csistoragecapacities.storage.k8s.io": storage.validate_csi_capacity,
    "runtimeclasses.node.k8s.io": storage.validate_runtime_class,
    "resourcequotas": quotas.validate_quota,
    "limitranges": quotas.validate_limit_range,
    "priorityclasses.scheduling.k8s.io": quotas.validate_priority_class,
    "flowschemas.flowcontrol.apiserver.k8s.io": quotas.validate_flow_schema,
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": quotas.validate_priority_level,
    f"mutatingwebhookconfigurations.{_ADMISSION}": extensions.validate_webhooks,
    f"validatingwebhookconfigurations.{_ADMISSION}": extensions.validate_webhooks,
    f"validatingadmissionpolicies.{_ADMISSION}": extensions.validate_validating_policy,
    f"validatingadmissionpolicybindings.{_ADMISSION}": extensions.validate_validating_binding,
    f"mutatingadmissionpolicies.{_ADMISSION}": extensions.validate_mutating_policy,
    f"mutatingadmissionpolicybindings.{_ADMISSION}": extensions.validate_policy_binding,
    "apiservices.apiregistration.k8s.io": extensions.validate_api_service,
    "certificatesigningrequests.certificates.k8s.io": certificates.validate_certificate_request,
    "roles.rbac.authorization.k8s.io": rbac.validate_role,
    "clusterroles.rbac.authorization.k8s.io": rbac.validate_cluster_role,
    "rolebindings.rbac.authorization.k8s.io": rbac.validate_role_binding,
    "clusterrolebindings.rbac.authorization.k8s.io": rbac.validate_cluster_role_binding,
}

_ONLY_CREATE: dict[str, Create] = {
    "ingresses.networking.k8s.io": networking.validate_ingress_create,
}
"""What holds for new objects alone: what is there already may break it."""

_UPDATE: dict[tuple[str, str], Update] = {
    ("statefulsets.apps", ""): controllers.validate_stateful_set_update,
    ("statefulsets.apps", "status"): controllers.validate_stateful_set_status,
    ("daemonsets.apps", ""): workloads.validate_selector_update,
    ("controllerrevisions.apps", ""): controllers.validate_controller_revision_update,
    ("jobs.batch", ""): batch.validate_job_update,
    ("jobs.batch", "status"): batch.validate_job_status,
    ("ingressclasses.networking.k8s.io", ""): networking.validate_ingress_class_update,
    ("ipaddresses.networking.k8s.io", ""): networking.validate_ip_address_update,
    ("servicecidrs.networking.k8s.io", ""): networking.validate_service_cidr_update,
    ("persistentvolumes", ""): storage.validate_persistent_volume_update,
    ("persistentvolumeclaims", ""): storage.validate_claim_update,
    ("storageclasses.storage.k8s.io", ""): storage.validate_storage_class_update,
    ("volumeattributesclasses.storage.k8s.io", ""): storage.validate_attributes_class_update,
    ("volumeattachments.storage.k8s.io", ""): storage.validate_attachment_update,
    ("csistoragecapacities.storage.k8s.io", ""): storage.validate_csi_capacity_update,
    ("runtimeclasses.node.k8s.io", ""): storage.validate_runtime_class_update,
    ("resourcequotas", ""): quotas.validate_quota_update,
    ("priorityclasses.scheduling.k8s.io", ""): quotas.validate_priority_class_update,
    ("certificatesigningrequests.certificates.k8s.io", "approval"): certificates.validate_approval_update,
    ("certificatesigningrequests.certificates.k8s.io", "status"): certificates.validate_status_update,
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
        only = _ONLY_CREATE.get(kind.resource)
        return errors if only is None else [*errors, *only(obj)]
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
