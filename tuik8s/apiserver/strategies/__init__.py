"""Per kind: what a write may change, what the server sets, how a deletion goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.customresources import CustomKind
from tuik8s.apiserver.strategies import policies, workloads
from tuik8s.apiserver.strategies.base import Strategy, keep
from tuik8s.apiserver.strategies.core import (
    CreatedOnUpdateStrategy,
    NamespaceStrategy,
    NodeStrategy,
    PodStrategy,
    SecretStrategy,
)
from tuik8s.apiserver.strategies.custom import CustomResourceStrategy, DefinitionStrategy
from tuik8s.apiserver.strategies.service import ServiceStrategy

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind

__all__ = ["Strategy", "keep", "strategy_for"]

_ADMISSION = "admissionregistration.k8s.io"

_BY_RESOURCE: dict[str, type[Strategy]] = {
    "pods": PodStrategy,
    "namespaces": NamespaceStrategy,
    "nodes": NodeStrategy,
    "secrets": SecretStrategy,
    "services": ServiceStrategy,
    "endpoints": CreatedOnUpdateStrategy,
    "events": CreatedOnUpdateStrategy,
    "events.events.k8s.io": CreatedOnUpdateStrategy,
    "customresourcedefinitions.apiextensions.k8s.io": DefinitionStrategy,
    "leases.coordination.k8s.io": workloads.LeaseStrategy,
    "endpointslices.discovery.k8s.io": workloads.EndpointSliceStrategy,
    "deployments.apps": workloads.DeploymentStrategy,
    "replicasets.apps": workloads.ReplicaSetStrategy,
    "replicationcontrollers": workloads.ReplicationControllerStrategy,
    "statefulsets.apps": workloads.StatefulSetStrategy,
    "daemonsets.apps": workloads.DaemonSetStrategy,
    "podtemplates": workloads.PodTemplateStrategy,
    "jobs.batch": workloads.JobStrategy,
    "cronjobs.batch": workloads.CronJobStrategy,
    "horizontalpodautoscalers.autoscaling": policies.AutoscalerStrategy,
    "poddisruptionbudgets.policy": policies.DisruptionBudgetStrategy,
    "ingresses.networking.k8s.io": policies.IngressStrategy,
    "ingressclasses.networking.k8s.io": workloads.SpecStrategy,
    "networkpolicies.networking.k8s.io": workloads.SpecStrategy,
    "persistentvolumes": policies.ClaimStrategy,
    "persistentvolumeclaims": policies.ClaimStrategy,
    "resourcequotas": policies.QuotaStrategy,
    "limitranges": policies.LimitRangeStrategy,
    "csidrivers.storage.k8s.io": policies.ConditionalSpecStrategy,
    "csinodes.storage.k8s.io": policies.ConditionalStrategy,
    "csistoragecapacities.storage.k8s.io": policies.ConditionalStrategy,
    "volumeattachments.storage.k8s.io": policies.ConditionalStrategy,
    "runtimeclasses.node.k8s.io": policies.ConditionalStrategy,
    "apiservices.apiregistration.k8s.io": policies.ConditionalStrategy,
    "priorityclasses.scheduling.k8s.io": policies.PriorityClassStrategy,
    "certificatesigningrequests.certificates.k8s.io": policies.CertificateRequestStrategy,
    "flowschemas.flowcontrol.apiserver.k8s.io": policies.ConditionalSpecStrategy,
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": policies.ConditionalSpecStrategy,
    f"mutatingwebhookconfigurations.{_ADMISSION}": policies.WebhooksStrategy,
    f"validatingwebhookconfigurations.{_ADMISSION}": policies.WebhooksStrategy,
    f"validatingadmissionpolicies.{_ADMISSION}": policies.ConditionalSpecStrategy,
    f"validatingadmissionpolicybindings.{_ADMISSION}": policies.ConditionalSpecStrategy,
    f"mutatingadmissionpolicies.{_ADMISSION}": policies.ConditionalSpecStrategy,
    f"mutatingadmissionpolicybindings.{_ADMISSION}": policies.ConditionalSpecStrategy,
    "deviceclasses.resource.k8s.io": workloads.SpecStrategy,
    "resourceslices.resource.k8s.io": workloads.SpecStrategy,
    "devicetaintrules.resource.k8s.io": workloads.SpecStrategy,
}


def strategy_for(kind: Kind, clock: Clock) -> Strategy:
    if isinstance(kind, CustomKind):
        return CustomResourceStrategy(kind, clock)
    return _BY_RESOURCE.get(kind.resource, Strategy)(kind, clock)
