"""The controllers of kube-controller-manager; none knows another, all see the cluster through the client.

- `DeploymentController`: rolls pods from one template to the next through ReplicaSets
- `ReplicaSetController`: keeps the asked number of pods
"""

from tuik8s.controllers.deployment import DeploymentController
from tuik8s.controllers.replicaset import ReplicaSetController

CONTROLLERS = (DeploymentController, ReplicaSetController)

__all__ = ["CONTROLLERS", "DeploymentController", "ReplicaSetController"]
