"""TaintToleration: no node with an untolerated taint; the fewer PreferNoSchedule taints the better."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from tuik8s.api.pods import tolerates
from tuik8s.scheduler.framework import Change, Check, Rejection, Scorer, default_normalize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

NAME = "TaintToleration"


@lru_cache(256)
def _untolerated(key: str, value: str) -> Rejection:
    # Events count nodes and so do not name the taint; the verdict on one node does.
    return Rejection(
        NAME,
        ("node(s) had untolerated taint(s)",),
        resolvable=False,
        detail=f"node(s) had untolerated taint {{{key}: {value}}}",
    )


class TaintToleration:
    name = NAME
    changes = frozenset({Change.NODE_ADDED, Change.NODE_TAINTS})
    local = True

    def pre_filter(self, pod: PodInfo, _snapshot: Snapshot) -> Check | None:
        tolerations = pod.spec.get("tolerations") or ()

        def check(node: NodeInfo) -> Rejection | None:
            for taint in node.hard_taints:
                if not tolerates(tolerations, taint):
                    return _untolerated(taint["key"], taint.get("value") or "")
            return None

        return check

    def pre_score(self, pod: PodInfo, _nodes: Sequence[NodeInfo], _snapshot: Snapshot) -> Scorer | None:
        tolerations = [
            toleration
            for toleration in pod.spec.get("tolerations") or ()
            if toleration.get("effect") in (None, "", "PreferNoSchedule")
        ]

        def score(node: NodeInfo) -> int:
            return sum(not tolerates(tolerations, taint) for taint in node.soft_taints)

        return score

    def normalize(self, scores: list[int]) -> list[int]:
        return default_normalize(scores, reverse=True)
