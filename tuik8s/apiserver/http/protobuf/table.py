"""The table of messages, read once."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Mode = Literal["one", "many", "map"]


class Field(NamedTuple):
    name: str
    type: str
    """A scalar's or special type's name, or `section/Message`."""
    mode: Mode
    inline: bool
    """In JSON the parts of this message belong to the one that holds it."""


Message = dict[int, Field]


@cache
def messages() -> Mapping[str, Message]:
    """By `section/Message`: `apps.v1/Deployment`."""
    text = resources.files(__package__).joinpath("messages.txt").read_text()
    found: dict[str, Message] = {}
    section = ""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
            continue
        name, *entries = line.split(" ")
        found[f"{section}/{name}"] = dict(_field(section, entry) for entry in entries)
    return found


def _field(section: str, entry: str) -> tuple[int, Field]:
    number, name, text = entry.split(":", 2)
    mode: Mode = "many" if text.startswith("[") else "map" if text.startswith("{") else "one"
    kind = text.strip("[]{}")
    if kind[0].isupper() and kind not in SPECIAL:
        kind = f"{section}/{kind}"
    return int(number), Field(name.removeprefix("+"), kind, mode, name.startswith("+"))


SPECIAL = frozenset(
    ("Quantity", "IntOrString", "Time", "MicroTime", "Duration", "Raw", "Strings", "SchemaOrBool")
)
