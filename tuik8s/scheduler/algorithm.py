"""One scheduling cycle: filter the nodes, score those left, pick the best (kube-scheduler's schedule_one)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from tuik8s.scheduler.framework import Check, FilterPlugin, Rejection, ScorePlugin
    from tuik8s.scheduler.node_info import NodeInfo
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

MIN_FEASIBLE_NODES, MIN_FEASIBLE_PERCENTAGE = 100, 5


@dataclass(slots=True)
class Decision:
    """What a cycle came to. `scores` holds a column per plugin that had something to say, as long as
    `feasible`; it is empty when there was no choice."""

    pod: PodInfo
    chosen: str = ""
    nodes: int = 0
    rejections: dict[str, Rejection] = field(default_factory=dict)
    feasible: list[str] = field(default_factory=list)
    scores: dict[str, list[int]] = field(default_factory=dict)
    message: str = ""
    """Why there is no node; empty when there is one."""


class Algorithm:
    """Which node for this pod? Ties are broken by `random`; nothing is changed but where the next search of
    a large cluster begins."""

    def __init__(
        self,
        filters: Sequence[FilterPlugin],
        scores: Sequence[tuple[ScorePlugin, int]],
        random: random.Random,
    ) -> None:
        self.filters = filters
        self._scores = scores
        self._random = random
        self._next_start = 0

    def schedule(self, pod: PodInfo, snapshot: Snapshot) -> Decision:
        nodes = snapshot.nodes
        decision = Decision(pod, nodes=len(nodes))
        if not nodes:
            decision.message = "no nodes available to schedule pods"
            return decision
        feasible = self._filter(pod, snapshot, decision)
        decision.feasible = [node.name for node in feasible]
        if not feasible:
            decision.message = fit_error(decision, snapshot)
        elif len(feasible) == 1:
            decision.chosen = feasible[0].name
        else:
            totals = self._score(pod, feasible, snapshot, decision)
            best = max(totals)
            winners = [index for index, total in enumerate(totals) if total == best]
            decision.chosen = feasible[self._random.choice(winners)].name
        return decision

    def _filter(self, pod: PodInfo, snapshot: Snapshot, decision: Decision) -> list[NodeInfo]:
        checks: list[Check] = []
        for plugin in self.filters:
            check = plugin.pre_filter(pod, snapshot)
            if check is not None:
                checks.append(check)
        nodes, rejections = snapshot.nodes, decision.rejections
        count, wanted = len(nodes), feasible_nodes_to_find(len(nodes))
        start = self._next_start % count
        feasible: list[NodeInfo] = []
        processed = 0
        for node in nodes if start == 0 else nodes[start:] + nodes[:start]:
            processed += 1
            for check in checks:
                rejection = check(node)
                if rejection is not None:
                    rejections[node.name] = rejection
                    break
            else:
                feasible.append(node)
                if len(feasible) == wanted:
                    break
        self._next_start = (start + processed) % count
        return feasible

    def _score(
        self, pod: PodInfo, nodes: list[NodeInfo], snapshot: Snapshot, decision: Decision
    ) -> list[int]:
        totals = [0] * len(nodes)
        for plugin, weight in self._scores:
            scorer = plugin.pre_score(pod, nodes, snapshot)
            if scorer is None:
                continue
            scores = [score * weight for score in plugin.normalize([scorer(node) for node in nodes])]
            decision.scores[plugin.name] = scores
            totals = [total + score for total, score in zip(totals, scores, strict=True)]
        return totals


def feasible_nodes_to_find(nodes: int) -> int:
    """When to stop looking: half of a hundred nodes and ever less, but never under a hundred or 5 %."""
    if nodes < MIN_FEASIBLE_NODES:
        return nodes
    percentage = max(50 - nodes // 125, MIN_FEASIBLE_PERCENTAGE)
    return max(nodes * percentage // 100, MIN_FEASIBLE_NODES)


def fit_error(decision: Decision, snapshot: Snapshot) -> str:
    """kube-scheduler's FitError with what the search for preemption victims came to."""
    head = f"0/{decision.nodes} nodes are available"
    reasons = Counter(reason for rejection in decision.rejections.values() for reason in rejection.reasons)
    text = f"{head}: {_histogram(reasons)}."
    if decision.pod.spec.get("preemptionPolicy") == "Never":
        return f"{text} preemption: not eligible due to preemptionPolicy=Never."
    lower_exist = any(priority < decision.pod.priority for priority in snapshot.priorities)
    helpless: Counter[str] = Counter()
    for name, rejection in decision.rejections.items():
        if not rejection.resolvable:
            helpless["Preemption is not helpful for scheduling"] += 1
        elif not (lower_exist and _has_victims(decision.pod, snapshot.node(name))):
            helpless["No preemption victims found for incoming pod"] += 1
        else:
            return text  # pods of lower priority are there, but are not preempted: claim nothing
    return f"{text} preemption: {head}: {_histogram(helpless)}."


def _has_victims(pod: PodInfo, node: NodeInfo | None) -> bool:
    return node is not None and any(other.priority < pod.priority for other in node.pods.values())


def _histogram(reasons: Counter[str]) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
