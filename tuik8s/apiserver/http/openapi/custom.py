"""Schemas of custom resources, as their definitions have them (…/pkg/controller/openapi/builder)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api.structural.pruning import EMBEDDED
from tuik8s.apiserver.http.openapi.schemas import REFERENCE, title_of

if TYPE_CHECKING:
    from tuik8s.api.customresources import CustomKind
    from tuik8s.api.objects import Obj

OBJECT_META, LIST_META = "meta_v1:ObjectMeta", "meta_v1:ListMeta"
_TEXTS = {
    "apiVersion": "The version of the schema that this object follows, after its group and a slash.",
    "kind": "What this object is, in CamelCase.",
    "metadata": "What every object has.",
}


def title_of_kind(kind: CustomKind, name: str = "") -> str:
    """`com.example.stable.v1.CronTab`."""
    return ".".join((*reversed(kind.group.split(".")), kind.version, name or kind.kind))


def schemas_of(kind: CustomKind) -> dict[str, Obj]:
    """Of an object and of a list of them, by title."""
    gvk = {"group": kind.group, "version": kind.version, "kind": kind.kind}
    one, many = title_of_kind(kind), title_of_kind(kind, kind.list_kind)
    source = kind.definition.schema.source
    properties = {**(source.get("properties") or {}), **_meta(OBJECT_META)}
    schema = {**source, "type": "object", "properties": properties}
    items = {"description": f"List of {kind.plural}.", "type": "array", "items": {"$ref": REFERENCE + one}}
    listed = {
        "description": f"{kind.list_kind} is a list of {kind.kind}",
        "type": "object",
        "required": ["items"],
        "properties": {**_meta(LIST_META), "items": items},
    }
    return {
        one: {**_with_embedded(schema), "x-kubernetes-group-version-kind": [gvk]},
        many: {**listed, "x-kubernetes-group-version-kind": [{**gvk, "kind": kind.list_kind}]},
    }


def _meta(model: str) -> Obj:
    reference = {"allOf": [{"$ref": REFERENCE + title_of(model)}], "default": {}}
    return {
        "apiVersion": {"type": "string", "description": _TEXTS["apiVersion"]},
        "kind": {"type": "string", "description": _TEXTS["kind"]},
        "metadata": {"description": _TEXTS["metadata"], **reference},
    }


def _with_embedded(schema: Any) -> Any:
    """Resources inside have metadata too."""
    if isinstance(schema, list):
        return [_with_embedded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result = {name: _with_embedded(part) if name != "default" else part for name, part in schema.items()}
    if result.get(EMBEDDED):
        result["properties"] = {**(result.get("properties") or {}), **_meta(OBJECT_META)}
    return result
