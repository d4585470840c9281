"""Values as Go prints them in the API server's messages."""

from __future__ import annotations

from typing import Any

_DEEPEST = 60
"""What lies deeper is not shown: no message is read to there."""


def plain(value: Any, depth: int = 0) -> str:
    """A JSON value under fmt's `%v`: `map[labels:map[app:web] list:[1 true <nil>]]`."""
    if depth > _DEEPEST:
        return "..."
    if isinstance(value, dict):
        return "map[" + " ".join(f"{key}:{plain(value[key], depth + 1)}" for key in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(plain(item, depth + 1) for item in value) + "]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
