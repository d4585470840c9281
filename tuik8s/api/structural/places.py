"""Where in an object something was found: cheap to build while all is well, text only in an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.errors import FieldError

Place: TypeAlias = "tuple[Place, str | int] | None"
"""The way to a value, innermost part first: fields, keys of maps, and indexes."""


class Found(NamedTuple):
    """One complaint; `node` is the value that would have to change for it to end."""

    error: FieldError
    node: Place


if TYPE_CHECKING:
    Findings: TypeAlias = list[Found]
    Check: TypeAlias = Callable[[Any, Place, Findings], None]
    """Adds what is wrong with a value to the findings."""


def text(place: Place) -> str:
    """`spec.containers[0].image`."""
    shown = "".join(f"[{part}]" if type(part) is int else f".{part}" for part in parts(place))
    return shown.removeprefix(".")


def parts(place: Place) -> list[str | int]:
    found = []
    while place is not None:
        place, part = place
        found.append(part)
    return found[::-1]
