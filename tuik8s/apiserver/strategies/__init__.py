"""Per kind: what a write may change, what the server sets, how a deletion goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.apiserver.strategies.base import Strategy, keep
from tuik8s.apiserver.strategies.core import (
    CreatedOnUpdateStrategy,
    NamespaceStrategy,
    NodeStrategy,
    PodStrategy,
    SecretStrategy,
)
from tuik8s.apiserver.strategies.service import ServiceStrategy
from tuik8s.apiserver.strategies.workloads import (
    DeploymentStrategy,
    EndpointSliceStrategy,
    LeaseStrategy,
    WorkloadStrategy,
)

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind

__all__ = ["Strategy", "keep", "strategy_for"]

_BY_RESOURCE: dict[str, type[Strategy]] = {
    "pods": PodStrategy,
    "namespaces": NamespaceStrategy,
    "nodes": NodeStrategy,
    "secrets": SecretStrategy,
    "services": ServiceStrategy,
    "endpoints": CreatedOnUpdateStrategy,
    "events": CreatedOnUpdateStrategy,
    "events.events.k8s.io": CreatedOnUpdateStrategy,
    "deployments.apps": DeploymentStrategy,
    "replicasets.apps": WorkloadStrategy,
    "leases.coordination.k8s.io": LeaseStrategy,
    "endpointslices.discovery.k8s.io": EndpointSliceStrategy,
}


def strategy_for(kind: Kind) -> Strategy:
    return _BY_RESOURCE.get(kind.resource, Strategy)(kind)
