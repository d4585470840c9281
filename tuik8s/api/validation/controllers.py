"""StatefulSets, DaemonSets, ReplicationControllers and what they keep (pkg/apis/{apps,core}/validation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors
from tuik8s.api.selectors import LabelSelector
from tuik8s.api.validation.metadata import check_annotations
from tuik8s.api.validation.pods import check_template
from tuik8s.api.validation.values import (
    NEGATIVE,
    check_immutable,
    check_int_or_percent,
    check_label_selector,
    check_labels,
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
_CHANGEABLE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
)  # fmt: skip
_FIXED = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def validate_stateful_set(stateful_set: Obj) -> Iterator[FieldError]:
    """Of the template only what does not depend on the volumes that the claims will add."""
    spec = stateful_set.get("spec") or {}
    policy = spec.get("podManagementPolicy", "")
    if policy not in ("OrderedReady", "Parallel"):
        yield errors.invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'")
    yield from _check_stateful_strategy(spec.get("updateStrategy") or {})
    retention = spec.get("persistentVolumeClaimRetentionPolicy") or {}
    for field in ("whenDeleted", "whenScaled"):
        path = f"spec.persistentVolumeClaimRetentionPolicy.{field}"
        yield from check_optional_choice(retention.get(field), path, ("Delete", "Retain"))
    yield from check_nonnegative(spec, "spec", "replicas", "minReadySeconds", "revisionHistoryLimit")
    yield from check_nonnegative(spec.get("ordinals") or {}, "spec.ordinals", "start")
    template = spec.get("template") or {}
    yield from _check_selector(spec, "statefulset")
    meta = template.get("metadata") or {}
    yield from check_labels(meta.get("labels"), "spec.template.labels")
    yield from check_annotations(meta.get("annotations"), "spec.template.annotations")
    yield from _check_runs_forever(template, "StatefulSet")


def _check_stateful_strategy(strategy: Obj) -> Iterator[FieldError]:
    kind, rolling, path = strategy.get("type", ""), strategy.get("rollingUpdate"), "spec.updateStrategy"
    if kind == "OnDelete":
        if rolling is not None:
            yield errors.invalid(
                f"{path}.rollingUpdate", rolling, "only allowed for updateStrategy 'RollingUpdate'"
            )
    elif kind != "RollingUpdate":
        yield errors.invalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'")
    elif rolling is not None:
        yield from check_nonnegative(rolling, f"{path}.rollingUpdate", "partition")
        unavailable = rolling.get("maxUnavailable")
        if unavailable is not None:
            place = f"{path}.rollingUpdate.maxUnavailable"
            yield from check_int_or_percent(unavailable, place)
            if percent_or_count(unavailable) == 0:
                yield errors.invalid(place, unavailable, "cannot be 0")
            yield from check_percent(unavailable, place)


def validate_stateful_set_update(stateful_set: Obj, old: Obj) -> Iterator[FieldError]:
    new, before = stateful_set.get("spec") or {}, old.get("spec") or {}
    for field in {*new, *before} - set(_CHANGEABLE):
        if new.get(field) != before.get(field):
            yield errors.forbidden("spec", _FIXED)
            return


def validate_stateful_set_status(stateful_set: Obj, _old: Obj) -> Iterator[FieldError]:
    status = stateful_set.get("status") or {}
    parts = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
    yield from check_nonnegative(status, "status", "replicas", *parts, "observedGeneration", "collisionCount")
    for field in parts:
        count = status.get(field, 0)
        if count > max(status.get("replicas", 0), 0):
            yield errors.invalid(f"status.{field}", count, "cannot be greater than status.replicas")


def validate_daemon_set(daemon_set: Obj) -> Iterator[FieldError]:
    spec = daemon_set.get("spec") or {}
    yield from _check_selector(spec, "daemonset")
    template = spec.get("template") or {}
    yield from check_template(template, "spec.template")
    yield from _check_runs_forever(template, "DaemonSet")
    yield from check_nonnegative(spec, "spec", "minReadySeconds", "revisionHistoryLimit")
    yield from _check_daemon_strategy(spec.get("updateStrategy") or {})


def _check_daemon_strategy(strategy: Obj) -> Iterator[FieldError]:
    kind, rolling, path = strategy.get("type", ""), strategy.get("rollingUpdate"), "spec.updateStrategy"
    if kind not in ("RollingUpdate", "OnDelete"):
        yield errors.not_supported(path, strategy, ("RollingUpdate", "OnDelete"))
    elif kind == "RollingUpdate" and rolling is None:
        yield errors.required(f"{path}.rollingUpdate")
    elif kind == "RollingUpdate" and rolling is not None:
        place = f"{path}.rollingUpdate"
        unavailable, surge = rolling.get("maxUnavailable", 0), rolling.get("maxSurge", 0)
        for field, value in (("maxUnavailable", unavailable), ("maxSurge", surge)):
            yield from check_int_or_percent(value, f"{place}.{field}")
            yield from check_percent(value, f"{place}.{field}")
        if percent_or_count(unavailable) and percent_or_count(surge):
            yield errors.invalid(f"{place}.maxSurge", surge, "may not be set when maxUnavailable is non-zero")
        elif not percent_or_count(unavailable) and not percent_or_count(surge):
            yield errors.required(f"{place}.maxUnavailable", "cannot be 0 when maxSurge is 0")


def validate_replication_controller(controller: Obj) -> Iterator[FieldError]:
    spec = controller.get("spec") or {}
    yield from check_nonnegative(spec, "spec", "minReadySeconds", "replicas")
    selector, template = spec.get("selector") or {}, spec.get("template") or {}
    labels = (template.get("metadata") or {}).get("labels") or {}
    if not selector:
        yield errors.required("spec.selector")
    elif not LabelSelector.of_map(selector).matches(labels):
        yield errors.invalid("spec.template.metadata.labels", labels, _MISMATCH)
    yield from check_template(template, "spec.template")
    yield from _check_runs_forever(template, "ReplicationController")


def validate_pod_template(pod_template: Obj) -> Iterator[FieldError]:
    return check_template(pod_template.get("template") or {}, "template")


def validate_controller_revision(revision: Obj) -> Iterator[FieldError]:
    if revision.get("data") is None:
        yield errors.required("data", "data is mandatory")
    if revision.get("revision", 0) < 0:
        yield errors.invalid("revision", revision["revision"], NEGATIVE)


def validate_controller_revision_update(revision: Obj, old: Obj) -> Iterator[FieldError]:
    return check_immutable(revision.get("data"), old.get("data"), "data")


def _check_selector(spec: Obj, owner: str) -> Iterator[FieldError]:
    selector = spec.get("selector")
    if selector is None:
        yield errors.required("spec.selector")
        return
    yield from check_label_selector(selector, "spec.selector")
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield errors.invalid("spec.selector", selector, f"empty selector is invalid for {owner}")
        return
    try:
        compiled = LabelSelector.of(selector)
    except ValueError:
        yield errors.invalid("spec.selector", selector, "invalid label selector")
        return
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    if not compiled.matches(labels):
        yield errors.invalid("spec.template.metadata.labels", labels, _MISMATCH)


def _check_runs_forever(template: Obj, owner: str) -> Iterator[FieldError]:
    pod = template.get("spec") or {}
    path = "spec.template.spec"
    yield from check_optional_choice(pod.get("restartPolicy"), f"{path}.restartPolicy", ("Always",))
    if pod.get("activeDeadlineSeconds") is not None:
        yield errors.forbidden(
            f"{path}.activeDeadlineSeconds", f"activeDeadlineSeconds in {owner} is not Supported"
        )
