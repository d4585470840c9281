"""Single parameters of a query, as Kubernetes reads them (apimachinery's conversion of url.Values)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    Query: TypeAlias = Mapping[str, list[str]]


def text(query: Query, name: str) -> str:
    """The first value; empty when there is none."""
    return query.get(name, [""])[0]


def flag(query: Query, name: str) -> bool:
    """Only a missing parameter, `0` and `false` in any case are false."""
    return name in query and text(query, name).lower() not in ("0", "false")


def number(query: Query, name: str) -> int | None:
    value = text(query, name)
    if not value:
        return None
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise BadRequest(
            f'{name}: Invalid value: "{value}": strconv.ParseInt: parsing "{value}": invalid syntax'
        )
    return int(value)
