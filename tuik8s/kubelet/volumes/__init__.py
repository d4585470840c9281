"""A pod's volumes as directories of the host (pkg/volume).

Guarantees: a container sees a ConfigMap, Secret, downward API or projected volume either as it was or as it
is, never half of each (all files change with one symlink); nothing is written outside the pod's directory,
whatever names the objects carry; a volume type that is not served is an error that names it.
"""

from tuik8s.kubelet.volumes.errors import VolumeProblem
from tuik8s.kubelet.volumes.pod_volumes import PodVolumes

__all__ = ["PodVolumes", "VolumeProblem"]
