"""One OpenAPI 3.0 document for each group and version (k8s.io/kube-openapi/pkg/builder3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.customresources import CustomKind
from tuik8s.api.kinds import KUBERNETES_VERSION
from tuik8s.apiserver.http.discovery import subresources_of
from tuik8s.apiserver.http.openapi import custom, operations, parameters
from tuik8s.apiserver.http.openapi.operations import Subject, gvk_of
from tuik8s.apiserver.http.openapi.schemas import REFERENCE, closure, title_of
from tuik8s.apiserver.http.resources import DELETED_OBJECTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

_BODIES: dict[str, str] = {
    "scale": "autoscaling_v1:Scale", "binding": "core_v1:Binding", "eviction": "policy_v1:Eviction",
    "token": "authentication_v1:TokenRequest",
}  # fmt: skip
"""Models of what subresources speak of, where it is not the resource itself."""
_CONNECTED = ("get", "post")
_PROXIED = ("get", "put", "post", "delete", "options", "head", "patch")


def document(kinds: Sequence[Kind]) -> Obj:
    """Of kinds that share group and version."""
    models = [operations.STATUS, operations.DELETE_OPTIONS, "meta_v1:WatchEvent"]
    defined = [kind for kind in kinds if isinstance(kind, CustomKind)]
    if defined:
        models += [custom.OBJECT_META, custom.LIST_META]
    paths: Obj = {}
    for kind in kinds:
        if kind not in defined:
            models += _models(kind) if "list" in kind.verbs else [kind.model]
        models += [_BODIES[name] for name, *_ in subresources_of(kind) if name in _BODIES]
        paths |= _paths(kind)
    schemas = closure(models)
    for definition in defined:
        schemas |= custom.schemas_of(definition)
    for kind in kinds:
        if kind not in defined:
            _name_kind(schemas, kind.model, gvk_of(kind))
            _name_kind(schemas, f"{kind.model}List", gvk_of(kind) | {"kind": kind.list_kind})
        for name, (group, version, body), _ in subresources_of(kind):
            if name in _BODIES:
                _name_kind(schemas, _BODIES[name], {"group": group, "version": version, "kind": body})
    return _document(dict(sorted(paths.items())), schemas)


def plain_document(path: str, model: str, text: str) -> Obj:
    """Of what is no resource: `/version/`, the lists of groups."""
    reference = {"schema": {"$ref": REFERENCE + title_of(model)}}
    operation = {
        "tags": [path.strip("/").partition("/")[0]],
        "description": text,
        "operationId": "get" + "".join(word.capitalize() for word in path.replace(".", "/").split("/")),
        "responses": {
            "200": {"description": "OK", "content": {"application/json": reference}},
            "401": {"description": "Unauthorized"},
        },
    }
    return _document({path: {"get": operation}}, closure([model]))


def _document(paths: Obj, schemas: Obj) -> Obj:
    text = "Bearer token authentication"
    token = {"type": "apiKey", "name": "authorization", "in": "header", "description": text}
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": KUBERNETES_VERSION},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"BearerToken": token}},
    }


def _name_kind(schemas: Obj, model: str, gvk: Obj) -> None:
    title = title_of(model)
    if title in schemas:
        schemas[title] = {**schemas[title], "x-kubernetes-group-version-kind": [gvk]}


def _paths(kind: Kind) -> Obj:
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    scope = "/namespaces/{namespace}" if kind.namespaced else ""
    shared = [parameters.NAMESPACE] if kind.namespaced else []
    collection = f"{root}{scope}/{kind.plural}"
    place = f"Namespaced{kind.kind}" if kind.namespaced else kind.kind
    one, many = (Subject(kind, place, title, gvk_of(kind)) for title in _titles(kind))
    named = [*shared, parameters.name_of(kind.kind)]
    paths: Obj = {
        collection: _asked(kind, _on_collection(one, many)) | {"parameters": shared},
        f"{collection}/{{name}}": _asked(kind, _on_object(one)) | {"parameters": named},
    }
    paths = {path: item for path, item in paths.items() if len(item) > 1}
    for name, gvk, verbs in subresources_of(kind):
        paths |= _subresource(one, f"{collection}/{{name}}", named, (name, gvk, verbs))
    if kind.namespaced and "list" in kind.verbs:
        everywhere = f"{kind.kind}ForAllNamespaces"
        listing = operations.read(many, "list", place=everywhere, query=parameters.LIST)
        paths[f"{root}/{kind.plural}"] = {"get": listing}
    return paths


def _on_collection(one: Subject, many: Subject) -> Obj:
    """Operations by verb."""
    return {
        "list": ("get", operations.read(many, "list", query=parameters.LIST)),
        "create": ("post", operations.create(one)),
        "deletecollection": ("delete", operations.delete_collection(one)),
    }


def _on_object(one: Subject) -> Obj:
    shows_object = one.kind.resource in DELETED_OBJECTS
    return {
        "get": ("get", operations.read(one)),
        "update": ("put", operations.replace(one)),
        "patch": ("patch", operations.patch(one)),
        "delete": ("delete", operations.delete(one, shows_object=shows_object)),
    }


def _asked(kind: Kind, by_verb: Obj) -> Obj:
    """By HTTP method, of what can be asked of the kind."""
    return dict(entry for verb, entry in by_verb.items() if verb in kind.verbs)


def _models(kind: Kind) -> tuple[str, str]:
    return kind.model, f"{kind.model}List"


def _titles(kind: Kind) -> tuple[str, str]:
    """Of the schemas of one object and of a list."""
    if isinstance(kind, CustomKind):
        return custom.title_of_kind(kind), custom.title_of_kind(kind, kind.list_kind)
    one, many = _models(kind)
    return title_of(one), title_of(many)


def _subresource(
    one: Subject, path: str, shared: list[Obj], entry: tuple[str, tuple[str, str, str], tuple[str, ...]]
) -> Obj:
    name, (group, version, body), verbs = entry
    title = title_of(_BODIES[name]) if name in _BODIES else one.title
    place = f"{one.place}{name.capitalize()}"
    subject = Subject(one.kind, place, title, {"group": group, "version": version, "kind": body})
    item: Obj = {"parameters": shared}
    if name == "log":
        return {f"{path}/log": item | {"get": operations.log(subject)}}
    if name in parameters.STREAMS:
        methods = _PROXIED if name == "proxy" else _CONNECTED
        found = {f"{path}/{name}": item | {m: operations.connect(subject, m, name) for m in methods}}
        if name == "proxy":
            deeper = {m: operations.connect(subject, m, name, place=f"{place}WithPath") for m in methods}
            found[f"{path}/proxy/{{path}}"] = {**deeper, "parameters": [*shared, parameters.PROXY_PATH]}
        return found
    made = {
        "get": ("get", operations.read), "update": ("put", operations.replace),
        "patch": ("patch", operations.patch), "create": ("post", operations.create),
    }  # fmt: skip
    for verb in verbs:
        if verb in made:
            method, make = made[verb]
            item[method] = make(subject)
    return {f"{path}/{name}": item}
