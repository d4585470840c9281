"""Patches: RFC 6902, RFC 7386 and Kubernetes' strategic merge. Server-side apply is in `fieldmanager`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonpatch
import jsonpointer

from tuik8s.api.errors import BadRequest, Invalid
from tuik8s.api.objects import Obj, copy
from tuik8s.api.patch.strategic import strategic_merge
from tuik8s.api.patch.structure import structure_of
from tuik8s.api.request import PatchType

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind

MAX_JSON_PATCH_OPERATIONS = 10_000

__all__ = ["apply_patch", "merge_patch"]


def apply_patch(kind: Kind, patch_type: PatchType, current: Obj, body: Any) -> Obj:
    """The patched object, which may share parts with `current` and `body`.

    Raises BadRequest for a malformed patch, and Invalid for a JSON patch that does not fit the object.
    """
    if patch_type is PatchType.JSON:
        return _json_patch(current, body)
    if not isinstance(body, dict):
        raise BadRequest(f"the patch of {kind.resource} is not an object")
    if patch_type is PatchType.MERGE:
        merged: Obj = merge_patch(current, body)
        return merged
    if patch_type is PatchType.STRATEGIC:
        return strategic_merge(current, body, structure_of(kind))
    raise BadRequest(f"{patch_type} is not a patch of an existing object")


def merge_patch(current: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    merged: Obj = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = merge_patch(merged.get(key), value)
        else:
            merged[key] = value
    return merged


def _json_patch(current: Obj, body: Any) -> Obj:
    if not isinstance(body, list):
        raise BadRequest("a JSON patch is a list of operations")
    if len(body) > MAX_JSON_PATCH_OPERATIONS:
        raise BadRequest(
            f"The allowed maximum operations in a JSON patch is {MAX_JSON_PATCH_OPERATIONS}, got {len(body)}"
        )
    try:
        patched = jsonpatch.JsonPatch(copy(body)).apply(copy(current), in_place=True)
    except jsonpatch.JsonPatchTestFailed:
        raise _rejected("testing a value failed: test failed") from None
    except jsonpatch.InvalidJsonPatch as error:
        raise BadRequest(f"error decoding patch: {error}") from None
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
        raise _rejected(str(error)) from None
    if not isinstance(patched, dict):
        raise _rejected("the patch does not leave an object")
    return patched


def _rejected(why: str) -> Invalid:
    details = {"causes": [{"reason": "UnexpectedServerResponse", "message": why}]}
    return Invalid("the server rejected our request due to an error in our request", details=details)
