"""From the body of a request to an object of the kind the request is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tuik8s.api import gotext
from tuik8s.api.conversion import to_served
from tuik8s.api.customresources import definition_warnings
from tuik8s.api.errors import BadRequest, Invalid, invalid
from tuik8s.api.ineffective import ineffective_fields
from tuik8s.api.kinds import CUSTOM_RESOURCE_DEFINITION
from tuik8s.api.request import PatchType, Verb
from tuik8s.api.schema import CannotHandle, Decoded
from tuik8s.api.uncontrolled import uncontrolled

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request
    from tuik8s.apiserver.rules import Rules


def decode_body(rules: Rules, request: Request) -> Decoded:
    """A fresh object whose name and namespace are those of the request."""
    kind = rules.kind
    body = request.body
    if not isinstance(body, dict):
        raise BadRequest(f"the object provided is unrecognized (must be of type {kind.kind})")
    body, deprecations = to_served(body)
    check_type(kind, body)
    decoded = rules.decode(body, request.field_validation, request.duplicate_fields)
    _keep_reset(body, decoded.object)
    place(kind, request, decoded.object)
    notes = (*_ineffective(kind, request, decoded.object), *_unattended(kind, request))
    return Decoded(decoded.object, (*deprecations, *decoded.warnings, *notes))


def decode_patched(rules: Rules, request: Request, patched: Obj, current: Obj | None = None) -> Decoded:
    """What a patch made of an object; what is wrong with it is the patch's fault.

    Given `current`, the object before, the two may share parts.
    """
    kind = rules.kind
    patched, deprecations = to_served(patched)
    try:
        check_type(kind, patched)
        if current is None:
            decoded = rules.decode(patched, request.field_validation)
        else:
            decoded = rules.decode_changes(patched, current, request.field_validation)
        _keep_reset(patched, decoded.object)
    except BadRequest as error:
        raise _refused_patch(request, patched, error) from None
    place(kind, request, decoded.object)
    warnings = (*deprecations, *decoded.warnings, *_ineffective(kind, request, decoded.object))
    return Decoded(decoded.object, warnings)


def _refused_patch(request: Request, patched: Obj, error: BadRequest) -> Invalid:
    """Strategic merge patches are merged as maps, the others as JSON: what is shown and said differs."""
    converted = request.patch_type is PatchType.STRATEGIC
    shown = gotext.plain(request.body) if converted else msgspec.json.encode(patched).decode()
    why = error.message
    if isinstance(error, CannotHandle):
        why = error.conversion if converted else error.why
    return Invalid.of("", "", "", [invalid("patch", shown, why)])


def _ineffective(kind: Kind, request: Request, obj: Obj) -> list[str]:
    """Warnings of what the author of a spec may believe to have an effect."""
    if request.subresource:
        return []
    return (
        definition_warnings(obj) if kind == CUSTOM_RESOURCE_DEFINITION else ineffective_fields(kind.kind, obj)
    )


def _unattended(kind: Kind, request: Request) -> list[str]:
    """A warning for who makes an object, or asks for its existence, that nothing will act on it."""
    asks = request.verb is Verb.CREATE or request.patch_type is PatchType.APPLY
    warning = uncontrolled(kind) if asks and not request.subresource else ""
    return [warning] if warning else []


def _keep_reset(body: Obj, decoded: Obj) -> None:
    """An empty list of managed fields ends their tracking; elsewhere empty and missing are the same."""
    if (body.get("metadata") or {}).get("managedFields") == []:
        decoded["metadata"]["managedFields"] = []


def check_type(kind: Kind, body: Obj) -> None:
    found, version = body.get("kind"), body.get("apiVersion")
    if found and found != kind.kind:
        raise BadRequest(
            f'{found} in version "{str(version or kind.api_version).rpartition("/")[2]}" '
            f"cannot be handled as a {kind.kind}: no kind {_quoted(found)} is registered for this resource"
        )
    if version and version != kind.api_version:
        raise BadRequest(
            f"the API version in the data ({version}) does not match the expected API version "
            f"({kind.api_version})"
        )


def place(kind: Kind, request: Request, obj: Obj) -> None:
    """Fill in name and namespace from the request; they must not contradict it."""
    meta = obj["metadata"]
    revision = meta.get("resourceVersion") or "0"
    if not (revision.isascii() and revision.isdigit() and len(revision) < 20):
        why = f'strconv.ParseUint: parsing "{revision}": invalid syntax'
        errors = [invalid("metadata.resourceVersion", revision, why)]
        raise Invalid.of(kind.kind, kind.group, meta.get("name", ""), errors)
    if kind.namespaced:
        if not request.namespace:
            raise BadRequest("an empty namespace may not be set during creation")
        if (meta.get("namespace") or request.namespace) != request.namespace:
            raise BadRequest(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        meta["namespace"] = request.namespace
    else:
        meta.pop("namespace", None)
    if request.name:
        if (meta.get("name") or request.name) != request.name:
            raise BadRequest(
                f"the name of the object ({meta['name']}) does not match the name on the URL ({request.name})"
            )
        meta["name"] = request.name


def _quoted(value: Any) -> str:
    return f'"{value}"'
