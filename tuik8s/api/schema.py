"""From what a client sent to an object of a known kind: every field checked against Kubernetes' schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.api import shapes
from tuik8s.api.errors import BadRequest
from tuik8s.api.models import models_in
from tuik8s.api.scalars import Mismatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import FieldValidation

_MOST_STRICT_ERRORS = 100
_FIRST = ("apiVersion", "kind", "metadata")

_GROUPS = {
    "": "core",
    "apps": "apps",
    "autoscaling": "autoscaling",
    "batch": "batch",
    "policy": "policy",
    "flowcontrol.apiserver.k8s.io": "flowcontrol",
    "rbac.authorization.k8s.io": "rbac",
    **{
        f"{name}.k8s.io": name
        for name in (
            "admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization",
            "certificates", "coordination", "discovery", "events", "networking", "node", "resource",
            "scheduling", "storage", "storagemigration",
        )
    },
}  # fmt: skip


class CannotHandle(BadRequest):
    """What came is no object of the kind."""

    def __init__(self, kind: Kind, why: Mismatch | ValueError | str) -> None:
        head = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}'
        super().__init__(f"{head}: {why}")
        self.why = str(why)
        self.conversion = why.conversion_text() if isinstance(why, Mismatch) else self.why
        """The same for what did not come as JSON: see `Mismatch`."""


class Decoded(NamedTuple):
    """A new object, and warnings for the client."""

    object: Obj
    warnings: tuple[str, ...]


def decode(
    kind: Kind, obj: Any, field_validation: FieldValidation = "Strict", *, duplicates: Sequence[str] = ()
) -> Decoded:
    """A new object of this kind, as Kubernetes would write it out; the input stays as it is.

    Nulls and meaningless zero values are dropped; quantities of resource lists, times and base64 come out in
    canonical form. Fields that Kubernetes merely requires may be missing: validation says so later. Raises
    BadRequest, in the API server's words, for wrong types and, if strict, for unknown fields and for
    `duplicates`, the paths of those that were given twice.
    """
    unknown: shapes.Findings = []
    try:
        decoded: Obj = shapes.struct_named(kind.model)(obj, None, unknown)
    except (Mismatch, ValueError) as error:
        raise CannotHandle(kind, error) from None
    except RecursionError:
        raise CannotHandle(kind, "exceeded max depth") from None
    return finish(kind, decoded, field_validation, unknown, duplicates)


def decode_changes(
    kind: Kind, obj: Obj, before: Obj, field_validation: FieldValidation = "Strict"
) -> Decoded:
    """`decode` for what has been made of `before`, which was decoded itself: whatever both hold is shared.

    Fresh at the top and in `metadata` only. A status patch leaves most of an object as it was.
    """
    same_metadata: Obj = {}
    metadata = obj.get("metadata")
    same, new = _split(obj, before)
    if isinstance(metadata, dict):
        same_metadata, new["metadata"] = _split(metadata, before["metadata"])
    decoded, warnings = decode(kind, new, field_validation)
    decoded["metadata"] = _joined(metadata or {}, same_metadata, decoded["metadata"])
    return Decoded(_joined((*_FIRST, *obj), same, decoded), warnings)


def _split(obj: Obj, before: Obj) -> tuple[Obj, Obj]:
    """What is the very same in `before`, and what is not."""
    same = {field: value for field, value in obj.items() if value is before.get(field)}
    return same, {field: value for field, value in obj.items() if field not in same}


def _joined(order: Iterable[str], same: Obj, decoded: Obj) -> Obj:
    """Both, as the fields follow each other in `order`."""
    both = {**same, **decoded}
    return {field: both[field] for field in order if field in both}


def finish(
    kind: Kind, decoded: Obj, field_validation: FieldValidation, unknown: Sequence[str],
    duplicates: Sequence[str],
) -> Decoded:  # fmt: skip
    """With its type filled in; refused for unknown fields and those that were given twice, if strict."""
    decoded = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {}} | decoded
    decoded["apiVersion"], decoded["kind"] = kind.api_version, kind.kind
    found = [f'unknown field "{path}"' for path in unknown]
    found += [f'duplicate field "{path}"' for path in duplicates]
    problems = tuple(found[:_MOST_STRICT_ERRORS])
    if problems and field_validation == "Strict":
        raise CannotHandle(kind, f"strict decoding error: {', '.join(problems)}")
    return Decoded(decoded, problems if field_validation == "Warn" else ())


def is_kubernetes_kind(api_version: str, kind: str) -> bool:
    """Whether this release of Kubernetes has the kind in this version, served by tuik8s or not."""
    group, _, version = api_version.rpartition("/")
    if group not in _GROUPS or not re.fullmatch("v[0-9][a-z0-9]*", version) or not kind.isidentifier():
        return False
    struct = getattr(models_in(f"{_GROUPS[group]}_{version}"), kind, None)
    return {"apiVersion", "kind", "metadata"} <= set(getattr(struct, "__struct_fields__", ()))


def explain_unknown(api_version: str, kind: str) -> str:
    """Why an object of a kind outside the registry is refused."""
    if is_kubernetes_kind(api_version, kind):
        return f'{kind} in version "{api_version}" is not served by this release of tuik8s'
    return f'no matches for kind "{kind}" in version "{api_version}"'
