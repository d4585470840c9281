"""Requests about resources: from HTTP to the API server's `Request`, and its answer back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tuik8s.api.errors import MethodNotSupported
from tuik8s.api.request import DeleteOptions, PatchType, Request, Selection, Verb
from tuik8s.apiserver.http import bodies, options
from tuik8s.apiserver.http.duplicates import duplicate_fields
from tuik8s.apiserver.http.negotiation import JSON

if TYPE_CHECKING:
    from aiohttp import web

    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Response, User
    from tuik8s.apiserver.http.negotiation import Wanted
    from tuik8s.apiserver.http.options import Query
    from tuik8s.apiserver.http.paths import ResourcePath

DELETED_OBJECTS = frozenset((
    "csidrivers.storage.k8s.io", "csinodes.storage.k8s.io", "persistentvolumeclaims", "persistentvolumes",
    "pods", "podtemplates", "resourceclaims.resource.k8s.io", "resourceclaimtemplates.resource.k8s.io",
    "resourceslices.resource.k8s.io", "deviceclasses.resource.k8s.io", "resourcequotas", "serviceaccounts",
    "services", "storageclasses.storage.k8s.io", "volumeattachments.storage.k8s.io",
))  # fmt: skip
"""Kinds of which a deletion answers with the object as it was, and not with a Status."""
BODY_KINDS = {"scale": "Scale", "binding": "Binding", "eviction": "Eviction", "token": "TokenRequest"}
"""What is sent to subresources that take a kind of their own, and how protobuf bodies name it."""
_BODY_VERSIONS = {"Scale": "autoscaling/v1", "Binding": "v1", "Eviction": "policy/v1"}


def verb_of(method: str, path: ResourcePath, query: Query) -> Verb:
    if path.watched and method == "GET":
        return Verb.WATCH
    if method in ("POST", "DELETE") and path.kind.namespaced and not path.namespace:
        raise MethodNotSupported("the server does not allow this method on the requested resource")
    match method, bool(path.name):
        case "GET" | "HEAD", True:
            return Verb.GET
        case "HEAD", False:
            return Verb.LIST
        case "GET", False:
            return Verb.WATCH if options.flag(query, "watch") else Verb.LIST
        case "POST", named if not named or path.subresource:
            return Verb.CREATE
        case "PUT", True:
            return Verb.UPDATE
        case "PATCH", True:
            return Verb.PATCH
        case "DELETE", named:
            return Verb.DELETE if named else Verb.DELETE_COLLECTION
    raise MethodNotSupported("the server does not allow this method on the requested resource")


async def build(
    request: web.BaseRequest, path: ResourcePath, query: Query, user: User, wanted: Wanted
) -> Request:
    """Everything that the request says, read and checked; the user was authorised before."""
    verb = verb_of(request.method, path, query)
    fields: dict[str, Any] = {
        "verb": verb, "kind": path.kind, "namespace": path.namespace, "name": path.name,
        "subresource": path.subresource, "user": user,
        "agent": options.agent(request.headers.get("User-Agent", "")),
        "as_table": wanted.form == "Table" and verb in (Verb.GET, Verb.LIST, Verb.WATCH),
    }  # fmt: skip
    if verb in (Verb.LIST, Verb.WATCH, Verb.DELETE_COLLECTION):
        fields["selection"] = _selection(path, query, verb)
    if verb in (Verb.DELETE, Verb.DELETE_COLLECTION):
        fields["delete"], fields["dry_run"] = await _deletion(request, path, query)
    elif verb in (Verb.CREATE, Verb.UPDATE, Verb.PATCH):
        fields |= await _write(request, path, query, verb)
    return Request(**fields)


def _selection(path: ResourcePath, query: Query, verb: Verb) -> Selection:
    found = options.selection(query, watch=verb is Verb.WATCH)
    if not path.name:
        return found
    terms = [term for term in (found.field_selector, f"metadata.name={path.name}") if term]
    return replace(found, field_selector=",".join(terms))


async def _deletion(request: web.BaseRequest, path: ResourcePath, query: Query) -> tuple[DeleteOptions, bool]:
    """The body's options; the query's where there is no body."""
    body = await bodies.read(request)
    if body:
        given = await bodies.decode_delete_options(body, bodies.media_type(request), path.kind)
    else:
        given = options.delete_options_in_query(query)
    return options.delete_options(given)


async def _write(request: web.BaseRequest, path: ResourcePath, query: Query, verb: Verb) -> Obj:
    fields: Obj = {
        "dry_run": options.dry_run(query.get("dryRun", []), "PatchOptions"),
        "field_manager": options.field_manager(query),
        "field_validation": options.field_validation(query),
    }
    content_type, body = bodies.media_type(request), await bodies.read(request)
    if verb is Verb.PATCH:
        fields["patch_type"], fields["body"] = await bodies.decode_patch(body, content_type)
        fields["force"] = fields["patch_type"] is PatchType.APPLY and options.flag(query, "force")
        return fields
    expected = BODY_KINDS.get(path.subresource, "")
    fields["body"] = await bodies.decode(body, content_type, path.kind, expected)
    if content_type == JSON and fields["field_validation"] != "Ignore":
        fields["duplicate_fields"] = duplicate_fields(body)
    return fields


def outcome(request: Request, response: Response) -> tuple[Obj, int]:
    """The object to show, and the HTTP code."""
    if request.verb is Verb.CREATE or response.created:
        return response.object, 201
    if request.verb is Verb.DELETE and not _shows_object(request, response.object):
        return _deleted(request, response.object), 200
    return response.object, 200


def _shows_object(request: Request, obj: Obj) -> bool:
    """Of some kinds always; of all others while something still holds it."""
    meta = obj["metadata"]
    if request.kind.resource in DELETED_OBJECTS:
        return True
    waits = meta.get("finalizers") or meta.get("deletionGracePeriodSeconds")
    held = (obj.get("spec") or {}).get("finalizers") if request.kind.plural == "namespaces" else None
    return bool(meta.get("deletionTimestamp") and (waits or held))


def _deleted(request: Request, obj: Obj) -> Obj:
    meta = obj["metadata"]
    details = {"name": meta["name"], "group": request.kind.group, "kind": request.kind.plural}
    details["uid"] = meta.get("uid", "")
    shown = {key: value for key, value in details.items() if value}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": shown}
