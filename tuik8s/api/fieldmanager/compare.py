"""What changed between two states of an object, as sets of fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.api.fieldmanager.fieldset import LEAF, SELF, children, fields_of, is_leaf, keyed

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.patch.structure import Structure


class Comparison(NamedTuple):
    changed: Obj
    """Added or with another value."""
    removed: Obj


def compare(old: Obj, new: Obj, structure: Structure) -> Comparison:
    """Equal parts are skipped by `==`, so the cost is that of what changed."""
    changed: Obj = {}
    removed: Obj = {}
    _compare_parts(dict(_parts(old, structure)), dict(_parts(new, structure)), changed, removed)
    return Comparison(changed, removed)


_Part = tuple[Any, "Structure", bool]


def _parts(value: Any, structure: Structure) -> list[tuple[str, _Part]]:
    return [(key, (item, below, present)) for key, item, below, present in children(value, structure)]


def _compare_parts(old: dict[str, _Part], new: dict[str, _Part], changed: Obj, removed: Obj) -> None:
    for key, (value, structure, present) in new.items():
        if key not in old:
            changed[key] = _whole(key, value, structure, present)
        elif (before := old[key][0]) != value:
            _compare_values(key, before, value, structure, changed, removed)
    for key, (value, structure, present) in old.items():
        if key not in new:
            removed[key] = _whole(key, value, structure, present)


def _compare_values(key: str, old: Any, new: Any, structure: Structure, changed: Obj, removed: Obj) -> None:
    comparable = type(old) is type(new) and not structure.atomic and isinstance(new, dict | list)
    if comparable and isinstance(new, list):
        comparable = keyed(old, structure) is not None and keyed(new, structure) is not None
    if not comparable:
        changed[key] = LEAF if is_leaf(new, structure) else _whole(key, new, structure, present=False)
        return
    below: Obj = {}
    gone: Obj = {}
    _compare_parts(dict(_parts(old, structure)), dict(_parts(new, structure)), below, gone)
    if below:
        changed[key] = below
    if gone:
        removed[key] = gone
    if not (below or gone):
        changed[key] = LEAF  # the same items in another order


def _whole(key: str, value: Any, structure: Structure, present: bool) -> Obj:
    if is_leaf(value, structure):
        return LEAF
    tree = fields_of(value, structure, containers=True)
    return tree if present and key[0] != "k" else {SELF: LEAF, **tree}
