"""Pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import age, since
from tuik8s.api.objects import is_true
from tuik8s.api.pods import summary
from tuik8s.apiserver.tables.printer import AGE, NAME, NONE, Cells, Printer, column, or_none

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj

COMPLETED = {"Succeeded": "The pod has completed successfully.", "Failed": "The pod failed."}


def cells(pod: Obj, now: datetime) -> Cells:
    spec, status, told = pod["spec"], pod.get("status") or {}, summary(pod)
    restarts = (
        f"{told.restarts} ({since(told.last_restart, now)} ago)" if told.last_restart else told.restarts
    )
    addresses = status.get("podIPs") or [{"ip": status.get("podIP")}]
    return [
        pod["metadata"]["name"],
        f"{told.ready}/{told.total}",
        told.status,
        str(restarts),
        age(pod, now),
        or_none(addresses[0].get("ip")),
        or_none(spec.get("nodeName")),
        or_none(status.get("nominatedNodeName")),
        _readiness_gates(pod),
    ]


def conditions(pod: Obj) -> list[Obj]:
    phase = (pod.get("status") or {}).get("phase", "")
    message = COMPLETED.get(phase)
    return [{"type": "Completed", "status": "True", "reason": phase, "message": message}] if message else []


def _readiness_gates(pod: Obj) -> str:
    gates = pod["spec"].get("readinessGates") or ()
    passed = sum(is_true(pod, gate["conditionType"]) for gate in gates)
    return f"{passed}/{len(gates)}" if gates else NONE


POD_PRINTER = Printer(
    [
        NAME,
        column("Ready", "How many containers of the pod are ready, of how many."),
        column("Status", "The state of the pod's containers in one word."),
        column("Restarts", "How often containers of the pod were restarted, and when last."),
        AGE,
        column("IP", "The address of the pod, empty until it has one.", wide=True),
        column("Node", "The node that the pod is bound to.", wide=True),
        column("Nominated Node", "The node on which pods are being preempted for this one.", wide=True),
        column(
            "Readiness Gates", "How many further conditions of readiness are met, of how many.", wide=True
        ),
    ],
    cells,
    conditions,
)
