"""What differs between kinds when their objects are written (k8s.io/apiserver/pkg/registry/rest)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import User


class Strategy:
    """The rules most kinds share: status is its own subresource, generation counts changes of the spec.

    Objects handed in are fresh at the top and in `metadata`; below they may share parts with the old state,
    so parts are replaced and never changed.
    """

    allow_create_on_update = False
    allow_unconditional_update = True
    counts_generation = False
    """Whether Kubernetes sets `metadata.generation` for this kind."""
    generation_of: tuple[str, ...] = ("spec",)
    """The fields whose change is a new generation."""
    initial_status: ClassVar[Obj | None] = None
    """What Go writes of a status nothing is known of: counters without omitempty."""
    orphans_by_default = False
    """Whether a deletion that says nothing about dependents leaves them alone."""

    def __init__(self, kind: Kind, clock: Clock) -> None:
        self.kind = kind
        self.clock = clock
        self.has_status = "status" in kind.subresources

    def prepare_for_create(self, obj: Obj) -> None:
        """Drop what a client may not set and fill what the server sets."""
        if self.has_status:
            obj.pop("status", None)
        if self.initial_status is not None:
            obj["status"] = dict(self.initial_status)
        if self.counts_generation:
            obj["metadata"]["generation"] = 1

    def note_author(self, obj: Obj, user: User) -> None:
        """Kinds that keep who asked for them write it down; `obj` is new and fresh all through."""

    def prepare_for_update(self, obj: Obj, old: Obj) -> None:
        """An update of the main resource: the status stays, a changed spec is a new generation."""
        if self.has_status:
            keep(obj, old, "status")
        keep(obj["metadata"], old["metadata"], "generation")
        if self.counts_generation and self.is_new_generation(obj, old):
            obj["metadata"]["generation"] = old["metadata"].get("generation", 0) + 1

    def prepare_for_status_update(self, obj: Obj, old: Obj) -> None:
        """An update of the status: everything else stays, but for annotations, labels and finalizers."""
        for field in {*obj, *old} - {"metadata", "status", "apiVersion", "kind"}:
            keep(obj, old, field)
        keep(obj["metadata"], old["metadata"], "generation")

    def prepare_for_subresource(self, subresource: str, obj: Obj, old: Obj) -> None:
        if subresource == "status":
            self.prepare_for_status_update(obj, old)
        else:
            self.prepare_for_update(obj, old)

    def is_new_generation(self, obj: Obj, old: Obj) -> bool:
        return any(obj.get(field) != old.get(field) for field in self.generation_of)

    def deletion_grace(self, obj: Obj, wanted: int | None) -> int | None:
        """Seconds from the request to delete to the deletion; None for kinds that know no grace."""
        return None

    def begin_deletion(self, obj: Obj) -> None:
        """Mark an object that now waits for its finalizers; it is fresh at the top and in `metadata`."""

    def may_be_removed(self, obj: Obj) -> bool:
        """Whether nothing but the finalizers in `metadata` holds a deleted object."""
        return True


def keep(obj: Any, old: Any, field: str) -> None:
    """Undo a change of one field."""
    if field in old:
        obj[field] = old[field]
    else:
        obj.pop(field, None)
