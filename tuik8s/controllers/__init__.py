"""The controllers of kube-controller-manager; none knows another, all see the cluster through the client.

- `DeploymentController`: rolls pods from one template to the next through ReplicaSets
- `EndpointsController`, `EndpointSliceController`: list the addresses behind each Service
- `ReplicaSetController`: keeps the asked number of pods
"""

from tuik8s.controllers.deployment import DeploymentController
from tuik8s.controllers.endpoints import EndpointsController
from tuik8s.controllers.endpointslice import EndpointSliceController
from tuik8s.controllers.replicaset import ReplicaSetController

CONTROLLERS = (DeploymentController, EndpointsController, EndpointSliceController, ReplicaSetController)

__all__ = [
    "CONTROLLERS", "DeploymentController", "EndpointSliceController", "EndpointsController",
    "ReplicaSetController",
]  # fmt: skip
