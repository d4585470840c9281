"""HorizontalPodAutoscalers and PodDisruptionBudgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api.autoscaling import to_v2
from tuik8s.api.durations import UNKNOWN, age
from tuik8s.apiserver.tables.printer import AGE, NAME, NONE, UNSET, Cells, Printer, column

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj

SHOWN_METRICS = 2


def autoscaler_cells(obj: Obj, now: datetime) -> Cells:
    autoscaler = obj if obj.get("apiVersion") == "autoscaling/v2" else to_v2(obj)
    spec = autoscaler["spec"]
    target = spec.get("scaleTargetRef") or {}
    return [
        autoscaler["metadata"]["name"],
        f"{target.get('kind', '')}/{target.get('name', '')}",
        _metrics(autoscaler),
        UNSET if spec.get("minReplicas") is None else str(spec["minReplicas"]),
        spec.get("maxReplicas", 0),
        (autoscaler.get("status") or {}).get("currentReplicas", 0),
        age(autoscaler, now),
    ]


def budget_cells(budget: Obj, now: datetime) -> Cells:
    spec = budget["spec"]
    return [
        budget["metadata"]["name"],
        str(spec.get("minAvailable", "N/A")),
        str(spec.get("maxUnavailable", "N/A")),
        (budget.get("status") or {}).get("disruptionsAllowed", 0),
        age(budget, now),
    ]


def _metrics(autoscaler: Obj) -> str:
    """`cpu: 10%/80%, memory: 5Mi/1Gi + 1 more...`"""
    metrics = autoscaler["spec"].get("metrics") or []
    current = (autoscaler.get("status") or {}).get("currentMetrics") or []
    texts = [
        _metric(metric, current[index] if index < len(current) else {})
        for index, metric in enumerate(metrics)
    ]
    if not texts:
        return NONE
    more = len(texts) - SHOWN_METRICS
    shown = ", ".join(texts[:SHOWN_METRICS])
    return f"{shown} + {more} more..." if more > 0 else shown


_FIELDS = {"Object": "object", "Pods": "pods", "External": "external"}
_NAMED = {"Resource": "resource", "ContainerResource": "containerResource"}


def _metric(metric: Obj, current: Obj) -> str:
    kind = metric.get("type", "")
    if kind in _NAMED:
        source, seen = _source(metric, current, _NAMED[kind])
        target = source.get("target") or {}
        if target.get("averageValue") is not None:
            text = f"{seen.get('averageValue', UNKNOWN)}/{target['averageValue']}"
        else:
            text = f"{_percent(seen.get('averageUtilization'))}/{_percent(target.get('averageUtilization'))}"
        return f"{source.get('name', '')}: {text}"
    if kind not in _FIELDS:
        return "<unknown type>"
    source, seen = _source(metric, current, _FIELDS[kind])
    target = source.get("target") or {}
    if target.get("averageValue") is None:
        return f"{seen.get('value', UNKNOWN)}/{target.get('value', UNKNOWN)}"
    text = f"{seen.get('averageValue', UNKNOWN)}/{target['averageValue']}"
    return text if kind == "Pods" else f"{text} (avg)"


def _source(metric: Obj, current: Obj, field: str) -> tuple[Obj, Obj]:
    return metric.get(field) or {}, (current.get(field) or {}).get("current") or {}


def _percent(value: Any) -> str:
    return UNKNOWN if value is None else f"{value}%"


AUTOSCALER_PRINTER = Printer(
    [
        NAME,
        column("Reference", "What is scaled."),
        column("Targets", "The metrics: now, and as they should be."),
        column("MinPods", "The least number of pods."),
        column("MaxPods", "The greatest number of pods.", of="integer"),
        column("Replicas", "Pods last seen.", of="integer"),
        AGE,
    ],
    autoscaler_cells,
)
BUDGET_PRINTER = Printer(
    [
        NAME,
        column("Min Available", "Pods that must stay available."),
        column("Max Unavailable", "Pods that may be unavailable."),
        column("Allowed Disruptions", "Pods that may be evicted now.", of="integer"),
        AGE,
    ],
    budget_cells,
)
