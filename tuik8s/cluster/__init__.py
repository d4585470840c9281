"""The composition root: builds every component, starts, supervises and stops them.

The only package that knows all the others. Each component gets a client under its own identity; the API
server gets the kubelets through the Protocol that it declares.
"""

from tuik8s.cluster.cluster import Cluster
from tuik8s.cluster.supervisor import Component, ComponentState, Supervisor

__all__ = ["Cluster", "Component", "ComponentState", "Supervisor"]
