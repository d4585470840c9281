"""What differs between kinds when their objects are written (k8s.io/apiserver/pkg/registry/rest)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import DeleteOptions


class Strategy:
    """The rules most kinds share: status is its own subresource, generation counts changes of the spec."""

    allow_create_on_update = False
    allow_unconditional_update = True
    returns_deleted_object = False
    """Whether a finished deletion answers with the object over HTTP; other kinds answer `Status`."""
    counts_generation = False
    """Whether Kubernetes sets `metadata.generation` for this kind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.has_status = "status" in kind.subresources

    def prepare_for_create(self, obj: Obj) -> None:
        """Drop what a client may not set and fill what the server sets."""
        if self.has_status:
            obj.pop("status", None)
        if self.counts_generation:
            obj["metadata"]["generation"] = 1

    def prepare_for_update(self, obj: Obj, old: Obj) -> None:
        """An update of the main resource: the status stays, a changed spec is a new generation."""
        if self.has_status:
            _keep(obj, old, "status")
        self._count_generation(obj, old)

    def prepare_for_status_update(self, obj: Obj, old: Obj) -> None:
        """An update of the status: everything else stays, but for metadata that all may change."""
        for field in [*obj, *old]:
            if field not in ("metadata", "status", "apiVersion", "kind"):
                _keep(obj, old, field)
        _keep(obj["metadata"], old["metadata"], "labels")
        _keep(obj["metadata"], old["metadata"], "ownerReferences")
        _keep(obj["metadata"], old["metadata"], "generation")

    def grace_period(self, obj: Obj, options: DeleteOptions) -> int:
        """Seconds between the request to delete and the deletion; only pods have any."""
        return 0

    def _count_generation(self, obj: Obj, old: Obj) -> None:
        _keep(obj["metadata"], old["metadata"], "generation")
        if self.counts_generation and obj.get("spec") != old.get("spec"):
            obj["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1


def _keep(obj: Obj, old: Obj, field: str) -> None:
    if field in old:
        obj[field] = old[field]
    else:
        obj.pop(field, None)
