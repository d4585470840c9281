"""Strategic merge patches (k8s.io/apimachinery/pkg/util/strategicpatch)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api.errors import BadRequest
from tuik8s.api.gotext import plain

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.patch.structure import Structure

DIRECTIVE = "$patch"
RETAIN_KEYS = "$retainKeys"
DELETE_PRIMITIVES = "$deleteFromPrimitiveList/"
SET_ORDER = "$setElementOrder/"


def strategic_merge(current: Obj, patch: Obj, structure: Structure) -> Obj:
    """A new object; unchanged parts are shared with `current`. Raises BadRequest for a malformed patch."""
    directive = patch.get(DIRECTIVE)
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != DIRECTIVE}
    if directive == "delete":
        return {}
    _check_directive(directive)
    merged = _retained(current, patch)
    for key, value in patch.items():
        if not key.startswith("$"):
            _merge_field(merged, key, value, structure.child(key))
    _delete_primitives(merged, patch)
    _set_order(merged, current, patch, structure)
    return merged


def _merge_field(merged: Obj, key: str, value: Any, structure: Structure) -> None:
    if value is None:
        merged.pop(key, None)
        return
    before = merged.get(key)
    if isinstance(value, dict):
        merged[key] = strategic_merge(before if isinstance(before, dict) else {}, value, structure)
    elif isinstance(value, list) and (structure.merge_key or structure.merged_primitives):
        merged[key] = _merge_list(before if isinstance(before, list) else [], value, structure)
    else:
        merged[key] = value


def _merge_list(current: list[Any], patch: list[Any], structure: Structure) -> list[Any]:
    if structure.merged_primitives:
        added = [item for item in patch if item not in current]
        return _ordered([*current, *added], patch, current, "")
    key = structure.merge_key
    rest, deleted, replace = _split_directives(patch, key)
    if replace:
        return [strategic_merge({}, item, structure.element) for item in rest]
    merged = [item for item in current if item.get(key) not in deleted]
    for item in rest:
        wanted = _merge_value(item, key)
        index = next((i for i, known in enumerate(merged) if known.get(key) == wanted), None)
        if index is None:
            merged.append(strategic_merge({}, item, structure.element))
        else:
            merged[index] = strategic_merge(merged[index], item, structure.element)
    return _ordered(merged, rest, current, key)


def _split_directives(patch: list[Any], key: str) -> tuple[list[Obj], list[Any], bool]:
    rest: list[Obj] = []
    deleted: list[Any] = []
    replace = False
    for item in patch:
        if not isinstance(item, dict):
            raise BadRequest(f"expected an object with {key!r} in the list, got {item!r}")
        directive = item.get(DIRECTIVE)
        if directive == "delete":
            deleted.append(_merge_value(item, key))
        elif directive == "replace":
            replace = True
            rest.extend([kept] if (kept := {k: v for k, v in item.items() if k != DIRECTIVE}) else [])
        else:
            _check_directive(directive)
            rest.append({k: v for k, v in item.items() if k != DIRECTIVE})
    return rest, deleted, replace


def _merge_value(item: Obj, key: str) -> Any:
    if key not in item:
        raise BadRequest(f"map: {plain(item)} does not contain declared merge key: {key}")
    return item[key]


def _retained(current: Obj, patch: Obj) -> Obj:
    retained = patch.get(RETAIN_KEYS)
    if retained is None:
        return dict(current)
    if not isinstance(retained, list):
        raise BadRequest(f"invalid value for {RETAIN_KEYS}: {retained!r}")
    strangers = [k for k, v in patch.items() if v is not None and not k.startswith("$") and k not in retained]
    if strangers:
        raise BadRequest(f"{RETAIN_KEYS} list doesn't contain {strangers[0]!r}, which the patch sets")
    return {key: value for key, value in current.items() if key in retained}


def _delete_primitives(merged: Obj, patch: Obj) -> None:
    for key, doomed in patch.items():
        if key.startswith(DELETE_PRIMITIVES):
            field = key.removeprefix(DELETE_PRIMITIVES)
            if not isinstance(doomed, list):
                raise BadRequest(f"invalid value for {key}: {doomed!r}")
            before = merged.get(field)
            merged[field] = (
                [item for item in before if item not in doomed] if isinstance(before, list) else []
            )


def _set_order(merged: Obj, current: Obj, patch: Obj, structure: Structure) -> None:
    for key, order in patch.items():
        if not key.startswith(SET_ORDER):
            continue
        field = key.removeprefix(SET_ORDER)
        if not isinstance(order, list):
            raise BadRequest(f"invalid value for {key}: {order!r}")
        merge_key = structure.child(field).merge_key
        given, before = patch.get(field), current.get(field)
        _check_order(given if isinstance(given, list) else [], order, merge_key, key)
        if isinstance(merged.get(field), list):
            server = before if isinstance(before, list) else []
            merged[field] = _ordered(merged[field], order, server, merge_key)


def _check_order(patch: list[Any], order: list[Any], merge_key: str, directive: str) -> None:
    identities = [_identity(item, merge_key) for item in order]
    kept = [item for item in patch if not (isinstance(item, dict) and item.get(DIRECTIVE) == "delete")]
    places = [identities.index(i) if (i := _identity(p, merge_key)) in identities else -1 for p in kept]
    if -1 in places or places != sorted(places):
        raise BadRequest(f"The order in patch list:\n{patch}\n doesn't match {directive} list:\n{order}\n")


def _ordered(merged: list[Any], order: list[Any], server: list[Any], key: str) -> list[Any]:
    """Items of the patch in its order; items only the server has between them, by the server's order."""
    rank = {_identity(item, key): index for index, item in enumerate(order)}
    place = {_identity(item, key): index for index, item in enumerate(server)}
    ours = sorted((i for i in merged if _identity(i, key) in rank), key=lambda i: rank[_identity(i, key)])
    theirs = [item for item in merged if _identity(item, key) not in rank]
    result: list[Any] = []
    for item in ours:
        here = place.get(_identity(item, key))
        while here is not None and theirs and place.get(_identity(theirs[0], key), here) < here:
            result.append(theirs.pop(0))
        result.append(item)
    return result + theirs


def _identity(item: Any, key: str) -> Any:
    identity = item.get(key) if key and isinstance(item, dict) else item
    return repr(identity) if isinstance(identity, dict | list) else identity


def _check_directive(directive: Any) -> None:
    if directive not in (None, "merge"):
        raise BadRequest(f"invalid value for {DIRECTIVE}: {directive!r}")
