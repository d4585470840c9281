"""Which pods belong together: the selectors of a pod's Services and owner (helper.DefaultSelector)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.objects import controller_of, uid_of

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.reconcile import Informer
    from tuik8s.scheduler.pod_info import PodInfo


class DefaultSelector:
    """Looks Services and ReplicaSets up in their caches."""

    def __init__(self, services: Informer, replica_sets: Informer) -> None:
        self._services = services
        self._replica_sets = replica_sets

    def __call__(self, pod: PodInfo) -> Obj | None:
        """A label selector, None when nothing says what belongs together."""
        labels: dict[str, str] = {}
        for service in self._services.list(pod.namespace):
            selector = service["spec"].get("selector") or {}
            if selector and selector.items() <= pod.labels.items():
                labels.update(selector)
        owner = self._owner_selector(pod)
        labels.update(owner.get("matchLabels") or {})
        expressions = owner.get("matchExpressions") or []
        if not labels and not expressions:
            return None
        return {"matchLabels": labels, "matchExpressions": expressions}

    def _owner_selector(self, pod: PodInfo) -> Obj:
        reference = controller_of(pod.pod)
        if reference is None or reference["kind"] != "ReplicaSet":
            return {}
        owner = self._replica_sets.find(pod.namespace, reference["name"])
        if owner is None or uid_of(owner) != reference["uid"]:
            return {}
        selector: Obj = owner["spec"].get("selector") or {}
        return selector
