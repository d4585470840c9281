"""Keep as many pods running as each ReplicaSet or ReplicationController asks for.

After k8s.io/kubernetes/pkg/controller/replicaset, which serves both kinds too.

`controller` decides for one ReplicaSet, `scaling` creates and deletes pods, `ranking` chooses which pods go
first, `status` counts.
"""

from tuik8s.controllers.replicaset.controller import ReplicaSetController, ReplicationManager

__all__ = ["ReplicaSetController", "ReplicationManager"]
