"""Dynamic resource allocation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import age
from tuik8s.api.objects import is_deleting
from tuik8s.apiserver.tables.printer import AGE, NAME, UNSET, Cells, Printer, column

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj


def claim_cells(claim: Obj, now: datetime) -> Cells:
    return [claim["metadata"]["name"], _state(claim), age(claim, now)]


def _state(claim: Obj) -> str:
    status = claim.get("status") or {}
    states = ["deleted"] if is_deleting(claim) else []
    if status.get("allocation"):
        states.append("allocated")
        states += ["reserved"] if status.get("reservedFor") else []
    elif not states:
        states.append("pending")
    return ",".join(states)


def slice_cells(resource_slice: Obj, now: datetime) -> Cells:
    spec = resource_slice["spec"]
    return [
        resource_slice["metadata"]["name"],
        spec.get("nodeName") or UNSET,
        spec.get("driver", ""),
        (spec.get("pool") or {}).get("name", ""),
        age(resource_slice, now),
    ]


RESOURCE_CLAIM_PRINTER = Printer([NAME, column("State", "Whether it is allocated."), AGE], claim_cells)
RESOURCE_SLICE_PRINTER = Printer(
    [
        NAME,
        column("Node", "The node that has the devices."),
        column("Driver", "Whose devices they are."),
        column("Pool", "The pool they belong to."),
        AGE,
    ],
    slice_cells,
)
