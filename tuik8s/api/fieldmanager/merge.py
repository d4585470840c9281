"""Put an apply configuration into an object, and take out what is no longer applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api.fieldmanager.fieldset import has_self, is_leaf, keyed

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.patch.structure import Structure


def merge(live: Any, config: Any, structure: Structure) -> Any:
    """A new value with all of `config` and what only `live` has; unchanged parts are shared."""
    if structure.atomic:
        return config
    if isinstance(config, dict) and isinstance(live, dict):
        merged = dict(live)
        for name, value in config.items():
            merged[name] = merge(live[name], value, structure.child(name)) if name in live else value
        return merged
    if isinstance(config, list) and isinstance(live, list):
        return _merge_lists(live, config, structure)
    return config


def _merge_lists(live: list[Any], config: list[Any], structure: Structure) -> list[Any]:
    ours, theirs = keyed(config, structure), keyed(live, structure)
    if ours is None or theirs is None:
        return config
    merged = {k: merge(theirs[k], v, structure.element) if k in theirs else v for k, v in ours.items()}
    # The configuration's order; items that only the server has keep their place among their neighbours.
    rank = {key: index for index, key in enumerate(theirs)}
    waiting = [key for key in theirs if key not in ours]
    result: list[Any] = []
    for key, value in merged.items():
        while waiting and rank[waiting[0]] < rank.get(key, -1):
            result.append(theirs[waiting.pop(0)])
        result.append(value)
    return result + [theirs[key] for key in waiting]


def remove(value: Any, doomed: Obj, kept: Obj, structure: Structure) -> Any:
    """Without the fields of `doomed`; an item or map goes as a whole, but for what is in `kept`.

    `kept` is what other managers own below here. A map or list that this empties goes too.
    """
    if isinstance(value, dict):
        return _remove_fields(value, doomed, kept, structure)
    items = keyed(value, structure)
    if items is None:
        return value
    result = []
    for key, item in items.items():
        rest = _rest(key, item, doomed, kept, structure.element)
        if rest is not _GONE:
            result.append(_keyed(rest, item, structure))
    return result


_GONE = object()


def _remove_fields(value: Obj, doomed: Obj, kept: Obj, structure: Structure) -> Obj:
    result: Obj = {}
    for name, item in value.items():
        rest = _rest(f"f:{name}", item, doomed, kept, structure.child(name))
        if rest is not _GONE:
            result[name] = rest
    return result


def _rest(key: str, item: Any, doomed: Obj, kept: Obj, structure: Structure) -> Any:
    node = doomed.get(key)
    if node is None:
        return item
    others = kept.get(key)
    if is_leaf(item, structure):
        return _GONE if others is None and has_self(node) else item
    if has_self(node):
        # The whole item was ours: only what others own below it stays.
        return _GONE if others is None else _only(item, others, structure)
    rest = remove(item, node, others or {}, structure)
    return rest if rest or others is not None else _GONE


def _only(value: Any, kept: Obj, structure: Structure) -> Any:
    """The parts of `value` that `kept` names."""
    if not kept or is_leaf(value, structure):
        return value
    if isinstance(value, dict):
        return {
            name: _only(item, kept[f"f:{name}"], structure.child(name))
            for name, item in value.items()
            if f"f:{name}" in kept
        }
    items = keyed(value, structure) or {}
    return [
        _keyed(_only(item, kept[key], structure.element), item, structure)
        for key, item in items.items()
        if key in kept
    ]


def _keyed(part: Any, item: Any, structure: Structure) -> Any:
    """With the keys that tell a list's items apart, whoever owns them."""
    if not isinstance(part, dict) or part is item:
        return part
    return {**{name: item[name] for name in structure.list_keys if name in item}, **part}
