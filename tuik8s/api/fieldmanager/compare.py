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
    _compare_parts(old, new, structure, changed, removed)
    return Comparison(changed, removed)


_Part = tuple[Any, "Structure", bool]


def _parts(value: Any, structure: Structure) -> dict[str, _Part]:
    return {key: (item, below, present) for key, item, below, present in children(value, structure)}


def _compare_parts(old: Any, new: Any, structure: Structure, changed: Obj, removed: Obj) -> None:
    if isinstance(old, dict):  # most fields are the same in both: nobody needs to know what they are
        same = {name for name, item in old.items() if name in new and new[name] == item}
        old, new = ({k: v for k, v in part.items() if k not in same} for part in (old, new))
    before, now = _parts(old, structure), _parts(new, structure)
    for key, (value, below, present) in now.items():
        if key not in before:
            changed[key] = _whole(key, value, below, present)
        elif (earlier := before[key][0]) != value:
            _compare_values(key, earlier, value, below, changed, removed)
    for key, (value, below, present) in before.items():
        if key not in now:
            removed[key] = _whole(key, value, below, present)


def _compare_values(key: str, old: Any, new: Any, structure: Structure, changed: Obj, removed: Obj) -> None:
    comparable = type(old) is type(new) and not structure.atomic and isinstance(new, dict | list)
    if comparable and isinstance(new, list):
        comparable = keyed(old, structure) is not None and keyed(new, structure) is not None
    if not comparable:
        changed[key] = LEAF if is_leaf(new, structure) else _whole(key, new, structure, present=False)
        return
    below: Obj = {}
    gone: Obj = {}
    _compare_parts(old, new, structure, below, gone)
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
