"""Which tone a cell has: what its text says about health, by kind and column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.tui.rows.model import Column, Row
    from tuik8s.tui.theme import Tone

_GOOD = frozenset({"Running", "Ready", "Active", "Bound", "applied", "Available", "Complete", "True"})
_DONE = frozenset({"Completed", "Succeeded", "removed", "Terminated", "stopped"})
_BUSY = frozenset({"Pending", "ContainerCreating", "PodInitializing", "Terminating", "waiting", "drifted",
                   "SchedulingGated", "paused", "Released"})  # fmt: skip
_BAD = re.compile(
    r"Err|BackOff|Failed|Error|error|Invalid|Evicted|OOMKilled|NotReady|Unknown|Lost|ContainerCannotRun"
    r"|ContainerStatusUnknown|Unhealthy|DeadlineExceeded|backing off|^Signal:|^ExitCode:"
)
_FRACTION = re.compile(r"(\d+)/(\d+)")


def _status(text: str, row: Row) -> Tone:
    if text in _GOOD:
        return "ok"
    if text in _DONE:
        return "muted"
    if _BAD.search(text):
        return "error"
    if text in _BUSY or text.startswith("Init:") or "SchedulingDisabled" in text:
        return "warn"
    return ""


def _fraction(text: str, row: Row) -> Tone:
    match = _FRACTION.fullmatch(text)
    if match is None or match[1] == match[2]:
        return ""
    return "muted" if row.object.get("status", {}).get("phase") == "Succeeded" else "warn"


def _restarts(text: str, row: Row) -> Tone:
    return "" if text.split(" ", 1)[0] in ("0", "") else "warn"


def _event_type(text: str, row: Row) -> Tone:
    return "muted" if text == "Normal" else "warn"


def _event_reason(text: str, row: Row) -> Tone:
    return "" if row.object.get("type") == "Normal" else "warn"


def _quiet(text: str, row: Row) -> Tone:
    return "muted"


def _absent(text: str, row: Row) -> Tone:
    return "muted" if text in ("<none>", "<unknown>", "<unset>", "", "-") else ""


_BY_COLUMN: dict[str, Callable[[str, Row], Tone]] = {
    "status": _status,
    "state": _status,
    "ready": _fraction,
    "restarts": _restarts,
    "reason": _event_reason,
    "namespace": _quiet,
    "age": _quiet,
    "last seen": _quiet,
    "first seen": _quiet,
}


def tone_function(resource: str, column: Column) -> Callable[[str, Row], Tone]:
    """How to tone the cells of this column."""
    name = column.name.lower()
    if name == "type" and resource == "events":
        return _event_type
    if name == "reason" and resource != "events":
        return _absent
    return _BY_COLUMN.get(name, _absent)


def is_faulty(resource: str, row: Row) -> bool:
    """Whether the row deserves attention: what `faults only` shows and the header counts."""
    obj = row.object
    if resource == "events":
        return bool(obj.get("type") == "Warning")
    status = obj.get("status") or {}
    if resource == "pods":
        ready = any(
            item["type"] == "Ready" and item["status"] == "True" for item in status.get("conditions") or ()
        )
        return not ready and status.get("phase") != "Succeeded"
    if resource == "nodes":
        ready = any(
            item["type"] == "Ready" and item["status"] == "True" for item in status.get("conditions") or ()
        )
        return not ready or bool((obj.get("spec") or {}).get("unschedulable"))
    if resource in ("deployments.apps", "replicasets.apps", "statefulsets.apps"):
        wanted = (obj.get("spec") or {}).get("replicas", 1)
        return bool(wanted != (status.get("readyReplicas") or 0))
    return obj.get("state") in ("error", "waiting", "drifted")
