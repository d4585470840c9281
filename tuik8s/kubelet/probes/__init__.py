"""Startup, liveness and readiness probes (pkg/kubelet/prober, pkg/probe).

Guarantees: a probe runs at most once at a time, no longer than its timeout, only while its container runs;
liveness and readiness wait for the startup probe; a verdict changes only after its threshold.
"""

from tuik8s.kubelet.probes.pod_probes import PodProbes

__all__ = ["PodProbes"]
