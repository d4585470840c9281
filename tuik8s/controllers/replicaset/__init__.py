"""Keep as many pods running as each ReplicaSet asks for (k8s.io/kubernetes/pkg/controller/replicaset).

`controller` decides for one ReplicaSet, `scaling` creates and deletes pods, `ranking` chooses which pods go
first, `status` counts.
"""

from tuik8s.controllers.replicaset.controller import ReplicaSetController

__all__ = ["ReplicaSetController"]
