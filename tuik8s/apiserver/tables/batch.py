"""Jobs and CronJobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.clock import parse_time
from tuik8s.api.durations import age, human_duration, since
from tuik8s.api.objects import condition_of, is_deleting, is_true
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
    flag,
    or_none,
    selector_text,
    template_cells,
)

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj


def job_cells(job: Obj, now: datetime) -> Cells:
    return [
        job["metadata"]["name"],
        _status(job),
        _completions(job),
        _duration(job, now),
        age(job, now),
        *template_cells(job),
        selector_text(job["spec"].get("selector")),
    ]


def cron_job_cells(cron_job: Obj, now: datetime) -> Cells:
    spec, status = cron_job["spec"], cron_job.get("status") or {}
    job = (spec.get("jobTemplate") or {}).get("spec") or {}
    last = status.get("lastScheduleTime")
    return [
        cron_job["metadata"]["name"],
        spec.get("schedule", ""),
        or_none(spec.get("timeZone")),
        flag(spec.get("suspend")),
        len(status.get("active") or ()),
        since(last, now) if last else NONE,
        age(cron_job, now),
        *container_cells(job.get("template") or {}),
        selector_text(job.get("selector")),
    ]


def _status(job: Obj) -> str:
    if is_true(job, "Complete"):
        return "Complete"
    if is_true(job, "Failed"):
        return "Failed"
    if is_deleting(job):
        return "Terminating"
    conditions = ("Suspended", "FailureTarget", "SuccessCriteriaMet")
    return next((name for name in conditions if is_true(job, name)), "Running")


def _completions(job: Obj) -> str:
    spec, done = job["spec"], (job.get("status") or {}).get("succeeded", 0)
    if spec.get("completions") is not None:
        return f"{done}/{spec['completions']}"
    parallelism = spec.get("parallelism", 0)
    return f"{done}/1 of {parallelism}" if parallelism > 1 else f"{done}/1"


def _duration(job: Obj, now: datetime) -> str:
    """From the start to the end; of a job that still runs, to now."""
    status = job.get("status") or {}
    if not status.get("startTime"):
        return ""
    failed = condition_of(job, "Failed") if is_true(job, "Failed") else None
    ended = status.get("completionTime") or (failed or {}).get("lastTransitionTime")
    end = parse_time(ended) if ended else now
    return human_duration((end - parse_time(status["startTime"])).total_seconds())


JOB_PRINTER = Printer(
    [
        NAME,
        column("Status", "Whether it runs, has completed or has failed."),
        column("Completions", "Pods that have succeeded, of those wanted."),
        column("Duration", "From its start to its end, or to now."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    job_cells,
)
CRON_JOB_PRINTER = Printer(
    [
        NAME,
        column("Schedule", "When jobs are started, in the format of cron."),
        column("Timezone", "In which the schedule is read."),
        column("Suspend", "Whether no more jobs are started."),
        column("Active", "Jobs that run now.", of="integer"),
        column("Last Schedule", "Time since a job was last started."),
        AGE,
        CONTAINERS,
        IMAGES,
        SELECTOR,
    ],
    cron_job_cells,
)
