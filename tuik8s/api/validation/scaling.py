"""HorizontalPodAutoscalers and PodDisruptionBudgets (pkg/apis/{autoscaling,policy}/validation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors, kinds, names, schema
from tuik8s.api.autoscaling import to_v2
from tuik8s.api.errors import BadRequest
from tuik8s.api.validation.values import (
    check_choice,
    check_int_or_percent,
    check_label_selector,
    check_optional_choice,
    check_percent,
    complain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_SOURCES = {
    "ContainerResource": "containerResource",
    "External": "external",
    "Object": "object",
    "Pods": "pods",
    "Resource": "resource",
}
_LONGEST_WINDOW = 3600
_LONGEST_PERIOD = 1800


def validate_autoscaler(autoscaler: Obj) -> Iterator[FieldError]:
    """Of either version; complaints name the fields of autoscaling/v2, as Kubernetes' do."""
    spec = autoscaler.get("spec") or {}
    if autoscaler.get("apiVersion") == "autoscaling/v1":
        try:
            v2 = schema.decode(kinds.HORIZONTAL_POD_AUTOSCALER, to_v2(autoscaler), "Ignore").object
        except BadRequest as error:
            annotations = (autoscaler.get("metadata") or {}).get("annotations")
            yield errors.invalid("metadata.annotations", annotations, error.message)
            return
        spec = v2.get("spec") or {}
    least, most = spec.get("minReplicas"), spec.get("maxReplicas", 0)
    if least is not None and least < 1:
        yield errors.invalid("spec.minReplicas", least, "must be greater than or equal to 1")
    if most < 1:
        yield errors.invalid("spec.maxReplicas", most, "must be greater than 0")
    if least is not None and most < least:
        yield errors.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")
    yield from _check_target(spec.get("scaleTargetRef") or {}, "spec.scaleTargetRef")
    for index, metric in enumerate(spec.get("metrics") or ()):
        yield from _check_metric(metric, f"spec.metrics[{index}]")
    behavior = spec.get("behavior") or {}
    for direction in ("scaleUp", "scaleDown"):
        if behavior.get(direction) is not None:
            yield from _check_rules(behavior[direction], f"spec.behavior.{direction}")


def _check_target(reference: Obj, path: str) -> Iterator[FieldError]:
    for field in ("kind", "name"):
        text = reference.get(field) or ""
        if not text:
            yield errors.required(f"{path}.{field}")
        else:
            yield from complain(f"{path}.{field}", text, names.path_segment(text))
    version = reference.get("apiVersion") or ""
    if version.count("/") > 1:
        yield errors.invalid(f"{path}.apiVersion", version, f"unexpected GroupVersion string: {version}")


def _check_metric(metric: Obj, path: str) -> Iterator[FieldError]:
    kind = metric.get("type", "")
    if not kind:
        yield errors.required(f"{path}.type", "must specify a metric source type")
        return
    if kind not in _SOURCES:
        yield errors.not_supported(f"{path}.type", kind, tuple(_SOURCES))
        return
    field = _SOURCES[kind]
    source = metric.get(field)
    if source is None:
        yield errors.required(f"{path}.{field}", "must populate information for the given metric source")
        return
    place, target = f"{path}.{field}", source.get("target") or {}
    if kind in ("Resource", "ContainerResource"):
        if not source.get("name"):
            yield errors.required(f"{place}.name", "must specify a resource name")
        if kind == "ContainerResource" and not source.get("container"):
            yield errors.required(f"{place}.container", "must specify a container")
        yield from _check_resource_target(target, f"{place}.target")
        return
    if not (source.get("metric") or {}).get("name"):
        yield errors.required(f"{place}.metric.name", "must specify a metric name")
    if kind == "Object":
        yield from _check_target(source.get("describedObject") or {}, f"{place}.describedObject")
    yield from _check_value(target, f"{place}.target", kind)


def _check_resource_target(target: Obj, path: str) -> Iterator[FieldError]:
    yield from check_choice(target.get("type"), f"{path}.type", ("AverageValue", "Utilization", "Value"))
    utilization = target.get("averageUtilization")
    if utilization is not None and utilization < 1:
        yield errors.invalid(f"{path}.averageUtilization", utilization, "must be greater than 0")
    if utilization is None and target.get("averageValue") is None:
        why = "must set either a target raw value or a target utilization"
        yield errors.required(f"{path}.averageUtilization", why)
    if utilization is not None and target.get("averageValue") is not None:
        why = "may not set both a target raw value and a target utilization"
        yield errors.forbidden(f"{path}.averageValue", why)


def _check_value(target: Obj, path: str, kind: str) -> Iterator[FieldError]:
    yield from check_choice(target.get("type"), f"{path}.type", ("AverageValue", "Utilization", "Value"))
    if kind == "Pods" and target.get("averageValue") is None:
        yield errors.required(f"{path}.averageValue", "must specify a positive target averageValue")
    elif target.get("averageValue") is None and target.get("value") is None:
        why = "must set either a target value for metric or a per-pod target"
        yield errors.required(f"{path}.averageValue", why)


def _check_rules(rules: Obj, path: str) -> Iterator[FieldError]:
    window = rules.get("stabilizationWindowSeconds")
    if window is not None and window < 0:
        yield errors.invalid(
            f"{path}.stabilizationWindowSeconds", window, "must be greater than or equal to zero"
        )
    if window is not None and window > _LONGEST_WINDOW:
        yield errors.invalid(
            f"{path}.stabilizationWindowSeconds", window, f"must be less than or equal to {_LONGEST_WINDOW}"
        )
    yield from check_optional_choice(
        rules.get("selectPolicy"), f"{path}.selectPolicy", ("Disabled", "Max", "Min")
    )
    policies = rules.get("policies") or []
    if not policies:
        yield errors.required(f"{path}.policies", "must specify at least one Policy")
    for index, policy in enumerate(policies):
        place = f"{path}.policies[{index}]"
        yield from check_choice(policy.get("type"), f"{place}.type", ("Percent", "Pods"))
        for field in ("value", "periodSeconds"):
            if policy.get(field, 0) <= 0:
                yield errors.invalid(f"{place}.{field}", policy.get(field, 0), "must be greater than zero")
        if policy.get("periodSeconds", 0) > _LONGEST_PERIOD:
            yield errors.invalid(
                f"{place}.periodSeconds", policy["periodSeconds"],
                f"must be less than or equal to {_LONGEST_PERIOD}",
            )  # fmt: skip


def validate_disruption_budget(budget: Obj) -> Iterator[FieldError]:
    spec = budget.get("spec") or {}
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield errors.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")
    for field in ("minAvailable", "maxUnavailable"):
        if spec.get(field) is not None:
            yield from check_int_or_percent(spec[field], f"spec.{field}")
            yield from check_percent(spec[field], f"spec.{field}")
    yield from check_label_selector(spec.get("selector"), "spec.selector")
    yield from check_optional_choice(
        spec.get("unhealthyPodEvictionPolicy"), "spec.unhealthyPodEvictionPolicy",
        ("AlwaysAllow", "IfHealthyBudget"),
    )  # fmt: skip
