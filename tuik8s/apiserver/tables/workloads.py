"""Workloads, but for jobs: what keeps pods running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import age
from tuik8s.api.objects import controller_of
from tuik8s.api.selectors import LabelSelector
from tuik8s.apiserver.tables.printer import (
    AGE,
    CONTAINERS,
    IMAGES,
    NAME,
    NONE,
    SELECTOR,
    Cells,
    Printer,
    column,
    container_cells,
    labels_text,
    or_none,
    selector_text,
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


def controller_cells(obj: Obj, now: datetime) -> Cells:
    """Of a ReplicationController, whose selector is a plain map."""
    cells = replica_set_cells({**obj, "spec": {**obj["spec"], "selector": None}}, now)
    return [*cells[:-1], labels_text(obj["spec"].get("selector"))]


def stateful_set_cells(obj: Obj, now: datetime) -> Cells:
    ready = (obj.get("status") or {}).get("readyReplicas", 0)
    meta, spec = obj["metadata"], obj["spec"]
    return [meta["name"], f"{ready}/{spec.get('replicas', 0)}", age(obj, now), *template_cells(obj)]


def daemon_set_cells(obj: Obj, now: datetime) -> Cells:
    status, template = obj.get("status") or {}, obj["spec"].get("template") or {}
    counts = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return [
        obj["metadata"]["name"],
        *(status.get(field, 0) for field in counts),
        labels_text((template.get("spec") or {}).get("nodeSelector")),
        age(obj, now),
        *template_cells(obj),
        selector_text(obj["spec"].get("selector")),
    ]


def revision_cells(obj: Obj, now: datetime) -> Cells:
    return [obj["metadata"]["name"], _controller(obj), obj.get("revision", 0), age(obj, now)]


def _controller(obj: Obj) -> str:
    """`statefulset.apps/web`."""
    reference = controller_of(obj)
    if reference is None:
        return NONE
    group = reference["apiVersion"].rpartition("/")[0]
    kind = reference["kind"].lower()
    return f"{kind}.{group}/{reference['name']}" if group else f"{kind}/{reference['name']}"


def pod_template_cells(obj: Obj, _now: datetime) -> Cells:
    template = obj.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels")
    return [obj["metadata"]["name"], *container_cells(template), labels_text(labels)]


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
REPLICATION_CONTROLLER_PRINTER = Printer(REPLICA_SET_PRINTER.columns, controller_cells)
STATEFUL_SET_PRINTER = Printer(
    [NAME, column("Ready", "Number of the pods that are ready, of those wanted."), AGE, CONTAINERS, IMAGES],
    stateful_set_cells,
)
DAEMON_SET_PRINTER = Printer(
    [
        NAME,
        column("Desired", "Nodes that should run its pod.", of="integer"),
        column("Current", "Nodes that run its pod and should.", of="integer"),
        column("Ready", "Nodes whose pod is ready.", of="integer"),
        column("Up-to-date", "Nodes whose pod has the current template.", of="integer"),
        column("Available", "Nodes whose pod has been ready for long enough.", of="integer"),
        column("Node Selector", "Labels of the nodes it runs on."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    daemon_set_cells,
)
CONTROLLER_REVISION_PRINTER = Printer(
    [
        NAME,
        column("Controller", "Whose state it keeps."),
        column("Revision", "Its number.", of="integer"),
        AGE,
    ],
    revision_cells,
)
POD_TEMPLATE_PRINTER = Printer(
    [
        NAME,
        column("Containers", "Names of each container in the template."),
        column("Images", "Images referenced by each container in the template."),
        column("Pod Labels", "Labels of its pods."),
    ],
    pod_template_cells,
)
