"""One OpenAPI 3.0 document for each group and version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.kinds import KUBERNETES_VERSION
from tuik8s.api.request import PatchType
from tuik8s.apiserver.http.openapi.schemas import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

_LIST_QUERY = (
    ("labelSelector", "string"), ("fieldSelector", "string"), ("limit", "integer"), ("continue", "string"),
    ("resourceVersion", "string"), ("resourceVersionMatch", "string"), ("timeoutSeconds", "integer"),
    ("watch", "boolean"), ("allowWatchBookmarks", "boolean"), ("sendInitialEvents", "boolean"),
)  # fmt: skip
_WRITE_QUERY = (("dryRun", "string"), ("fieldManager", "string"), ("fieldValidation", "string"))
_DELETE_QUERY = (
    ("dryRun", "string"), ("gracePeriodSeconds", "integer"), ("orphanDependents", "boolean"),
    ("propagationPolicy", "string"),
)  # fmt: skip
_BODIES = ("application/json", "application/yaml", "application/vnd.kubernetes.protobuf")


def document(kinds: Iterable[Kind]) -> Obj:
    """Of kinds that share group and version."""
    schemas = Schemas()
    paths: Obj = {}
    for kind in kinds:
        title = schemas.add(kind.model)
        schemas.schemas[title] |= {"x-kubernetes-group-version-kind": [_gvk(kind)]}
        list_title = schemas.add(f"{kind.model}List")
        schemas.schemas[list_title] |= {
            "x-kubernetes-group-version-kind": [_gvk(kind) | {"kind": kind.list_kind}]
        }
        paths |= _paths(kind, title, list_title)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": KUBERNETES_VERSION},
        "paths": paths,
        "components": {"schemas": schemas.schemas},
    }


def _gvk(kind: Kind) -> Obj:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def _paths(kind: Kind, title: str, list_title: str) -> Obj:
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    scope = "/namespaces/{namespace}" if kind.namespaced else ""
    parameters = [_in_path("namespace", "object name and auth scope, such as for teams and projects")]
    shared = parameters if kind.namespaced else []
    collection = f"{root}{scope}/{kind.plural}"
    paths = {
        collection: {
            "get": _operation(kind, "list", list_title, query=_LIST_QUERY),
            "post": _operation(kind, "post", title, query=_WRITE_QUERY, bodies=_BODIES),
            "delete": _operation(kind, "deletecollection", list_title, query=(*_LIST_QUERY, *_DELETE_QUERY)),
            "parameters": shared,
        },
        f"{collection}/{{name}}": _one(kind, title, shared),
    }
    if "status" in kind.subresources:
        status = _one(kind, title, shared)
        del status["delete"]
        paths[f"{collection}/{{name}}/status"] = status
    if kind.namespaced:
        everywhere = _operation(kind, "list", list_title, query=_LIST_QUERY)
        paths[f"{root}/{kind.plural}"] = {"get": everywhere}
    return paths


def _one(kind: Kind, title: str, shared: list[Obj]) -> Obj:
    patches = tuple(str(patch_type) for patch_type in PatchType)
    return {
        "get": _operation(kind, "get", title),
        "put": _operation(kind, "put", title, query=_WRITE_QUERY, bodies=_BODIES),
        "patch": _operation(
            kind, "patch", title, query=(*_WRITE_QUERY, ("force", "boolean")), bodies=patches
        ),
        "delete": _operation(kind, "delete", title, query=_DELETE_QUERY),
        "parameters": [*shared, _in_path("name", f"name of the {kind.kind}")],
    }


def _operation(
    kind: Kind, action: str, title: str, *, query: tuple[tuple[str, str], ...] = (),
    bodies: tuple[str, ...] = (),
) -> Obj:  # fmt: skip
    reference = {"schema": {"$ref": f"#/components/schemas/{title}"}}
    code = "201" if action == "post" else "200"
    operation: Obj = {
        "parameters": [_in_query(name, kind_of) for name, kind_of in query],
        "responses": {
            code: {"description": "OK", "content": {"application/json": reference}},
            "401": {"description": "Unauthorized"},
        },
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": _gvk(kind),
    }
    if bodies:
        schema = {"schema": {"type": "object"}} if action == "patch" else reference
        operation["requestBody"] = {"content": {name: schema for name in bodies}, "required": True}
    return operation


def _in_query(name: str, kind_of: str) -> Obj:
    return {"name": name, "in": "query", "schema": {"type": kind_of, "uniqueItems": True}}


def _in_path(name: str, text: str) -> Obj:
    schema = {"type": "string", "uniqueItems": True}
    return {"name": name, "in": "path", "required": True, "description": text, "schema": schema}
