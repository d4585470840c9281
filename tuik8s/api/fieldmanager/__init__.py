"""Who owns which field: `managedFields` for every write, and server-side apply.

Follows k8s.io/apimachinery/pkg/util/managedfields and sigs.k8s.io/structured-merge-diff. Pure: objects in,
objects out, nothing changed in place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.fieldmanager.apply import apply
from tuik8s.api.fieldmanager.compare import compare
from tuik8s.api.fieldmanager.fieldset import without_untracked
from tuik8s.api.fieldmanager.managers import Manager, cap, decode, encode, is_reset, take
from tuik8s.api.fieldmanager.scale import ScaleOwnership

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.api.patch.structure import Structure

__all__ = ["Manager", "ScaleOwnership", "apply", "managed_fields"]


def managed_fields(
    structure: Structure,
    live: Obj | None,
    new: Obj,
    *,
    manager: Manager,
    now: str,
    resets: Sequence[str] = (),
) -> list[Obj] | None:
    """The managedFields of `new`, which `manager` makes of `live` by a create, update or patch.

    None: the object is not tracked, because a writer has asked for that. `resets` names root fields
    (`f:status`) that this endpoint does not write.
    """
    given = new["metadata"].get("managedFields")
    known = live["metadata"].get("managedFields") if live is not None else None
    if not manager.subresource:
        if is_reset(given):
            return None
        known = given or known
    if live is not None and not known:
        return None
    changed, removed = compare(live if live is not None else {}, new, structure)
    changed, removed = without_untracked(changed, *resets), without_untracked(removed, *resets)
    if not changed and not removed:
        return known
    return encode(cap(take(decode(known), manager, changed, removed, now)))
