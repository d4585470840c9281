"""Strategies of the core group but for services (pkg/registry/core/*/strategy.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.pods import qos_class
from tuik8s.apiserver.strategies.base import Strategy, keep

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

NAMESPACE_FINALIZER = "kubernetes"

SCHEDULING_GATED: Obj = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "SchedulingGated",
    "message": "Scheduling is blocked due to non-empty scheduling gates",
}


class PodStrategy(Strategy):
    counts_generation = True

    def prepare_for_create(self, obj: Obj) -> None:
        super().prepare_for_create(obj)
        status: Obj = {"phase": "Pending", "qosClass": str(qos_class(obj))}
        if obj["spec"].get("schedulingGates"):
            status["conditions"] = [dict(SCHEDULING_GATED)]
        obj["status"] = status

    def prepare_for_status_update(self, obj: Obj, old: Obj) -> None:
        super().prepare_for_status_update(obj, old)
        keep(obj["metadata"], old["metadata"], "ownerReferences")
        before = old.get("status") or {}
        if "qosClass" in before and not (obj.get("status") or {}).get("qosClass"):
            obj["status"] = {**(obj.get("status") or {}), "qosClass": before["qosClass"]}

    def deletion_grace(self, obj: Obj, wanted: int | None) -> int | None:
        """What was asked for, else what the pod asks for; none for a pod that never ran or has finished."""
        spec = obj.get("spec") or {}
        period: int = wanted if wanted is not None else spec.get("terminationGracePeriodSeconds", 0)
        if not spec.get("nodeName") or (obj.get("status") or {}).get("phase") in ("Failed", "Succeeded"):
            return 0
        return period if period >= 0 else 1


class NamespaceStrategy(Strategy):
    """A namespace is held by `spec.finalizers`, which only the finalize subresource changes."""

    def prepare_for_create(self, obj: Obj) -> None:
        super().prepare_for_create(obj)
        spec = obj.get("spec") or {}
        finalizers = spec.get("finalizers") or []
        if NAMESPACE_FINALIZER not in finalizers:
            finalizers = [*finalizers, NAMESPACE_FINALIZER]
        obj["spec"] = {**spec, "finalizers": finalizers}
        obj["status"] = {"phase": "Active"}

    def prepare_for_update(self, obj: Obj, old: Obj) -> None:
        super().prepare_for_update(obj, old)
        keep(obj, old, "spec")

    def prepare_for_subresource(self, subresource: str, obj: Obj, old: Obj) -> None:
        if subresource != "finalize":  # which takes nothing but the finalizers to begin with
            super().prepare_for_subresource(subresource, obj, old)

    def begin_deletion(self, obj: Obj) -> None:
        obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}

    def may_be_removed(self, obj: Obj) -> bool:
        return not (obj.get("spec") or {}).get("finalizers")


class NodeStrategy(Strategy):
    """A kubelet registers its node together with what it knows of it."""

    def prepare_for_create(self, obj: Obj) -> None:
        status = obj.get("status")
        super().prepare_for_create(obj)
        if status is not None:
            obj["status"] = status


class SecretStrategy(Strategy):
    def prepare_for_update(self, obj: Obj, old: Obj) -> None:
        super().prepare_for_update(obj, old)
        if not obj.get("type"):
            keep(obj, old, "type")


class CreatedOnUpdateStrategy(Strategy):
    """Events and Endpoints: an update of what is not there creates it."""

    allow_create_on_update = True
