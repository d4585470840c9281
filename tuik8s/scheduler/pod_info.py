"""A pod as the scheduler sees it: what the plugins need, read once (kube-scheduler's PodInfo)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING
from typing import TYPE_CHECKING

from tuik8s.api.objects import Key, Obj, is_deleting, key_of, labels_of, uid_of
from tuik8s.api.pods import host_ports, pod_requests
from tuik8s.scheduler.selector import selector_of, with_label_keys

if TYPE_CHECKING:
    from decimal import Decimal

    from tuik8s.api.selectors import LabelSelector

# For scoring, a container that asks for nothing counts as this much, so that such pods spread too.
DEFAULT_REQUESTS = {"cpu": "100m", "memory": "200Mi"}


@dataclass(frozen=True, slots=True)
class AffinityTerm:
    """One PodAffinityTerm: pods of some namespaces, counted per value of a node label."""

    topology_key: str
    namespaces: frozenset[str]
    namespace_selector: LabelSelector
    selector: LabelSelector

    def matches(self, pod: PodInfo, namespace_labels: dict[str, str]) -> bool:
        if pod.namespace not in self.namespaces and not self.namespace_selector.matches(namespace_labels):
            return False
        return self.selector.matches(pod.labels)


class PodInfo:
    """Immutable. Amounts are integers: cpu in thousandths, everything else in units or bytes."""

    __slots__ = (
        "deleting", "key", "labels", "namespace", "pod", "ports", "preferred_affinity",
        "preferred_anti_affinity", "priority", "requests", "required_affinity", "required_anti_affinity",
        "scoring_requests", "spec", "uid",
    )  # fmt: skip

    def __init__(self, pod: Obj) -> None:
        self.pod = pod
        self.spec: Obj = pod["spec"]
        self.key: Key = key_of(pod)
        self.uid = uid_of(pod)
        self.namespace = self.key.namespace
        self.labels = labels_of(pod)
        self.priority: int = self.spec.get("priority") or 0
        self.deleting = is_deleting(pod)
        self.requests = _amounts(pod_requests(pod))
        self.scoring_requests = self.requests if _asks_for_all(self.spec) else _with_defaults(pod)
        self.ports = tuple(host_ports(pod))
        affinity = self.spec.get("affinity") or {}
        together, apart = affinity.get("podAffinity") or {}, affinity.get("podAntiAffinity") or {}
        self.required_affinity = self._required(together)
        self.required_anti_affinity = self._required(apart)
        self.preferred_affinity = self._preferred(together)
        self.preferred_anti_affinity = self._preferred(apart)

    def _required(self, affinity: Obj) -> tuple[AffinityTerm, ...]:
        terms = affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or ()
        return tuple(self._term(term) for term in terms)

    def _preferred(self, affinity: Obj) -> tuple[tuple[AffinityTerm, int], ...]:
        terms = affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or ()
        return tuple((self._term(term["podAffinityTerm"]), int(term["weight"])) for term in terms)

    def _term(self, term: Obj) -> AffinityTerm:
        namespaces = frozenset(term.get("namespaces") or ())
        namespace_selector = term.get("namespaceSelector")
        if not namespaces and namespace_selector is None:
            namespaces = frozenset((self.namespace,))
        selector = with_label_keys(
            term.get("labelSelector"), self.labels, term.get("matchLabelKeys"), term.get("mismatchLabelKeys")
        )
        return AffinityTerm(
            term["topologyKey"], namespaces, selector_of(namespace_selector), selector_of(selector)
        )


def amount_of(resource: str, quantity: Decimal) -> int:
    """Rounded up: thousandths of a cpu, else whole units."""
    scaled = quantity * 1000 if resource == "cpu" else quantity
    return int(scaled.to_integral_value(ROUND_CEILING))


def _amounts(requests: dict[str, Decimal]) -> dict[str, int]:
    return {name: amount_of(name, quantity) for name, quantity in requests.items() if quantity}


def _asks_for_all(spec: Obj) -> bool:
    if (spec.get("resources") or {}).get("requests"):
        return True  # what the pod asks for as a whole takes the place of what its containers leave out
    containers = [*spec["containers"], *(spec.get("initContainers") or ())]
    return all(
        DEFAULT_REQUESTS.keys() <= ((container.get("resources") or {}).get("requests") or {}).keys()
        for container in containers
    )


def _with_defaults(pod: Obj) -> dict[str, int]:
    spec = dict(pod["spec"])
    for part in ("containers", "initContainers"):
        if spec.get(part):
            spec[part] = [_with_default_requests(container) for container in spec[part]]
    return _amounts(pod_requests({**pod, "spec": spec}))


def _with_default_requests(container: Obj) -> Obj:
    resources = container.get("resources") or {}
    requests = {**DEFAULT_REQUESTS, **(resources.get("requests") or {})}
    return {**container, "resources": {**resources, "requests": requests}}
