"""HorizontalPodAutoscalers in autoscaling/v1 and v2 (pkg/apis/autoscaling/v1/conversion.go).

Version 1 knows one CPU target. Everything else that version 2 can say stands as JSON in annotations of the
v1 object, so that nothing is lost on the way there and back. Inputs are never changed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

_PREFIX = "autoscaling.alpha.kubernetes.io/"
METRICS, BEHAVIOR = f"{_PREFIX}metrics", f"{_PREFIX}behavior"
CURRENT_METRICS, CONDITIONS = f"{_PREFIX}current-metrics", f"{_PREFIX}conditions"
_CARRIERS = (METRICS, BEHAVIOR, CURRENT_METRICS, CONDITIONS)

_SOURCES = {
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
    "ContainerResource": "containerResource",
    "External": "external",
}


def to_v2(autoscaler: Obj) -> Obj:
    """The autoscaling/v2 form of a v1 object."""
    meta, carried = _unload(autoscaler.get("metadata") or {})
    result = {**autoscaler, "apiVersion": "autoscaling/v2", "metadata": meta}
    if "spec" in autoscaler:
        spec = dict(autoscaler["spec"])
        utilization = spec.pop("targetCPUUtilizationPercentage", None)
        metrics = [metric_to_v2(metric) for metric in carried.get(METRICS) or ()]
        if utilization is not None:
            target = {"type": "Utilization", "averageUtilization": utilization}
            metrics.append({"type": "Resource", "resource": {"name": "cpu", "target": target}})
        result["spec"] = _with(spec, metrics=metrics, behavior=carried.get(BEHAVIOR))
    if "status" in autoscaler:
        status = dict(autoscaler["status"])
        utilization = status.pop("currentCPUUtilizationPercentage", None)
        if not status.get("currentReplicas"):
            status.pop("currentReplicas", None)
        current = [_status_to_v2(metric) for metric in carried.get(CURRENT_METRICS) or ()]
        if utilization is not None and not any(map(_is_cpu, current)):
            value = {"averageUtilization": utilization}
            current.append({"type": "Resource", "resource": {"name": "cpu", "current": value}})
        result["status"] = _with(status, currentMetrics=current, conditions=carried.get(CONDITIONS))
    return result


def to_v1(autoscaler: Obj) -> Obj:
    """The autoscaling/v1 form of a v2 object."""
    carried: dict[str, Any] = {}
    result = {**autoscaler, "apiVersion": "autoscaling/v1"}
    if "spec" in autoscaler:
        spec = dict(autoscaler["spec"])
        metrics = spec.pop("metrics", None) or []
        cpu = next((metric for metric in metrics if _is_utilization_of_cpu(metric)), None)
        if cpu is not None:
            spec["targetCPUUtilizationPercentage"] = cpu["resource"]["target"]["averageUtilization"]
        carried[METRICS] = [metric_from_v2(metric) for metric in metrics if metric is not cpu]
        carried[BEHAVIOR] = spec.pop("behavior", None)
        result["spec"] = spec
    if "status" in autoscaler:
        status = {"currentReplicas": 0, **autoscaler["status"]}  # the older version always says it
        current = status.pop("currentMetrics", None) or []
        utilizations = (_utilization(metric) for metric in current if _is_cpu(metric))
        utilization = next((value for value in utilizations if value is not None), None)
        result["status"] = _with(status, currentCPUUtilizationPercentage=utilization)
        carried[CURRENT_METRICS] = [_status_from_v2(metric) for metric in current]
        carried[CONDITIONS] = result["status"].pop("conditions", None)
    texts = {name: json.dumps(value, separators=(",", ":")) for name, value in carried.items() if value}
    if texts:
        meta = autoscaler["metadata"]
        result["metadata"] = {**meta, "annotations": {**(meta.get("annotations") or {}), **texts}}
    return result


def metric_to_v2(metric: Any) -> Any:
    """One metric as v1 (in its annotation) and v2beta1 wrote it; what is no object stays as it is."""
    source, field = _source(metric)
    if source is None:
        return metric
    rest = dict(source)
    target = _target(
        rest.pop("targetAverageUtilization", None),
        rest.pop("targetAverageValue", None) or rest.pop("averageValue", None),
        rest.pop("targetValue", None),
    )
    described = rest.pop("target", None) if field == "object" else None
    converted = _identified(rest, described)
    return {**metric, field: {**converted, "target": target}}


def metric_from_v2(metric: Any) -> Any:
    """One metric as v1 writes it into its annotation."""
    source, field = _source(metric)
    if source is None:
        return metric
    rest = dict(source)
    target = rest.pop("target", None) or {}
    described = rest.pop("describedObject", None)
    converted = _described_by_name(rest, field)
    average = "averageValue" if field == "object" else "targetAverageValue"
    values = {
        "target": described,
        "targetAverageUtilization": target.get("averageUtilization"),
        average: target.get("averageValue"),
        "targetValue": target.get("value"),
    }
    return {**metric, field: _with(converted, **values)}


def _status_to_v2(metric: Any) -> Any:
    source, field = _source(metric)
    if source is None:
        return metric
    rest = dict(source)
    current = _with(
        {},
        averageUtilization=rest.pop("currentAverageUtilization", None),
        averageValue=rest.pop("currentAverageValue", None) or rest.pop("averageValue", None),
        value=rest.pop("currentValue", None),
    )
    described = rest.pop("target", None) if field == "object" else None
    return {**metric, field: {**_identified(rest, described), "current": current}}


def _status_from_v2(metric: Any) -> Any:
    source, field = _source(metric)
    if source is None:
        return metric
    rest = dict(source)
    current = rest.pop("current", None) or {}
    described = rest.pop("describedObject", None)
    average = "averageValue" if field == "object" else "currentAverageValue"
    values = {
        "target": described,
        "currentAverageUtilization": current.get("averageUtilization"),
        average: current.get("averageValue"),
        "currentValue": current.get("value"),
    }
    return {**metric, field: _with(_described_by_name(rest, field), **values)}


def _source(metric: Any) -> tuple[Obj | None, str]:
    """The part of a metric that its type names, and that part's field."""
    if not isinstance(metric, dict):
        return None, ""
    kind = metric.get("type")
    field = _SOURCES.get(kind, "") if isinstance(kind, str) else ""
    source = metric.get(field)
    return (source if isinstance(source, dict) else None), field


