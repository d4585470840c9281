"""Sets of fields in their wire form, FieldsV1: `{"f:spec": {"f:replicas": {}}}`.

A key is `f:` and a field, `k:` and the keys of a list's item, or `v:` and a set's item, each as JSON; `.`
says that the node itself is in the set, beside its children. A node without children is in the set. Trees
are shared between objects and never changed: every function answers with a new one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tuik8s.api.objects import Obj
    from tuik8s.api.patch.structure import Structure

SELF = "."
LEAF: Obj = {}

# What the server keeps and nobody owns (structured-merge-diff's stripMeta).
UNTRACKED_METADATA = (
    "f:name", "f:namespace", "f:creationTimestamp", "f:selfLink", "f:uid", "f:generation", "f:managedFields",
    "f:resourceVersion",
)  # fmt: skip


def fields_of(value: Any, structure: Structure, *, containers: bool) -> Obj:
    """Everything in `value`. With `containers` maps and lists themselves count as set, as an update sets
    them; without, only what they hold, as an apply configuration means it."""
    tree: Obj = {}
    for key, item, below, present in children(value, structure):
        node = LEAF if is_leaf(item, below) else fields_of(item, below, containers=containers)
        if node and (key[0] == "k" or (containers and not present)):
            node = {SELF: LEAF, **node}
        tree[key] = node
    return tree


def is_leaf(value: Any, structure: Structure) -> bool:
    """A value that is owned as a whole."""
    if structure.atomic or not value:
        return True
    if isinstance(value, dict):
        return False
    return not isinstance(value, list) or keyed(value, structure) is None


def children(value: Any, structure: Structure) -> Iterator[tuple[str, Any, Structure, bool]]:
    """(path element, value, structure, whether it is always present) of each part of what is no leaf."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield f"f:{name}", item, structure.child(name), name in structure.always_present
    else:
        for key, item in (keyed(value, structure) or {}).items():
            yield key, item, structure.element, False


def keyed(items: list[Any], structure: Structure) -> dict[str, Any] | None:
    """A list's items by their path elements; None for a list that is no map (keys missing or doubled)."""
    if structure.is_set:
        result = {f"v:{_encode(item)}": item for item in items}
    elif structure.list_keys:
        result = {}
        for item in items:
            key = item_key(item, structure.list_keys, structure.key_defaults)
            if key is None:
                return None
            result[key] = item
    else:
        return None
    return result if len(result) == len(items) else None


def item_key(item: Any, names: tuple[str, ...], defaults: Mapping[str, Any]) -> str | None:
    if not isinstance(item, dict):
        return None
    keys = {name: item.get(name, defaults.get(name)) for name in names}
    return None if None in keys.values() else f"k:{_encode(keys)}"


def has_self(tree: Obj) -> bool:
    return not tree or SELF in tree


def union(left: Obj, right: Obj) -> Obj:
    """Both sets; of two nodes, not of two empty roots."""
    if not left or not right:
        only = left or right
        return only if not only or SELF in only else {SELF: LEAF, **only}
    merged = dict(left)
    for key, node in right.items():
        merged[key] = union(merged[key], node) if key in merged else node
    return merged


def union_roots(left: Obj, right: Obj) -> Obj:
    """`union` where an empty root is the empty set, not a leaf."""
    return union(left, right) if left and right else left or right


def difference(left: Obj, right: Obj) -> Obj:
    """What is in `left` and not in `right`, of roots."""
    kept: Obj = {}
    for key, node in left.items():
        if key not in right:
            kept[key] = node
        elif key != SELF and (rest := _node_difference(node, right[key])) is not None:
            kept[key] = rest
    return kept


def intersection(left: Obj, right: Obj) -> Obj:
    common: Obj = {}
    for key in [key for key in left if key in right]:
        node = LEAF if key == SELF else _node_intersection(left[key], right[key])
        if node is not None:
            common[key] = node
    return common


def _node_difference(left: Obj, right: Obj) -> Obj | None:
    stays = has_self(left) and not has_self(right)
    below = difference({k: v for k, v in left.items() if k != SELF}, right)
    if below:
        return {SELF: LEAF, **below} if stays else below
    return LEAF if stays else None


def _node_intersection(left: Obj, right: Obj) -> Obj | None:
    both = has_self(left) and has_self(right)
    below = intersection(
        {k: v for k, v in left.items() if k != SELF}, {k: v for k, v in right.items() if k != SELF}
    )
    if below:
        return {SELF: LEAF, **below} if both else below
    return LEAF if both else None


def without_untracked(tree: Obj, *resets: str) -> Obj:
    """Drop what no manager owns: the type, server-kept metadata, and `resets` (`f:status`, say)."""
    kept = {k: v for k, v in tree.items() if k not in ("f:apiVersion", "f:kind") and k not in resets}
    metadata = kept.get("f:metadata")
    if metadata is not None:
        metadata = {k: v for k, v in metadata.items() if k not in UNTRACKED_METADATA and k != SELF}
        if metadata:
            kept["f:metadata"] = metadata
        else:
            del kept["f:metadata"]
    return kept


def paths(tree: Obj, prefix: str = "") -> Iterator[str]:
    """Each member as people read it, `.spec.containers[name="web"].image`: in order, nearest first."""
    ordered = sorted(key for key in tree if key != SELF)
    for key in ordered:
        if has_self(tree[key]):
            yield prefix + path_text(key)
    for key in ordered:
        if tree[key]:
            yield from paths(tree[key], prefix + path_text(key))


def path_text(element: str) -> str:
    if element.startswith("f:"):
        return f".{element[2:]}"
    if element.startswith("k:"):
        keys = json.loads(element[2:])
        return "[" + ",".join(f"{name}={_encode(value)}" for name, value in keys.items()) + "]"
    return f"[={element[2:]}]"


def _encode(value: Any) -> str:
    return msgspec.json.encode(value).decode()
