"""Fields that stand twice in a JSON object; the last one wins, and its author should know."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOKED_AT = 256 * 1024
"""Bytes: longer bodies would hold the loop for too long."""


class _Object(dict[str, Any]):
    """Remembers which of its names were given again."""

    again: tuple[str, ...] = ()


def duplicate_fields(body: bytes) -> tuple[str, ...]:
    """Their paths, `spec.containers[0].name`; none of a body that is no JSON, or very long."""
    if len(body) > LOOKED_AT:
        return ()
    any_again = False

    def made(pairs: list[tuple[str, Any]]) -> _Object:
        nonlocal any_again
        found = _Object(pairs)
        if len(found) < len(pairs):
            any_again = True
            counts = Counter(name for name, _ in pairs)
            found.again = tuple(name for name, count in counts.items() if count > 1)
        return found

    try:
        decoded = json.loads(body, object_pairs_hook=made)
    except (ValueError, RecursionError):
        return ()
    return tuple(_paths(decoded, "")) if any_again else ()


def _paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, _Object):
        prefix = f"{path}." if path else ""
        yield from (prefix + name for name in value.again)
        for name, inner in value.items():
            yield from _paths(inner, prefix + name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, f"{path}[{index}]")
