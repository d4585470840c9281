"""What `kubectl get` shows: columns and cells of every kind, as Kubernetes' own printers give them.

Names, order, types and priorities of the columns and the text of the cells follow
pkg/printers/internalversion/printers.go. A cell is a string or a number; some numbers stand in columns that
Kubernetes declares as strings. All cells are always there; those of priority 1 are for clients that show wide
tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api import kinds
from tuik8s.api.durations import human_duration
from tuik8s.apiserver.tables.configuration import (
    CONFIG_MAP_PRINTER,
    NAMESPACE_PRINTER,
    SECRET_PRINTER,
    SERVICE_ACCOUNT_PRINTER,
)
from tuik8s.apiserver.tables.events import EVENT_PRINTER
from tuik8s.apiserver.tables.nodes import LEASE_PRINTER, NODE_PRINTER
from tuik8s.apiserver.tables.pods import POD_PRINTER
from tuik8s.apiserver.tables.printer import GENERIC, Printer
from tuik8s.apiserver.tables.services import ENDPOINT_SLICE_PRINTER, ENDPOINTS_PRINTER, SERVICE_PRINTER
from tuik8s.apiserver.tables.workloads import DEPLOYMENT_PRINTER, REPLICA_SET_PRINTER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

__all__ = ["columns", "human_duration", "row", "table", "table_row"]

PRINTERS: dict[str, Printer] = {
    kinds.NAMESPACE.resource: NAMESPACE_PRINTER,
    kinds.NODE.resource: NODE_PRINTER,
    kinds.POD.resource: POD_PRINTER,
    kinds.SERVICE.resource: SERVICE_PRINTER,
    kinds.ENDPOINTS.resource: ENDPOINTS_PRINTER,
    kinds.CONFIG_MAP.resource: CONFIG_MAP_PRINTER,
    kinds.SECRET.resource: SECRET_PRINTER,
    kinds.SERVICE_ACCOUNT.resource: SERVICE_ACCOUNT_PRINTER,
    kinds.EVENT.resource: EVENT_PRINTER,
    kinds.EVENTS_EVENT.resource: EVENT_PRINTER,
    kinds.LEASE.resource: LEASE_PRINTER,
    kinds.ENDPOINT_SLICE.resource: ENDPOINT_SLICE_PRINTER,
    kinds.REPLICA_SET.resource: REPLICA_SET_PRINTER,
    kinds.DEPLOYMENT.resource: DEPLOYMENT_PRINTER,
}


def columns(kind: Kind) -> list[Obj]:
    """The columnDefinitions of a Table of this kind: shared, not to be changed."""
    return _printer(kind).columns


def row(kind: Kind, obj: Obj, now: datetime) -> list[Any]:
    """One cell per column; ages are as of `now`."""
    return _printer(kind).cells(obj, now)


def table_row(kind: Kind, obj: Obj, now: datetime) -> Obj:
    """A TableRow with the full object; pods that have ended carry the condition Completed."""
    printer = _printer(kind)
    entry: Obj = {"cells": printer.cells(obj, now), "object": obj}
    conditions = printer.conditions(obj)
    if conditions:
        entry["conditions"] = conditions
    return entry


def table(kind: Kind, objects: Iterable[Obj], now: datetime, *, list_metadata: Obj | None = None) -> Obj:
    """A meta.k8s.io/v1 Table; `list_metadata` holds resourceVersion, continue and remainingItemCount."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": list_metadata or {},
        "columnDefinitions": columns(kind),
        "rows": [table_row(kind, obj, now) for obj in objects],
    }


def _printer(kind: Kind) -> Printer:
    return PRINTERS.get(kind.resource, GENERIC)
