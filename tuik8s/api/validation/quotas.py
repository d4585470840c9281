"""Quotas, limits and priorities (pkg/apis/{core,scheduling}/validation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.priorities import HIGHEST_USER_PRIORITY, SYSTEM_PREFIX, system_value
from tuik8s.api.quantity import parse
from tuik8s.api.validation.resources import check_resource_amount
from tuik8s.api.validation.values import check_choice, check_immutable, check_optional_choice, complain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_STANDARD = frozenset({
    "cpu", "memory", "storage", "ephemeral-storage", "pods", "services", "replicationcontrollers",
    "resourcequotas", "secrets", "configmaps", "persistentvolumeclaims", "requests.cpu", "requests.memory",
    "requests.storage", "requests.ephemeral-storage", "limits.cpu", "limits.memory",
    "limits.ephemeral-storage", "services.nodeports", "services.loadbalancers",
})  # fmt: skip
_PREFIXES = ("hugepages-", "requests.hugepages-", "limits.hugepages-", "count/")
SCOPES = (
    "BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass",
    "Terminating", "VolumeAttributesClass",
)  # fmt: skip
_OPERATORS = ("DoesNotExist", "Exists", "In", "NotIn")
_LIMIT_FIELDS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")


def validate_quota(quota: Obj) -> Iterator[FieldError]:
    spec = quota.get("spec") or {}
    for name, amount in (spec.get("hard") or {}).items():
        path = f"spec.hard[{name}]"
        yield from complain(path, name, names.qualified_name(name))
        if "/" not in name and name not in _STANDARD and not name.startswith(_PREFIXES):
            yield errors.invalid(path, name, "must be a standard resource for quota")
        yield from check_resource_amount(name, amount, path)
    for scope in spec.get("scopes") or ():
        if scope not in SCOPES:
            yield errors.invalid("spec.scopes", spec["scopes"], "unsupported scope")
    for expression in (spec.get("scopeSelector") or {}).get("matchExpressions") or ():
        yield from _check_scope(expression, "spec.scopeSelector.matchExpressions")


def _check_scope(expression: Obj, path: str) -> Iterator[FieldError]:
    name, operator = expression.get("scopeName", ""), expression.get("operator", "")
    values = expression.get("values") or []
    if name not in SCOPES:
        yield errors.invalid(f"{path}.scopeName", name, "unsupported scope")
    if operator not in _OPERATORS:
        yield errors.invalid(f"{path}.operator", operator, "not a valid selector operator")
    elif operator in ("In", "NotIn") and not values:
        yield errors.required(
            f"{path}.values",
            "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        )
    elif operator in ("Exists", "DoesNotExist") and values:
        yield errors.invalid(
            f"{path}.values", values,
            "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        )  # fmt: skip


def validate_quota_update(quota: Obj, old: Obj) -> Iterator[FieldError]:
    new, before = quota.get("spec") or {}, old.get("spec") or {}
    for field in ("scopes", "scopeSelector"):
        if new.get(field) != before.get(field):
            yield errors.invalid(f"spec.{field}", new.get(field), "field is immutable")


def validate_limit_range(limit_range: Obj) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, item in enumerate((limit_range.get("spec") or {}).get("limits") or ()):
        path, kind = f"spec.limits[{index}]", item.get("type", "")
        if not kind:
            yield errors.required(f"{path}.type")
        elif kind in seen:
            yield errors.duplicate(f"{path}.type", kind)
        seen.add(kind)
        yield from _check_limits(item, kind, path)


def _check_limits(item: Obj, kind: str, path: str) -> Iterator[FieldError]:
    for field in _LIMIT_FIELDS:
        for name, amount in (item.get(field) or {}).items():
            yield from check_resource_amount(name, amount, f"{path}.{field}[{name}]")
    if kind == "Pod":
        for field in ("default", "defaultRequest"):
            if item.get(field):
                yield errors.forbidden(f"{path}.{field}", "may not be specified when `type` is 'Pod'")
    if kind == "PersistentVolumeClaim" and not any(
        "storage" in (item.get(field) or {}) for field in ("min", "max")
    ):
        yield errors.required(
            f"{path}.limits", "either minimum or maximum storage value is required, but neither was provided"
        )
    pairs = (
        ("min", "minimum", "max", "maximum"), ("min", "min", "defaultRequest", "default request"),
        ("min", "min", "default", "default"), ("defaultRequest", "default request", "max", "max"),
        ("defaultRequest", "default request", "default", "default limit"),
        ("default", "default", "max", "max"),
    )  # fmt: skip
    for less, less_text, more, more_text in pairs:
        yield from _check_order(item, (less, less_text), (more, more_text), path)
    for name, ratio in (item.get("maxLimitRequestRatio") or {}).items():
        if parse(ratio) < 1:
            yield errors.invalid(
                f"{path}.maxLimitRequestRatio[{name}]", ratio, f"ratio {ratio} is less than 1"
            )


def _check_order(item: Obj, less: tuple[str, str], more: tuple[str, str], path: str) -> Iterator[FieldError]:
    small, large = item.get(less[0]) or {}, item.get(more[0]) or {}
    for name in small.keys() & large.keys():
        if parse(small[name]) > parse(large[name]):
            why = f"{less[1]} value {small[name]} is greater than {more[1]} value {large[name]}"
            yield errors.invalid(f"{path}.{less[0]}[{name}]", small[name], why)


def validate_priority_class(priority_class: Obj) -> Iterator[FieldError]:
    name, value = (priority_class.get("metadata") or {}).get("name", ""), priority_class.get("value", 0)
    reserved = system_value(name)
    if name.startswith(SYSTEM_PREFIX):
        if reserved != value:
            why = "priority class names with 'system-' prefix are reserved for system use only. error: "
            why += (
                f"value of {name} must be {reserved}"
                if reserved is not None
                else f"{name} is not a known system priority class"
            )
            yield errors.forbidden("metadata.name", why)
    elif value > HIGHEST_USER_PRIORITY:
        yield errors.forbidden(
            "value", f"maximum allowed value of a user defined priority is {HIGHEST_USER_PRIORITY}"
        )
    yield from check_optional_choice(
        priority_class.get("preemptionPolicy"), "preemptionPolicy", ("Never", "PreemptLowerPriority")
    )


def validate_priority_class_update(priority_class: Obj, old: Obj) -> Iterator[FieldError]:
    if priority_class.get("value", 0) != old.get("value", 0):
        yield errors.forbidden("value", "may not be changed in an update.")
    yield from check_immutable(
        priority_class.get("preemptionPolicy"), old.get("preemptionPolicy"), "preemptionPolicy"
    )


def validate_flow_schema(schema: Obj) -> Iterator[FieldError]:
    spec = schema.get("spec") or {}
    precedence = spec.get("matchingPrecedence", 0)
    if not 1 <= precedence <= 10_000:
        why = "must be a value between 1 and 10000" if precedence < 1 else "must not be greater than 10000"
        yield errors.invalid("spec.matchingPrecedence", precedence, why)
    if not (spec.get("priorityLevelConfiguration") or {}).get("name"):
        yield errors.required("spec.priorityLevelConfiguration.name", "must reference a priority level")
    method = (spec.get("distinguisherMethod") or {}).get("type")
    yield from check_optional_choice(method, "spec.distinguisherMethod.type", ("ByNamespace", "ByUser"))


def validate_priority_level(level: Obj) -> Iterator[FieldError]:
    spec = level.get("spec") or {}
    kind = spec.get("type", "")
    yield from check_choice(kind, "spec.type", ("Exempt", "Limited"))
    if kind == "Exempt" and spec.get("limited") is not None:
        yield errors.forbidden("spec.limited", "must be nil if the type is not Limited")
    if kind == "Limited" and spec.get("limited") is None:
        yield errors.required("spec.limited", "must not be empty when type is Limited")
    limited = spec.get("limited") or {}
    shares = limited.get("nominalConcurrencyShares")
    if shares is not None and shares < 0:
        yield errors.invalid(
            "spec.limited.nominalConcurrencyShares", shares, "must be a non-negative integer"
        )
    response = limited.get("limitResponse") or {}
    if limited:
        yield from check_choice(response.get("type"), "spec.limited.limitResponse.type", ("Queue", "Reject"))
    if response.get("type") == "Queue" and response.get("queuing") is None:
        yield errors.required(
            "spec.limited.limitResponse.queuing", "must not be empty if limited response type is Queue"
        )
