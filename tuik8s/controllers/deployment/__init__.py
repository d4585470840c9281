"""Declarative updates of pods through ReplicaSets (k8s.io/kubernetes/pkg/controller/deployment).

`controller` decides what one pass over a Deployment does; `rollout` finds or creates the new ReplicaSet and
scales; `rolling` and `recreate` are the two strategies; `scaling` follows a changed size in the middle of a
rollout; `progress` reports; `conditions` and `annotations` are their rules.
"""

from tuik8s.controllers.deployment.controller import DeploymentController

__all__ = ["DeploymentController"]
