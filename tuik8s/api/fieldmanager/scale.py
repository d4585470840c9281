"""Who owns the replicas: of the scaled object, and of its Scale (…/util/managedfields/scalehandler.go)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuik8s.api.fieldmanager.fieldset import LEAF, difference, intersection
from tuik8s.api.fieldmanager.managers import Managers, Ownership, decode, encode

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

SCALE_VERSION = "autoscaling/v1"
_REPLICAS: Obj = {"f:spec": {"f:replicas": LEAF}}


class ScaleOwnership:
    """The managedFields of an object of `api_version` that keeps its replicas at `path`, in every version."""

    def __init__(self, entries: list[Obj] | None, api_version: str, path: tuple[str, ...]) -> None:
        self._managers = decode(entries)
        self._api_version = api_version
        self._replicas: Obj = LEAF
        for name in reversed(path):
            self._replicas = {f"f:{name}": self._replicas}

    def of_scale(self) -> list[Obj]:
        """Of those who own the replicas."""
        owners: Managers = {
            replace(manager, api_version=SCALE_VERSION): Ownership(_REPLICAS, owned.time)
            for manager, owned in self._managers.items()
            if self._has_replicas(owned)
        }
        return encode(owners)

    def of_parent(self, scale_entries: list[Obj] | None) -> list[Obj]:
        """With the replicas owned by those who own them in `scale_entries`, and by nobody else."""
        owners = {
            replace(manager, api_version=self._api_version): owned.time
            for manager, owned in decode(scale_entries).items()
        }
        after: Managers = {}
        for manager, owned in self._managers.items():
            stays = replace(manager, api_version=self._api_version) in owners
            if self._has_replicas(owned) and not stays:
                fields = difference(owned.fields, self._replicas)
                after[manager] = Ownership(fields, owned.time)
            else:
                after[manager] = owned
        kept = {replace(manager, api_version=self._api_version) for manager in after}
        for manager, time in owners.items():
            if manager not in kept:
                after[manager] = Ownership(self._replicas, time)
        return encode(after)

    def _has_replicas(self, owned: Ownership) -> bool:
        return bool(intersection(owned.fields, self._replicas))