def _target(utilization: Any, average: Any, value: Any) -> Obj:
    kind = "Utilization" if utilization is not None else "AverageValue" if average is not None else "Value"
    return _with({"type": kind}, averageUtilization=utilization, averageValue=average, value=value)


def _identified(source: Obj, described: Any) -> Obj:
    """`metricName` and its selector are one thing in v2."""
    name = source.pop("metricName", None)
    selector = source.pop("metricSelector", None) or source.pop("selector", None)
    if name is not None or selector is not None:
        source["metric"] = _with({"name": name or ""}, selector=selector)
    return _with(source, describedObject=described)


def _described_by_name(source: Obj, field: str) -> Obj:
    metric = source.pop("metric", None)
    if isinstance(metric, dict):
        selector = "metricSelector" if field == "external" else "selector"
        source = _with(source, metricName=metric.get("name"), **{selector: metric.get("selector")})
    return source


def _is_cpu(metric: Any) -> bool:
    source, field = _source(metric)
    return source is not None and field == "resource" and source.get("name") == "cpu"


def _is_utilization_of_cpu(metric: Any) -> bool:
    target = metric["resource"].get("target") if _is_cpu(metric) else None
    return isinstance(target, dict) and target.get("averageUtilization") is not None


def _utilization(metric: Obj) -> Any:
    return (metric["resource"].get("current") or {}).get("averageUtilization")


def _with(part: Obj, **fields: Any) -> Obj:
    """Extended by those fields that hold something."""
    return {**part, **{name: value for name, value in fields.items() if value not in (None, [], {})}}


def _unload(meta: Obj) -> tuple[Obj, dict[str, Any]]:
    """The metadata without the annotations that carry v2's parts, and what they carry.

    What is no JSON is dropped, as Kubernetes does: the annotation is not the user's.
    """
    annotations = dict(meta.get("annotations") or {})
    carried: dict[str, Any] = {}
    for name in _CARRIERS:
        text = annotations.pop(name, None)
        try:
            value = json.loads(text) if text else None
        except (ValueError, RecursionError):
            value = None
        expected = dict if name == BEHAVIOR else list
        if isinstance(value, expected):
            carried[name] = value
    rest = {field: value for field, value in meta.items() if field != "annotations"}
    return (_with(rest, annotations=annotations), carried)
