"""Whether what we would report is what the API has already."""

from __future__ import annotations

from typing import Any


def same(old: Any, new: Any) -> bool:
    """Equal, not counting what is empty: the API server leaves empty fields out."""
    if isinstance(old, dict) or isinstance(new, dict):
        left, right = _full(old), _full(new)
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(same(a, b) for a, b in zip(old, new, strict=True))
    return bool(old == new) or (not old and not new)


def _full(value: Any) -> dict[str, Any]:
    return {key: item for key, item in (value or {}).items() if item not in (None, {}, [], "")}
