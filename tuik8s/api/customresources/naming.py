"""Which of the names that a definition wants it may have (…/pkg/controller/status, establish)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.objects import condition_of, copy, is_true

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.objects import Obj

CLEANUP_FINALIZER = "customresourcecleanup.apiextensions.k8s.io"
APPROVAL = "api-approved.kubernetes.io"


class NamesInUse(NamedTuple):
    """What the definitions of one group have got."""

    resources: frozenset[str]
    kinds: frozenset[str]

    @classmethod
    def of(cls, group: str, definitions: Iterable[Obj]) -> NamesInUse:
        """Each counts with what it has been granted, the one that asks included."""
        granted = [
            (definition.get("status") or {}).get("acceptedNames") or {}
            for definition in definitions
            if definition["spec"]["group"] == group
        ]
        resources = {names.get(part) for names in granted for part in ("plural", "singular")}
        resources |= {short for names in granted for short in names.get("shortNames") or ()}
        kinds = {names.get(part) for names in granted for part in ("kind", "listKind")}
        return cls(frozenset(filter(None, resources)), frozenset(filter(None, kinds)))


def accepted_status(definition: Obj, in_use: NamesInUse, now: str) -> Obj:
    """The status with accepted names and conditions; equal to the present one where nothing changes."""
    wanted, status = definition["spec"]["names"], copy(definition.get("status") or {})
    names, reason, message = _granted(wanted, status.get("acceptedNames") or {}, in_use)
    accepted = not reason
    conditions = status.get("conditions") or []
    if not accepted:
        named = condition("NamesAccepted", "False", reason, message)
        established = condition("Established", "False", "NotAccepted", "not all names are accepted")
    else:
        named = condition("NamesAccepted", "True", "NoConflicts", "no conflicts found")
        established = condition(
            "Established", "True", "InitialNamesAccepted", "the initial names have been accepted"
        )
    conditions = with_condition(conditions, named, now)
    is_new = condition_of(definition, "Established") is None
    if (accepted or is_new) and not is_true(definition, "Established"):
        conditions = with_condition(conditions, established, now)
    approval = _approval(definition)
    if approval is not None:
        conditions = with_condition(conditions, approval, now)
    return {**status, "acceptedNames": names, "conditions": conditions}


def condition(kind: str, status: str, reason: str, message: str) -> Obj:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def with_condition(conditions: Iterable[Obj], wanted: Obj, now: str) -> list[Obj]:
    """`wanted` in place of the one of its type; its time moves when its status does."""
    result, placed = [], False
    for known in conditions:
        if known["type"] != wanted["type"]:
            result.append(known)
            continue
        since = known.get("lastTransitionTime") or now
        moved = known["status"] != wanted["status"]
        result.append({**wanted, "lastTransitionTime": now if moved else since})
        placed = True
    return result if placed else [*result, {**wanted, "lastTransitionTime": now}]


def _granted(wanted: Obj, granted: Obj, in_use: NamesInUse) -> tuple[Obj, str, str]:
    """The names, and the reason and message of the last conflict."""
    names, reason, message = dict(granted), "", ""
    for part, used in (
        ("plural", in_use.resources), ("singular", in_use.resources), ("shortNames", in_use.resources),
        ("kind", in_use.kinds), ("listKind", in_use.kinds),
    ):  # fmt: skip
        taken = _taken(wanted.get(part), granted.get(part), used)
        if taken:
            reason, message = f"{part[0].upper()}{part[1:]}Conflict", taken
        elif wanted.get(part):
            names[part] = wanted[part]
        else:
            names.pop(part, None)
    if wanted.get("categories"):
        names["categories"] = wanted["categories"]
    else:
        names.pop("categories", None)
    return names, reason, message


def _taken(wanted: str | list[str] | None, granted: str | list[str] | None, used: frozenset[str]) -> str:
    ours = granted if isinstance(granted, list) else [granted]
    asked = wanted if isinstance(wanted, list) else [wanted] if wanted else []
    taken = [f'"{name}" is already in use' for name in asked if name in used and name not in ours]
    return taken[0] if len(taken) == 1 else f"[{', '.join(taken)}]" if taken else ""


def is_protected(group: str) -> bool:
    """Groups of the Kubernetes project itself, whose definitions need an approval."""
    return group in ("k8s.io", "kubernetes.io") or group.endswith((".k8s.io", ".kubernetes.io"))


def approval_state(definition: Obj) -> tuple[str, str]:
    """`missing`, `invalid`, `bypassed` or `approved`, and what Kubernetes says of it."""
    found = (definition["metadata"].get("annotations") or {}).get(APPROVAL, "")
    see = "see https://github.com/kubernetes/enhancements/pull/1111"
    needed = f'protected groups must have approval annotation "{APPROVAL}"'
    if not found:
        return "missing", f"{needed}, {see}"
    if found.startswith("unapproved"):
        return "bypassed", f'not approved: "{found}"'
    if "://" in found:
        return "approved", f"approved in {found}"
    return "invalid", f'{needed} with either a URL or a reason starting with "unapproved", {see}'


def _approval(definition: Obj) -> Obj | None:
    if not is_protected(definition["spec"]["group"]):
        return None
    state, message = approval_state(definition)
    reasons = {
        "missing": ("False", "MissingAnnotation"), "invalid": ("False", "InvalidAnnotation"),
        "bypassed": ("False", "UnapprovedAnnotation"), "approved": ("True", "ApprovedAnnotation"),
    }  # fmt: skip
    return condition("KubernetesAPIApprovalPolicyConformant", *reasons[state], message)
