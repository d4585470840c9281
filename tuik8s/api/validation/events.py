"""Events, of the core group and of events.k8s.io (pkg/apis/core/validation/events.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.validation.values import check_immutable, check_qualified_name, complain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_LONGEST = {"reportingInstance": 128, "action": 128, "reason": 128, "note": 1024}
_IMMUTABLE = (
    "regarding", "reportingController", "reportingInstance", "action", "reason", "type", "note", "related",
    "eventTime", "deprecatedSource", "deprecatedFirstTimestamp", "deprecatedLastTimestamp", "deprecatedCount",
)  # fmt: skip


def validate_core_event(event: Obj) -> Iterator[FieldError]:
    yield from _check_namespace(event, "involvedObject")


def validate_event(event: Obj) -> Iterator[FieldError]:
    yield from _check_namespace(event, "regarding")
    if not event.get("eventTime"):
        yield errors.required("eventTime")
    controller = event.get("reportingController") or ""
    if not controller:
        yield errors.required("reportingController")
    else:
        yield from check_qualified_name(controller, "reportingController")
    for field, limit in _LONGEST.items():
        text = event.get(field) or ""
        if not text and field != "note":
            yield errors.required(field)
        if len(text.encode("utf-8", "surrogatepass")) > limit:
            yield errors.invalid(field, "", f"can have at most {limit} characters")
    if event.get("type") not in ("Normal", "Warning"):
        yield errors.invalid("type", "", f"has invalid value: {event.get('type', '')}")
    series = event.get("series")
    if series is not None:
        if series.get("count", 0) < 2:
            yield errors.invalid("series.count", "", "should be at least 2")
        if not series.get("lastObservedTime"):
            yield errors.required("series.lastObservedTime")


def validate_event_update(event: Obj, old: Obj) -> Iterator[FieldError]:
    """Only the series moves on."""
    for field in _IMMUTABLE:
        yield from check_immutable(event.get(field), old.get(field), field)


def _check_namespace(event: Obj, field: str) -> Iterator[FieldError]:
    """An event lives with the object it is about; those about cluster-scoped objects live in `default`."""
    namespace = (event.get("metadata") or {}).get("namespace", "")
    about = (event.get(field) or {}).get("namespace", "")
    if about != namespace and (about or namespace != "default"):
        yield errors.invalid("involvedObject.namespace", about, "does not match event.namespace")
    yield from complain("namespace", namespace, names.dns_subdomain(namespace))
