"""Deployments and ReplicaSets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import age
from tuik8s.api.selectors import LabelSelector
from tuik8s.apiserver.tables.printer import (
    AGE,
    CONTAINERS,
    IMAGES,
    NAME,
    Cells,
    Printer,
    column,
    or_none,
    template_cells,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj


def deployment_cells(obj: Obj, now: datetime) -> Cells:
    status = obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        f"{status.get('readyReplicas', 0)}/{obj['spec'].get('replicas', 0)}",
        status.get("updatedReplicas", 0),
        status.get("availableReplicas", 0),
        age(obj, now),
        *template_cells(obj),
        str(LabelSelector.of(obj["spec"].get("selector"))),
    ]


def replica_set_cells(obj: Obj, now: datetime) -> Cells:
    status = obj.get("status") or {}
    return [
        obj["metadata"]["name"],
        obj["spec"].get("replicas", 0),
        status.get("replicas", 0),
        status.get("readyReplicas", 0),
        age(obj, now),
        *template_cells(obj),
        or_none(str(LabelSelector.of(obj["spec"].get("selector")))),
    ]


SELECTOR = column("Selector", "Labels of the pods that belong to it.", wide=True)

DEPLOYMENT_PRINTER = Printer(
    [
        NAME,
        column("Ready", "Number of the pods that are ready, of those wanted."),
        column("Up-to-date", "Pods that have the current template.", of="integer"),
        column("Available", "Pods that have been ready for at least minReadySeconds.", of="integer"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    deployment_cells,
)
REPLICA_SET_PRINTER = Printer(
    [
        NAME,
        column("Desired", "Pods that are wanted.", of="integer"),
        column("Current", "Pods last seen.", of="integer"),
        column("Ready", "Pods that are ready.", of="integer"),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    replica_set_cells,
)
