"""Drop what a schema does not know (k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning).

A pruner copies a value and leaves out unknown fields, which it notes, and nulls where null is no value. What
is missing gets its default afterwards; so a null where there is a default becomes the default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from tuik8s.api.objects import Obj, copy
from tuik8s.api.shapes import Findings, Place, place_text, struct_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Pruner: TypeAlias = Callable[[Any, Place, Findings], Any]

OBJECT_META = "meta_v1:ObjectMeta"
TYPE_META = frozenset(("apiVersion", "kind"))
PRESERVE, EMBEDDED = "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"
_DROPPED = object()


def pruner(schema: Obj | None, *, is_resource: bool = False) -> Pruner:
    """Of a whole object (`is_resource`) or a part; no schema knows no fields. Raises `scalars.Mismatch` when
    the metadata of a resource has values of other types than ObjectMeta."""
    if schema is None:
        return _without_schema
    keep = bool(schema.get(PRESERVE))
    embedded = is_resource or bool(schema.get(EMBEDDED))
    additional = schema.get("additionalProperties")
    known = {name: _field(part) for name, part in (schema.get("properties") or {}).items()}
    others = None if additional in (None, False) else _field(additional if additional is not True else None)
    items = _item(schema.get("items"), keep=keep)
    fields = _of_map(known, others, keep=keep, embedded=embedded)

    def prune(value: Any, place: Place, findings: Findings) -> Any:
        if type(value) is dict:
            return fields(value, place, findings)
        if type(value) is list:
            return [items(item, (place, f"[{index}]"), findings) for index, item in enumerate(value)]
        return value

    return prune


def _without_schema(value: Any, place: Place, findings: Findings) -> Any:
    """Nothing is known of what is in here: maps lose all their keys."""
    if type(value) is dict:
        findings += [place_text((place, f".{key}")) for key in value]
        return {}
    if type(value) is list:
        return [_without_schema(item, (place, f"[{i}]"), findings) for i, item in enumerate(value)]
    return value


def _of_map(known: Mapping[str, Pruner], others: Pruner | None, *, keep: bool, embedded: bool) -> Pruner:
    def prune(value: Obj, place: Place, findings: Findings) -> Obj:
        result: Obj = {}
        for key, item in value.items():
            if embedded and (key in TYPE_META or key == "metadata"):
                result[key] = _metadata(item, place, findings) if key == "metadata" else item
                continue
            below = known.get(key) or others
            if below is not None:
                pruned = below(item, (place, f".{key}"), findings)
                if pruned is not _DROPPED:
                    result[key] = pruned
            elif keep:
                result[key] = copy(item)
            else:
                findings.append(place_text((place, f".{key}")))
        return result

    return prune


def _field(schema: Obj | None) -> Pruner:
    """Of a value that is left out when it is null and may not be."""
    below = pruner(schema)
    if schema is None or schema.get("nullable"):
        return below

    def prune(value: Any, place: Place, findings: Findings) -> Any:
        return _DROPPED if value is None else below(value, place, findings)

    return prune


def _item(schema: Obj | None, *, keep: bool) -> Pruner:
    if schema is None and keep:
        return lambda value, _place, _findings: copy(value)
    below = pruner(schema)
    default = (schema or {}).get("default")
    if schema is None or default is None or schema.get("nullable"):
        return below
    return lambda value, place, findings: copy(default) if value is None else below(value, place, findings)


def _metadata(value: Any, place: Place, findings: Findings) -> Any:
    """As every object's metadata; of another type than an object, it is left for validation to refuse."""
    return struct_named(OBJECT_META)({} if value is None else value, (place, ".metadata"), findings)
