"""Jobs and CronJobs (pkg/apis/batch/validation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors
from tuik8s.api.schedules import schedule_problem, time_zone_problem
from tuik8s.api.selectors import LabelSelector
from tuik8s.api.validation.pods import check_template
from tuik8s.api.validation.values import (
    check_choice,
    check_immutable,
    check_label_selector,
    check_nonnegative,
    check_optional_choice,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_LONGEST_CRON_NAME = 52
"""The controller adds eleven characters for each job."""
_MOST_INDEXED_PODS = 100_000
_OWN_LABELS = {
    "batch.kubernetes.io/controller-uid": "uid",
    "controller-uid": "uid",
    "batch.kubernetes.io/job-name": "name",
    "job-name": "name",
}
_SCHEDULING = ("nodeSelector", "tolerations", "affinity", "schedulingGates")
"""What may change in the template of a job that is suspended."""
_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")


def validate_job(job: Obj) -> Iterator[FieldError]:
    spec = job.get("spec") or {}
    yield from _check_generated_selector(job)
    yield from _check_spec(spec, "spec")
    selector, labels = spec.get("selector"), _labels(spec)
    if selector is None:
        yield errors.required("spec.selector")
        return
    yield from check_label_selector(selector, "spec.selector")
    try:
        matches = LabelSelector.of(selector).matches(labels)
    except ValueError:
        return
    if not matches:
        yield errors.invalid(
            "spec.template.metadata.labels", labels, "`selector` does not match template `labels`"
        )


def _check_generated_selector(job: Obj) -> Iterator[FieldError]:
    spec, meta = job.get("spec") or {}, job.get("metadata") or {}
    if spec.get("manualSelector") or spec.get("selector") is None or not meta.get("uid"):
        return
    labels, matched = _labels(spec), spec["selector"].get("matchLabels") or {}
    for label, field in _OWN_LABELS.items():
        if labels.get(label) != meta.get(field):
            yield errors.invalid(
                "spec.template.metadata.labels", labels, f"must be '{meta.get(field)}' in `{label}`"
            )
    uid = "batch.kubernetes.io/controller-uid"
    if matched.get(uid, matched.get("controller-uid")) != meta["uid"] or len(matched) != 1:
        yield errors.invalid("spec.selector", spec["selector"], "`selector` not auto-generated")


def _labels(spec: Obj) -> dict[str, str]:
    return ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}


def _check_spec(spec: Obj, path: str) -> Iterator[FieldError]:
    yield from check_nonnegative(
        spec, path, "parallelism", "completions", "activeDeadlineSeconds", "backoffLimit",
        "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes",
    )  # fmt: skip
    yield from _check_completion_mode(spec, path)
    yield from check_optional_choice(
        spec.get("podReplacementPolicy"), f"{path}.podReplacementPolicy", ("Failed", "TerminatingOrFailed")
    )
    template = spec.get("template") or {}
    yield from check_template(template, f"{path}.template")
    yield from _check_restart_policy(spec, f"{path}.template.spec.restartPolicy")
    policy = spec.get("podFailurePolicy")
    if policy is not None:
        for index, rule in enumerate(policy.get("rules") or ()):
            yield from _check_failure_rule(rule, f"{path}.podFailurePolicy.rules[{index}]")


def _check_completion_mode(spec: Obj, path: str) -> Iterator[FieldError]:
    mode = spec.get("completionMode")
    yield from check_optional_choice(mode, f"{path}.completionMode", ("Indexed", "NonIndexed"))
    if mode == "Indexed":
        if spec.get("completions") is None:
            yield errors.required(f"{path}.completions", "when completion mode is Indexed")
        parallelism = spec.get("parallelism") or 0
        if parallelism > _MOST_INDEXED_PODS:
            yield errors.invalid(
                f"{path}.parallelism", parallelism,
                f"must be less than or equal to {_MOST_INDEXED_PODS} when completion mode is Indexed",
            )  # fmt: skip
    elif spec.get("backoffLimitPerIndex") is not None:
        yield errors.invalid(
            f"{path}.backoffLimitPerIndex", spec["backoffLimitPerIndex"], "requires indexed completion mode"
        )
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        yield errors.required(f"{path}.backoffLimitPerIndex", "when maxFailedIndexes is specified")


def _check_restart_policy(spec: Obj, path: str) -> Iterator[FieldError]:
    policy = ((spec.get("template") or {}).get("spec") or {}).get("restartPolicy")
    if policy == "Always":
        yield errors.required(path, 'valid values: "OnFailure", "Never"')
    else:
        yield from check_optional_choice(policy, path, ("OnFailure", "Never"))
    if spec.get("podFailurePolicy") is not None and policy == "OnFailure":
        yield errors.invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')


def _check_failure_rule(rule: Obj, path: str) -> Iterator[FieldError]:
    yield from check_choice(rule.get("action"), f"{path}.action", _ACTIONS)
    codes, conditions = rule.get("onExitCodes"), rule.get("onPodConditions")
    if codes is not None and conditions:
        yield errors.invalid(path, rule, "specifying both OnExitCodes and OnPodConditions is not supported")
    elif codes is None and not conditions:
        yield errors.invalid(path, rule, "specifying one of OnExitCodes and OnPodConditions is required")
    if codes is not None:
        place = f"{path}.onExitCodes"
        yield from check_choice(codes.get("operator"), f"{place}.operator", ("In", "NotIn"))
        values = codes.get("values") or []
        if not values:
            yield errors.invalid(f"{place}.values", values, "at least one value is required")
        if codes.get("operator") == "In" and 0 in values:
            number = values.index(0)
            yield errors.invalid(f"{place}.values[{number}]", 0, "must not be 0 for the In operator")


def validate_job_update(job: Obj, old: Obj) -> Iterator[FieldError]:
    new, before = job.get("spec") or {}, old.get("spec") or {}
    elastic = new.get("completionMode") == "Indexed" and new.get("completions") == new.get("parallelism")
    if not elastic:
        yield from check_immutable(new.get("completions"), before.get("completions"), "spec.completions")
    for field in ("selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy"):
        yield from check_immutable(new.get(field), before.get(field), f"spec.{field}")
    yield from check_immutable(_fixed_template(new, old), _fixed_template(before, old), "spec.template")
    yield from check_immutable(new.get("successPolicy"), before.get("successPolicy"), "spec.successPolicy")


def _fixed_template(spec: Obj, old: Obj) -> Obj:
    """Without what may still change: where the pods of a job that never started will run."""
    template: Obj = spec.get("template") or {}
    suspended = (old.get("spec") or {}).get("suspend")
    if not suspended or (old.get("status") or {}).get("startTime"):
        return template
    pod = {key: value for key, value in (template.get("spec") or {}).items() if key not in _SCHEDULING}
    return {"spec": pod}


def validate_job_status(job: Obj, _old: Obj) -> Iterator[FieldError]:
    status = job.get("status") or {}
    yield from check_nonnegative(status, "status", "active", "succeeded", "failed", "ready", "terminating")


def validate_cron_job(cron_job: Obj) -> Iterator[FieldError]:
    spec, name = cron_job.get("spec") or {}, (cron_job.get("metadata") or {}).get("name", "")
    if len(name) > _LONGEST_CRON_NAME:
        yield errors.invalid("metadata.name", name, f"must be no more than {_LONGEST_CRON_NAME} characters")
    yield from _check_schedule(spec)
    yield from check_nonnegative(
        spec, "spec", "startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"
    )
    yield from check_choice(
        spec.get("concurrencyPolicy"), "spec.concurrencyPolicy", ("Allow", "Forbid", "Replace")
    )
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    path = "spec.jobTemplate.spec"
    yield from _check_spec(job, path)
    if job.get("selector") is not None:
        yield errors.invalid(f"{path}.selector", job["selector"], "`selector` will be auto-generated")
    if job.get("manualSelector"):
        yield errors.not_supported(f"{path}.manualSelector", True, ("nil", "false"))


def _check_schedule(spec: Obj) -> Iterator[FieldError]:
    schedule, zone, path = spec.get("schedule", ""), spec.get("timeZone"), "spec.schedule"
    if zone is not None and (problem := time_zone_problem(zone)):
        yield errors.invalid("spec.timeZone", zone, problem)
    if not schedule:
        yield errors.required(path)
    elif "TZ" in schedule and zone is not None:
        why = "cannot use both timeZone field and TZ or CRON_TZ in schedule"
        yield errors.invalid(path, schedule, why)
    elif "TZ" in schedule:
        why = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"
        yield errors.invalid(path, schedule, why)
    elif problem := schedule_problem(schedule):
        yield errors.invalid(path, schedule, problem)
