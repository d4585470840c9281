"""Notice nodes that have fallen silent (k8s.io/kubernetes/pkg/controller/nodelifecycle).

`controller` watches health and keeps taints as the node's conditions demand, `taints` says which those are,
`zones` holds evictions back when so much is down that the fault is more likely ours.
"""

from tuik8s.controllers.node_lifecycle.controller import NodeLifecycleController

__all__ = ["NodeLifecycleController"]
