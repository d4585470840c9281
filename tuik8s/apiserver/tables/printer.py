"""What a printer is: column definitions, and the cells of one object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tuik8s.api.durations import age

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tuik8s.api.objects import Obj

Cells: TypeAlias = list[Any]

NONE = "<none>"
SHOWN = 3  # entries of a list in a cell, before " + N more..."


class Printer(NamedTuple):
    """`cells` takes an object and the time now, and yields one cell per column."""

    columns: list[Obj]
    cells: Callable[[Obj, datetime], Cells]
    conditions: Callable[[Obj], list[Obj]] = lambda _: []
    """Of the row, such as that it is Completed."""


def column(name: str, description: str, *, of: str = "string", format: str = "", wide: bool = False) -> Obj:  # noqa: A002
    """A metav1.TableColumnDefinition; wide columns are those of `kubectl get -o wide`."""
    return {
        "name": name,
        "type": of,
        "format": format,
        "description": description,
        "priority": int(wide),
    }


NAME = column("Name", "Name of the object, unique within its namespace and kind.", format="name")
AGE = column("Age", "Time since the object was created (metadata.creationTimestamp).")
CONTAINERS = column("Containers", "Names of each container in the template.", wide=True)
IMAGES = column("Images", "Images referenced by each container in the template.", wide=True)


def name_and_age(obj: Obj, now: datetime) -> Cells:
    return [obj["metadata"]["name"], age(obj, now)]


GENERIC = Printer([NAME, AGE], name_and_age)
"""For kinds without columns of their own."""


def or_none(text: Any) -> Any:
    return text or NONE


def joined(parts: Iterable[Any], *, empty: str = NONE) -> str:
    return ",".join(map(str, parts)) or empty


def joined_with_more(parts: list[str], *, empty: str) -> str:
    shown = joined(parts[:SHOWN], empty=empty)
    return f"{shown} + {len(parts) - SHOWN} more..." if len(parts) > SHOWN else shown


def labels_text(labels: dict[str, str] | None) -> str:
    """`a=b,c=d` in the order of the keys."""
    return joined(f"{key}={value}" for key, value in sorted((labels or {}).items()))


def template_cells(obj: Obj) -> tuple[str, str]:
    """Names and images of the pod template's containers."""
    containers = obj["spec"].get("template", {}).get("spec", {}).get("containers") or ()
    names = joined((container["name"] for container in containers), empty="")
    return names, joined((container.get("image", "") for container in containers), empty="")
