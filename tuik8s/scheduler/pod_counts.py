"""How many pods that a selector selects each node has, kept up while pods come and go.

kube-scheduler counts anew for every pod, on many cores. Pods of one template ask the same question, so here
the answer is kept and each change of a pod corrects it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tuik8s.api.selectors import LabelSelector
    from tuik8s.scheduler.pod_info import PodInfo

QUESTIONS_KEPT = 512


class Clause(NamedTuple):
    """Pods of these namespaces that this selects."""

    namespaces: frozenset[str]
    selector: LabelSelector


class _Question(NamedTuple):
    clauses: tuple[Clause, ...]
    with_deleting: bool

    def counts(self, pod: PodInfo) -> bool:
        if pod.deleting and not self.with_deleting:
            return False
        for namespaces, selector in self.clauses:
            if pod.namespace not in namespaces or not selector.matches(pod.labels):
                return False
        return True


class PodCounts:
    """Answers are shared and follow the cluster: read them, do not keep them."""

    def __init__(self, pods: Callable[[], Iterable[tuple[str, PodInfo]]]) -> None:
        self._pods = pods
        self._answers: OrderedDict[_Question, dict[str, int]] = OrderedDict()

    def of(self, *clauses: Clause, with_deleting: bool = True) -> Mapping[str, int]:
        """Node name to number of pods of which all clauses hold; nodes without any are absent."""
        question = _Question(clauses, with_deleting)
        answer = self._answers.get(question)
        if answer is None:
            answer = self._answers[question] = {}
            for node_name, pod in self._pods():
                if question.counts(pod):
                    answer[node_name] = answer.get(node_name, 0) + 1
            if len(self._answers) > QUESTIONS_KEPT:
                self._answers.popitem(last=False)
        self._answers.move_to_end(question)
        return answer

    def add(self, node_name: str, pod: PodInfo) -> None:
        for question, answer in self._answers.items():
            if question.counts(pod):
                answer[node_name] = answer.get(node_name, 0) + 1

    def remove(self, node_name: str, pod: PodInfo) -> None:
        for question, answer in self._answers.items():
            if question.counts(pod):
                answer[node_name] -= 1
                if not answer[node_name]:
                    del answer[node_name]
