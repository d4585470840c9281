"""/configz: the settings this kubelet works with, under the names of kubelet.config.k8s.io/v1beta1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.kubelet import node
from tuik8s.kubelet.server.metrics import seconds

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.kubelet.services import Services


def document(services: Services) -> Obj:
    config = services.host.node
    return {
        "kind": "KubeletConfiguration",
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "address": config.address,
        "port": 10250,
        "readOnlyPort": 10255,
        "healthzPort": 10248,
        "maxPods": config.max_pods,
        "clusterDomain": config.cluster_domain,
        "clusterDNS": [config.cluster_dns] if config.cluster_dns else [],
        "nodeStatusUpdateFrequency": seconds(node.STATUS_PERIOD),
        "nodeStatusReportFrequency": seconds(node.REPORT_PERIOD.total_seconds()),
        "nodeLeaseDurationSeconds": node.LEASE_DURATION,
        "serializeImagePulls": config.max_parallel_pulls == 1,
        "maxParallelImagePulls": config.max_parallel_pulls,
        "registerNode": True,
    }
