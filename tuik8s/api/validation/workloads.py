"""Deployments and ReplicaSets (pkg/apis/apps/validation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors
from tuik8s.api.selectors import LabelSelector
from tuik8s.api.validation.pods import check_template
from tuik8s.api.validation.values import (
    check_immutable,
    check_int_or_percent,
    check_label_selector,
    check_nonnegative,
    check_optional_choice,
    check_percent,
    percent_or_count,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_MISMATCH = "`selector` does not match template `labels`"


def validate_deployment(deployment: Obj) -> Iterator[FieldError]:
    spec = deployment.get("spec") or {}
    yield from check_nonnegative(spec, "spec", "replicas")
    yield from _check_selector_and_template(spec)
    yield from _check_strategy(spec.get("strategy") or {}, "spec.strategy")
    yield from check_nonnegative(
        spec, "spec", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"
    )
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is not None and deadline <= spec.get("minReadySeconds", 0):
        yield errors.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds")


def validate_replica_set(replica_set: Obj) -> Iterator[FieldError]:
    spec = replica_set.get("spec") or {}
    yield from check_nonnegative(spec, "spec", "replicas", "minReadySeconds")
    yield from _check_selector_and_template(spec)


def validate_selector_update(obj: Obj, old: Obj) -> Iterator[FieldError]:
    new, before = obj.get("spec") or {}, old.get("spec") or {}
    yield from check_immutable(new.get("selector"), before.get("selector"), "spec.selector")


def _check_selector_and_template(spec: Obj) -> Iterator[FieldError]:
    selector, template = spec.get("selector"), spec.get("template") or {}
    if selector is None:
        yield errors.required("spec.selector")
    else:
        yield from check_label_selector(selector, "spec.selector")
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            yield errors.invalid("spec.selector", selector, "empty selector is invalid for deployment")
    try:
        compiled = LabelSelector.of(selector)
    except ValueError:
        yield errors.invalid("spec.selector", selector, "invalid label selector")
        return
    labels = (template.get("metadata") or {}).get("labels") or {}
    if not compiled.empty and not compiled.matches(labels):
        yield errors.invalid("spec.template.metadata.labels", labels, _MISMATCH)
    yield from check_template(template, "spec.template")
    pod = template.get("spec") or {}
    yield from check_optional_choice(
        pod.get("restartPolicy"), "spec.template.spec.restartPolicy", ("Always",)
    )
    if pod.get("activeDeadlineSeconds") is not None:
        yield errors.forbidden(
            "spec.template.spec.activeDeadlineSeconds",
            "activeDeadlineSeconds in ReplicaSet is not Supported",
        )


def _check_strategy(strategy: Obj, path: str) -> Iterator[FieldError]:
    kind, rolling = strategy.get("type") or "", strategy.get("rollingUpdate")
    if kind == "Recreate":
        if rolling is not None:
            yield errors.forbidden(
                f"{path}.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"
            )
    elif kind != "RollingUpdate":
        yield errors.not_supported(f"{path}.type", kind, ("Recreate", "RollingUpdate"))
    elif rolling is None:
        yield errors.required(f"{path}.rollingUpdate", "this should be defaulted and never be nil")
    else:
        yield from _check_rolling_update(rolling, f"{path}.rollingUpdate")


def _check_rolling_update(rolling: Obj, path: str) -> Iterator[FieldError]:
    unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
    yield from check_int_or_percent(unavailable, f"{path}.maxUnavailable")
    yield from check_int_or_percent(surge, f"{path}.maxSurge")
    if percent_or_count(unavailable) == 0 and percent_or_count(surge) == 0:
        yield errors.invalid(f"{path}.maxUnavailable", unavailable, "may not be 0 when `maxSurge` is 0")
    yield from check_percent(unavailable, f"{path}.maxUnavailable")


def validate_deployment_status_update(deployment: Obj, old: Obj) -> Iterator[FieldError]:
    status, before = deployment.get("status") or {}, old.get("status") or {}
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")
    yield from check_nonnegative(status, "status", "observedGeneration", *counts, "collisionCount")
    yield from _check_not_more(status, ("updatedReplicas", "readyReplicas", "availableReplicas"))
    collisions = status.get("collisionCount")
    if before.get("collisionCount") is not None and (
        collisions is None or collisions < before["collisionCount"]
    ):
        yield errors.invalid("status.collisionCount", collisions, "cannot be decremented")


def validate_replica_set_status(replica_set: Obj, _old: Obj) -> Iterator[FieldError]:
    status = replica_set.get("status") or {}
    parts = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")
    yield from check_nonnegative(status, "status", "replicas", *parts, "observedGeneration")
    yield from _check_not_more(status, parts)


def _check_not_more(status: Obj, parts: tuple[str, ...]) -> Iterator[FieldError]:
    for field in parts:
        count = status.get(field, 0)
        if count > max(status.get("replicas", 0), 0):
            yield errors.invalid(f"status.{field}", count, "cannot be greater than status.replicas")
    available = status.get("availableReplicas", 0)
    if available > max(status.get("readyReplicas", 0), 0):
        yield errors.invalid("status.availableReplicas", available, "cannot be greater than readyReplicas")
