"""What a printer is: column definitions, and the cells of one object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tuik8s.api.durations import UNKNOWN, age
from tuik8s.api.selectors import LabelSelector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from tuik8s.api.objects import Obj

Cells: TypeAlias = list[Any]

NONE = "<none>"
UNSET = "<unset>"
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
SELECTOR = column("Selector", "Labels of the pods that belong to it.", wide=True)
IMAGES = column("Images", "Images referenced by each container in the template.", wide=True)


def name_and_age(obj: Obj, now: datetime) -> Cells:
    return [obj["metadata"]["name"], age(obj, now)]


GENERIC = Printer([NAME, AGE], name_and_age)
"""For kinds without columns of their own."""


def name_and_creation(obj: Obj, now: datetime) -> Cells:
    return [obj["metadata"]["name"], obj["metadata"].get("creationTimestamp") or UNKNOWN]


PLAIN = Printer([NAME, column("Created At", "When the object was created.")], name_and_creation)
"""For built-in kinds without columns of their own (rest.NewDefaultTableConvertor)."""


def or_none(text: Any) -> Any:
    return text or NONE


def joined(parts: Iterable[Any], *, empty: str = NONE) -> str:
    return ",".join(map(str, parts)) or empty


def joined_with_more(parts: list[str], *, empty: str) -> str:
    shown = joined(parts[:SHOWN], empty=empty)
    return f"{shown} + {len(parts) - SHOWN} more..." if len(parts) > SHOWN else shown


def selector_text(selector: Obj | None) -> str:
    """`a=b,c in (d,e)`."""
    return str(LabelSelector.of(selector)) or NONE


def flag(value: bool | None) -> str:
    return UNSET if value is None else str(bool(value))


def labels_text(labels: dict[str, str] | None) -> str:
    """`a=b,c=d` in the order of the keys."""
    return joined(f"{key}={value}" for key, value in sorted((labels or {}).items()))


def template_cells(obj: Obj) -> tuple[str, str]:
    """Names and images of the pod template's containers."""
    return container_cells(obj["spec"].get("template") or {})


def container_cells(template: Obj) -> tuple[str, str]:
    containers = (template.get("spec") or {}).get("containers") or ()
    names = joined((container.get("name", "") for container in containers), empty="")
    return names, joined((container.get("image", "") for container in containers), empty="")
