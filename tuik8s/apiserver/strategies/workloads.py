"""Strategies of the other groups (pkg/registry/{apps,coordination,discovery}/*/strategy.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.apiserver.strategies.base import Strategy, keep

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


class WorkloadStrategy(Strategy):
    counts_generation = True


class DeploymentStrategy(WorkloadStrategy):
    """Annotations are copied to ReplicaSets, so a change of them also is a new generation."""

    def is_new_generation(self, obj: Obj, old: Obj) -> bool:
        annotations = obj["metadata"].get("annotations") or {}
        changed = annotations != (old["metadata"].get("annotations") or {})
        return changed or super().is_new_generation(obj, old)

    def prepare_for_status_update(self, obj: Obj, old: Obj) -> None:
        super().prepare_for_status_update(obj, old)
        keep(obj["metadata"], old["metadata"], "labels")


class LeaseStrategy(Strategy):
    allow_create_on_update = True
    allow_unconditional_update = False


class EndpointSliceStrategy(Strategy):
    """Endpoints stand at the root: everything but the server's own metadata counts."""

    counts_generation = True

    def is_new_generation(self, obj: Obj, old: Obj) -> bool:
        parts = ("endpoints", "ports", "addressType")
        labels = obj["metadata"].get("labels") != old["metadata"].get("labels")
        return labels or any(obj.get(part) != old.get(part) for part in parts)
