"""The numbers that the scale subresource of a custom resource is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.customresources.definition import ScalePaths
    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

MOST = 2**31 - 1


def value_at(obj: Any, path: tuple[str, ...]) -> Any:
    """None where a field on the way is missing."""
    for name in path:
        obj = obj.get(name) if isinstance(obj, dict) else None
    return obj


def scale_errors(paths: ScalePaths | None, obj: Obj) -> Iterator[FieldError]:
    """Replicas are whole numbers, and not negative."""
    for path in (paths.replicas, paths.status_replicas) if paths else ():
        found, shown = value_at(obj, path), f".{'.'.join(path)}"
        if found is None:
            continue
        if type(found) is not int:
            why = f"{shown} accessor error: {found} is of the type {type(found).__name__}, expected int64"
            yield invalid(shown, 0, why)
        elif found < 0:
            yield invalid(shown, found, "should be a non-negative integer")
        elif found > MOST:
            yield invalid(shown, found, f"should be less than or equal to {MOST}")
