"""What the author of a definition is warned of (…/pkg/registry/customresourcedefinition/strategy.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api.structural.formats import is_recognized
from tuik8s.api.structural.lists import LIST_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj


def definition_warnings(definition: Obj) -> list[str]:
    """Each once: parts of the schemas that are accepted and have less effect than they seem to."""
    found: dict[str, None] = {}
    for version in (definition.get("spec") or {}).get("versions") or ():
        for node in _nodes((version.get("schema") or {}).get("openAPIV3Schema")):
            found |= dict.fromkeys(_of_node(node))
    return list(found)


def _of_node(node: Obj) -> Iterator[str]:
    format_, items = node.get("format"), node.get("items")
    if format_ and not is_recognized(format_, node.get("type") or ""):
        yield f'unrecognized format "{format_}"'
    if node.get(LIST_TYPE) == "set" and isinstance(items, dict) and items.get("type") in ("array", "object"):
        yield (
            f'x-kubernetes-list-type: set for items of type "{items["type"]}" is not supported by '
            "server-side apply or CEL validation rules"
        )


def _nodes(schema: Any) -> Iterator[Obj]:
    if not isinstance(schema, dict):
        return
    yield schema
    for name in ("items", "additionalProperties", "not"):
        yield from _nodes(schema.get(name))
    for name in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(name) or ():
            yield from _nodes(part)
    for part in (schema.get("properties") or {}).values():
        yield from _nodes(part)
