"""The controllers of kube-controller-manager; none knows another, all see the cluster through the client.

- `DeploymentController`: rolls pods from one template to the next through ReplicaSets
- `ReplicaSetController`, `ReplicationManager`: keep the asked number of pods
- `EndpointsController`, `EndpointSliceController`: list the addresses behind each Service
- `NamespaceController`: empties namespaces that are being deleted
- `GarbageCollector`: deletes what has lost its last owner; foreground and orphan deletion
- `NodeLifecycleController`: notices silent nodes, keeps taints as the conditions of a node ask
- `TaintEvictionController`: evicts pods from NoExecute taints when their toleration ends
- `NodeIpamController`: gives every node a range of pod addresses
- `PodGarbageCollector`: removes finished, lost and never scheduled pods
- `DisruptionController`: counts how many pods of a PodDisruptionBudget may be evicted
- `CertificateSigningController`: signs certificate requests that were approved
- `ServiceAccountController`: keeps a default service account in every namespace
- `ServiceAccountTokenController`: fills in Secrets that hold an account's token
- `RootCACertPublisher`: puts the authority's certificate into every namespace
- `ClusterRoleAggregationController`: makes cluster roles of others
"""

from tuik8s.controllers.certificate_signing import CertificateSigningController
from tuik8s.controllers.clusterrole_aggregation import ClusterRoleAggregationController
from tuik8s.controllers.deployment import DeploymentController
from tuik8s.controllers.disruption import DisruptionController
from tuik8s.controllers.endpoints import EndpointsController
from tuik8s.controllers.endpointslice import EndpointSliceController
from tuik8s.controllers.garbage_collector import GarbageCollector
from tuik8s.controllers.namespace import NamespaceController
from tuik8s.controllers.node_ipam import NodeIpamController
from tuik8s.controllers.node_lifecycle import NodeLifecycleController
from tuik8s.controllers.pod_gc import PodGarbageCollector
from tuik8s.controllers.replicaset import ReplicaSetController, ReplicationManager
from tuik8s.controllers.root_ca_publisher import RootCACertPublisher
from tuik8s.controllers.service_account_tokens import ServiceAccountTokenController
from tuik8s.controllers.serviceaccount import ServiceAccountController
from tuik8s.controllers.taint_eviction import TaintEvictionController

CONTROLLERS = (
    DeploymentController, ReplicaSetController, ReplicationManager, EndpointsController,
    EndpointSliceController, NamespaceController, GarbageCollector, NodeLifecycleController,
    TaintEvictionController, NodeIpamController, PodGarbageCollector, ServiceAccountController,
    ServiceAccountTokenController, RootCACertPublisher, ClusterRoleAggregationController,
    DisruptionController, CertificateSigningController,
)  # fmt: skip
"""All of them; each is made as `X(client, informers, recorder, clock=...)`, some with more that they need."""

__all__ = [
    "CONTROLLERS",
    "CertificateSigningController",
    "ClusterRoleAggregationController",
    "DeploymentController",
    "DisruptionController",
    "EndpointSliceController",
    "EndpointsController",
    "GarbageCollector",
    "NamespaceController",
    "NodeIpamController",
    "NodeLifecycleController",
    "PodGarbageCollector",
    "ReplicaSetController",
    "ReplicationManager",
    "RootCACertPublisher",
    "ServiceAccountController",
    "ServiceAccountTokenController",
    "TaintEvictionController",
]  # fmt: skip
