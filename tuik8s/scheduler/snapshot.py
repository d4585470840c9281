"""What the scheduler knows of the cluster, kept up change by change (kube-scheduler's cache and snapshot).

The scheduling cycle never waits, so the cache needs no second, frozen copy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from typing import TYPE_CHECKING, TypeVar

from tuik8s.api.selectors import NOTHING
from tuik8s.scheduler.node_info import NodeInfo
from tuik8s.scheduler.pod_counts import Clause, PodCounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tuik8s.api.objects import Obj
    from tuik8s.scheduler.pod_info import AffinityTerm, PodInfo

K = TypeVar("K", bound=Hashable)

ZONE_LABEL, REGION_LABEL = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"
# An existing pod's required affinity counts this much for pods it would like near (hardPodAffinityWeight).
HARD_POD_AFFINITY_WEIGHT = 1


class Snapshot:
    """Nodes with their pods, where assumed pods count like bound ones.

    `required_anti_affinity` and `preferences` list the distinct terms of existing pods with the nodes of the
    pods that have them: thousands of pods of one template are one entry.
    """

    def __init__(self) -> None:
        self._infos: dict[str, NodeInfo] = {}
        self._ordered: list[NodeInfo] | None = None
        self._place: dict[str, str] = {}
        self._assumed: set[str] = set()
        self._namespaces: dict[str, dict[str, str]] = {}
        self.image_nodes: dict[str, int] = {}
        self.priorities: Counter[int] = Counter()
        self.required_anti_affinity: dict[AffinityTerm, dict[str, int]] = {}
        self.preferences: dict[tuple[AffinityTerm, int], dict[str, int]] = {}
        self.counts = PodCounts(self._placed)

    # Nodes ------------------------------------------------------------------------------------------------

    @property
    def nodes(self) -> list[NodeInfo]:
        """Every node, zones taking turns, so that a search that stops early has seen all zones."""
        if self._ordered is None:
            self._ordered = list(_interleaved(info for info in self._infos.values() if info.node is not None))
        return self._ordered

    def node(self, name: str) -> NodeInfo | None:
        info = self._infos.get(name)
        return info if info is not None and info.node is not None else None

    def set_node(self, node: Obj) -> NodeInfo:
        info = self._info(node["metadata"]["name"])
        self._count_images(info, -1)
        info.set_node(node)
        self._count_images(info, 1)
        self._ordered = None
        return info

    def remove_node(self, name: str) -> None:
        info = self._infos[name]
        self._count_images(info, -1)
        info.node, info.images = None, {}
        if not info.pods:
            del self._infos[name]
        self._ordered = None

    # Pods -------------------------------------------------------------------------------------------------

    def set_pod(self, pod: PodInfo, node_name: str) -> None:
        """A pod that is bound; it replaces what was known or assumed of it."""
        self.remove_pod(pod.uid)
        info = self._info(node_name)
        info.add_pod(pod)
        self._place[pod.uid] = node_name
        self.priorities[pod.priority] += 1
        self._count_terms(pod, node_name, 1)
        self.counts.add(node_name, pod)

    def remove_pod(self, uid: str) -> PodInfo | None:
        """What was known of it; None when nothing was."""
        node_name = self._place.pop(uid, None)
        if node_name is None:
            return None
        self._assumed.discard(uid)
        info = self._infos[node_name]
        pod = info.pods[uid]
        info.remove_pod(uid)
        self.priorities[pod.priority] -= 1
        if not self.priorities[pod.priority]:
            del self.priorities[pod.priority]
        self._count_terms(pod, node_name, -1)
        self.counts.remove(node_name, pod)
        if info.node is None and not info.pods:
            del self._infos[node_name]
        return pod

    def reserve(self, pod: PodInfo, node_name: str) -> None:
        """Assume the pod is there, until the cache shows it or `unreserve`."""
        self.set_pod(pod, node_name)
        self._assumed.add(pod.uid)

    def unreserve(self, pod: PodInfo) -> None:
        if pod.uid in self._assumed:
            self.remove_pod(pod.uid)

    def is_assumed(self, uid: str) -> bool:
        return uid in self._assumed

    @property
    def assumed(self) -> int:
        return len(self._assumed)

    # Namespaces -------------------------------------------------------------------------------------------

    def set_namespace(self, name: str, labels: dict[str, str] | None) -> None:
        if labels is None:
            self._namespaces.pop(name, None)
        else:
            self._namespaces[name] = labels

    def namespace_labels(self, name: str) -> dict[str, str]:
        return self._namespaces.get(name, {})

    def count_of(self, *terms: AffinityTerm) -> Mapping[str, int]:
        """Node name to number of pods that all these terms are about."""
        return self.counts.of(*(Clause(self._namespaces_of(term), term.selector) for term in terms))

    def _namespaces_of(self, term: AffinityTerm) -> frozenset[str]:
        selector = term.namespace_selector
        if selector is NOTHING:
            return term.namespaces
        selected = {name for name, labels in self._namespaces.items() if selector.matches(labels)}
        return term.namespaces | selected

    def _info(self, name: str) -> NodeInfo:
        info = self._infos.get(name)
        if info is None:
            info = self._infos[name] = NodeInfo(name)
        return info

    def _placed(self) -> Iterable[tuple[str, PodInfo]]:
        return ((name, pod) for name, info in self._infos.items() for pod in info.pods.values())

    def _count_images(self, info: NodeInfo, sign: int) -> None:
        for name in info.images:
            self.image_nodes[name] = self.image_nodes.get(name, 0) + sign
            if not self.image_nodes[name]:
                del self.image_nodes[name]

    def _count_terms(self, pod: PodInfo, node_name: str, sign: int) -> None:
        for term in pod.required_anti_affinity:
            _count(self.required_anti_affinity, term, node_name, sign)
        for term in pod.required_affinity:
            _count(self.preferences, (term, HARD_POD_AFFINITY_WEIGHT), node_name, sign)
        for term, weight in pod.preferred_affinity:
            _count(self.preferences, (term, weight), node_name, sign)
        for term, weight in pod.preferred_anti_affinity:
            _count(self.preferences, (term, -weight), node_name, sign)


def _count(table: dict[K, dict[str, int]], key: K, node_name: str, sign: int) -> None:
    row = table.setdefault(key, {})
    row[node_name] = row.get(node_name, 0) + sign
    if not row[node_name]:
        del row[node_name]
        if not row:
            del table[key]


def _interleaved(infos: Iterable[NodeInfo]) -> Iterable[NodeInfo]:
    zones: dict[tuple[str, str], list[NodeInfo]] = defaultdict(list)
    for info in infos:
        zones[info.labels.get(REGION_LABEL, ""), info.labels.get(ZONE_LABEL, "")].append(info)
    for turn in range(max(map(len, zones.values()), default=0)):
        yield from (nodes[turn] for nodes in zones.values() if turn < len(nodes))
