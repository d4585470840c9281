"""Why pods went where they went: the last cycles of the last pods, for people to look at."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.scheduler.algorithm import Decision

PODS_KEPT, CYCLES_KEPT = 1000, 5


@dataclass(frozen=True, slots=True)
class NodeVerdict:
    """A node was rejected by a filter, or scored; scores are normalised and weighted."""

    node: str
    rejected_by: str = ""
    message: str = ""
    scores: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.scores.values())


@dataclass(frozen=True, slots=True)
class Cycle:
    """One attempt. `node` is empty when none suited, and then `message` says why. Nodes that a large
    cluster's search did not come to are missing from `verdicts`; best first."""

    time: datetime
    node: str
    message: str
    nodes: int
    verdicts: tuple[NodeVerdict, ...]


class VerdictLog:
    """Keeps decisions as they came; they are spelled out only when somebody asks."""

    def __init__(self) -> None:
        self._pods: OrderedDict[str, deque[tuple[datetime, Decision]]] = OrderedDict()

    def add(self, time: datetime, decision: Decision) -> None:
        uid = decision.pod.uid
        cycles = self._pods.get(uid)
        if cycles is None:
            cycles = self._pods[uid] = deque(maxlen=CYCLES_KEPT)
            if len(self._pods) > PODS_KEPT:
                self._pods.popitem(last=False)
        self._pods.move_to_end(uid)
        cycles.append((time, decision))

    def of(self, uid: str) -> list[Cycle]:
        """Oldest first."""
        return [_spell_out(time, decision) for time, decision in self._pods.get(uid, ())]


def _spell_out(time: datetime, decision: Decision) -> Cycle:
    scored = [
        NodeVerdict(name, scores={plugin: column[index] for plugin, column in decision.scores.items()})
        for index, name in enumerate(decision.feasible)
    ]
    scored.sort(key=lambda verdict: (-verdict.total, verdict.node != decision.chosen))
    rejected = [
        NodeVerdict(name, rejection.plugin, rejection.message)
        for name, rejection in decision.rejections.items()
    ]
    return Cycle(time, decision.chosen, decision.message, decision.nodes, (*scored, *rejected))
