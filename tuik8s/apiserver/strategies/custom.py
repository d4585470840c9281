"""Strategies of CustomResourceDefinitions and of what they define (…/pkg/registry)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.customresources import CLEANUP_FINALIZER, storage_version
from tuik8s.apiserver.strategies.base import Strategy, keep

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


class CustomResourceStrategy(Strategy):
    """A change of anything but metadata is a new generation; so one of the status is, where the status is no
    resource of its own."""

    counts_generation = True
    allow_unconditional_update = False

    def is_new_generation(self, obj: Obj, old: Obj) -> bool:
        return any(obj.get(field) != old.get(field) for field in {*obj, *old} - {"metadata"})

    def prepare_for_status_update(self, obj: Obj, old: Obj) -> None:
        """All else stays, metadata too."""
        super().prepare_for_status_update(obj, old)
        managed = obj["metadata"].get("managedFields")
        obj["metadata"] = dict(old["metadata"])
        if managed is not None:
            obj["metadata"]["managedFields"] = managed


class DefinitionStrategy(Strategy):
    """The status remembers every version that objects may be stored in."""

    counts_generation = True
    allow_unconditional_update = False

    def prepare_for_create(self, obj: Obj) -> None:
        super().prepare_for_create(obj)
        obj["status"] = {"storedVersions": [storage_version(obj)]}
        meta = obj["metadata"]
        meta["finalizers"] = list(dict.fromkeys([*(meta.get("finalizers") or ()), CLEANUP_FINALIZER]))

    def prepare_for_update(self, obj: Obj, old: Obj) -> None:
        super().prepare_for_update(obj, old)
        status, version = obj.get("status") or {}, storage_version(obj)
        stored = status.get("storedVersions") or []
        if version and version not in stored:
            obj["status"] = {**status, "storedVersions": [*stored, version]}

    def prepare_for_status_update(self, obj: Obj, old: Obj) -> None:
        super().prepare_for_status_update(obj, old)
        for field in ("labels", "annotations"):
            keep(obj["metadata"], old["metadata"], field)
