"""kube-scheduler's default plugins, in its order, with its weights; one rule per module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.scheduler.plugins.image_locality import ImageLocality
from tuik8s.scheduler.plugins.inter_pod_affinity import InterPodAffinity
from tuik8s.scheduler.plugins.node_affinity import NodeAffinity
from tuik8s.scheduler.plugins.node_name import NodeName
from tuik8s.scheduler.plugins.node_ports import NodePorts
from tuik8s.scheduler.plugins.node_resources_balanced_allocation import NodeResourcesBalancedAllocation
from tuik8s.scheduler.plugins.node_resources_fit import NodeResourcesFit
from tuik8s.scheduler.plugins.node_unschedulable import NodeUnschedulable
from tuik8s.scheduler.plugins.pod_topology_spread import PodTopologySpread
from tuik8s.scheduler.plugins.taint_toleration import TaintToleration

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.scheduler.framework import FilterPlugin, ScorePlugin
    from tuik8s.scheduler.pod_info import PodInfo


def default_plugins(
    default_selector: Callable[[PodInfo], Obj | None],
) -> tuple[list[FilterPlugin], list[tuple[ScorePlugin, int]]]:
    """The filters, and the scoring plugins with their weights."""
    taints, affinity, fit = TaintToleration(), NodeAffinity(), NodeResourcesFit()
    spread, pods = PodTopologySpread(default_selector), InterPodAffinity()
    filters: list[FilterPlugin] = [
        NodeUnschedulable(), NodeName(), taints, affinity, NodePorts(), fit, spread, pods,
    ]  # fmt: skip
    scores: list[tuple[ScorePlugin, int]] = [
        (taints, 3), (affinity, 2), (fit, 1), (spread, 2), (pods, 2),
        (NodeResourcesBalancedAllocation(), 1), (ImageLocality(), 1),
    ]  # fmt: skip
    return filters, scores
