"""Server-side apply: what a manager wants, merged into what there is."""

from __future__ import annotations

import json
from functools import reduce
from typing import TYPE_CHECKING

from tuik8s.api.errors import BadRequest, Conflict
from tuik8s.api.fieldmanager.compare import compare
from tuik8s.api.fieldmanager.fieldset import (
    difference,
    fields_of,
    intersection,
    paths,
    union_roots,
    without_untracked,
)
from tuik8s.api.fieldmanager.last_applied import allowed_without_force, keep_last_applied
from tuik8s.api.fieldmanager.managers import Manager, Managers, Ownership, cap, decode, encode
from tuik8s.api.fieldmanager.merge import merge, remove

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.api.patch.structure import Structure

BEFORE_FIRST_APPLY = "before-first-apply"


def apply(
    structure: Structure, live: Obj | None, config: Obj, *, manager: Manager, force: bool, now: str,
    resets: Sequence[str] = (),
) -> Obj:  # fmt: skip
    """The object with `config` applied and its managedFields brought up to date, not yet defaulted.

    Shares parts with `live` and `config`. Fields that this manager applied before, that `config` lacks and
    nobody else owns, are removed. Raises Conflict when other managers own fields that would change, unless
    `force` takes them over.
    """
    if config.get("metadata", {}).get("managedFields"):
        raise BadRequest("metadata.managedFields must be nil")
    managers = _managers_of(live, structure, manager.api_version, now, resets)
    previous = _take_previous(managers, manager)
    applied = without_untracked(fields_of(config, structure, containers=False), *resets)
    before: Obj = live if live is not None else {}
    merged = _drop_empty_metadata(merge(before, config, structure))
    if previous is not None:
        kept = reduce(union_roots, (owned.fields for owned in managers.values()), applied)
        merged = remove(merged, difference(previous.fields, applied), kept, structure)
    changed, removed = (without_untracked(tree, *resets) for tree in compare(before, merged, structure))
    if live is not None and changed and not force:
        _refuse_conflicts(managers, difference(changed, allowed_without_force(live, structure, manager)))
    after = _without(managers, changed, removed)
    unchanged = previous is not None and previous.fields == applied and not changed and not removed
    if applied:
        after[manager] = Ownership(applied, previous.time if previous and unchanged else now)
    metadata = {**merged.get("metadata", {}), "managedFields": encode(cap(after))}
    merged["metadata"] = keep_last_applied(metadata, config, manager)
    return merged


def _drop_empty_metadata(merged: Obj) -> Obj:
    return {**merged, "metadata": dict(merged.get("metadata") or {})}


def _managers_of(
    live: Obj | None, structure: Structure, api_version: str, now: str, resets: Sequence[str]
) -> Managers:
    """An object that nobody's fields are known of belongs to one who was there before."""
    if live is None:
        return {}
    managers = decode(live["metadata"].get("managedFields"))
    if not managers:
        fields = without_untracked(fields_of(live, structure, containers=True), *resets)
        managers[Manager(BEFORE_FIRST_APPLY, "Update", api_version)] = Ownership(fields, now)
    return managers


def _take_previous(managers: Managers, manager: Manager) -> Ownership | None:
    """What this manager applied last, in whatever version, taken out of `managers`."""
    for known in managers:
        if (known.name, known.operation, known.subresource) == (manager.name, "Apply", manager.subresource):
            return managers.pop(known)
    return None


def _refuse_conflicts(managers: Managers, contested: Obj) -> None:
    conflicts = [
        (owner, path)
        for owner, owned in managers.items()
        for path in paths(intersection(owned.fields, contested))
    ]
    if conflicts:
        raise _conflict_error(conflicts)


def _without(managers: Managers, changed: Obj, removed: Obj) -> Managers:
    after: Managers = {}
    for manager, owned in managers.items():
        fields = difference(difference(owned.fields, removed), changed)
        if fields:
            after[manager] = owned if fields == owned.fields else Ownership(fields, owned.time)
    return after


def _conflict_error(conflicts: list[tuple[Manager, str]]) -> Conflict:
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {_show(owner)}", "field": path}
        for owner, path in conflicts
    ]
    if len(conflicts) == 1:
        owner, path = conflicts[0]
        text = f"Apply failed with 1 conflict: conflict with {_show(owner)}: {path}"
    else:
        text = f"Apply failed with {len(conflicts)} conflicts: {_list(conflicts)}"
    return Conflict(text, details={"causes": causes})


def _list(conflicts: list[tuple[Manager, str]]) -> str:
    lines: list[str] = []
    by_owner: dict[str, list[str]] = {}
    for owner, path in conflicts:
        by_owner.setdefault(_show(owner), []).append(path)
    for shown in sorted(by_owner):
        lines += [f"conflicts with {shown}:", *(f"- {path}" for path in by_owner[shown])]
    return "\n".join(lines)


def _show(manager: Manager) -> str:
    shown = json.dumps(manager.name, ensure_ascii=False)
    if manager.subresource:
        shown += f" with subresource {json.dumps(manager.subresource)}"
    return f"{shown} using {manager.api_version}" if manager.operation == "Update" else shown
