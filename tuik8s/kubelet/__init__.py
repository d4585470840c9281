"""The kubelet: runs the pods bound to one node on a container runtime (k8s.io/kubernetes/pkg/kubelet).

Guarantees: what runs follows the spec whatever was missed, doubled or late (level-triggered from the spec and
the runtime's own state); containers that were there before the program started are adopted, those whose pod
is gone are removed; a pod's failure touches no other pod; while the runtime is down nothing is given up.
"""

from tuik8s.kubelet.config import NodeConfig
from tuik8s.kubelet.kubelet import Kubelet, KubeletStatistics

__all__ = ["Kubelet", "KubeletStatistics", "NodeConfig"]
