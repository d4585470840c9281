"""Bring the default roles and bindings up to what they must hold at least, at every start.

After pkg/registry/rbac/reconciliation: what is missing is added, what others added stays, and an object
with the annotation `rbac.authorization.kubernetes.io/autoupdate: "false"` is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.objects import annotations_of, copy
from tuik8s.apiserver.authorization.defaults import AUTOUPDATE
from tuik8s.apiserver.authorization.rules import compact, missing

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def reconciled(current: Obj, default: Obj) -> Obj | None:
    """The object to write in place of `current`; None when nothing is missing. Neither is changed."""
    if annotations_of(current).get(AUTOUPDATE) == "false":
        return None
    result = copy(current)
    for field in ("labels", "annotations"):
        wanted = default["metadata"].get(field) or {}
        result["metadata"][field] = {**wanted, **(result["metadata"].get(field) or {})}
    if "aggregationRule" in default:
        _add_selectors(result, default)
    elif "rules" in default:
        held = result.get("rules") or []
        lacking = compact(missing(default["rules"], held))
        if lacking:
            result["rules"] = held + lacking
    if "roleRef" in default:
        _add_subjects(result, default)
    return None if result == current else result


def refers_elsewhere(current: Obj, default: Obj) -> bool:
    """A binding whose role was changed must be made anew: `roleRef` cannot be updated."""
    if annotations_of(current).get(AUTOUPDATE) == "false":
        return False
    return bool(current.get("roleRef") != default.get("roleRef"))


def _add_selectors(result: Obj, default: Obj) -> None:
    held = (result.get("aggregationRule") or {}).get("clusterRoleSelectors") or []
    wanted = default["aggregationRule"]["clusterRoleSelectors"]
    lacking = [selector for selector in wanted if selector not in held]
    if lacking:
        result["aggregationRule"] = {"clusterRoleSelectors": held + lacking}


def _add_subjects(result: Obj, default: Obj) -> None:
    held = result.get("subjects") or []
    known = {_identity(subject) for subject in held}
    lacking = [subject for subject in default.get("subjects") or [] if _identity(subject) not in known]
    if lacking:
        result["subjects"] = held + copy(lacking)


def _identity(subject: Obj) -> tuple[str, str, str]:
    return subject.get("kind", ""), subject.get("namespace", ""), subject.get("name", "")
