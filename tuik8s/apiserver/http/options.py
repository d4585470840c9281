"""Query parameters as Kubernetes reads them (apimachinery's conversion of url.Values)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from tuik8s.api.durations import parse_duration
from tuik8s.api.errors import BadRequest, Invalid, forbidden, invalid, not_supported
from tuik8s.api.query import flag as flag
from tuik8s.api.query import number as number
from tuik8s.api.query import text as text
from tuik8s.api.request import DeleteOptions, FieldValidation, Propagation, Selection

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.query import Query as Query

MANAGER_LIMIT = 128
MIN_WATCH_SECONDS = 1800
_VALIDATIONS = ("", "Ignore", "Warn", "Strict")
_PROPAGATIONS = ("Orphan", "Background", "Foreground")


def parse_query(text: str) -> dict[str, list[str]]:
    """`+` is a space; parameters nobody knows are kept and never looked at."""
    query: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except (ValueError, UnicodeDecodeError):
        raise BadRequest("the query of the request cannot be read") from None
    for name, value in pairs:
        query.setdefault(name, []).append(value)
    return query


def seconds_allowed(query: Query, limit: float) -> float:
    """What a client gives an answer with `timeout=32s`, and never more than the limit."""
    given = text(query, "timeout")
    if not given:
        return limit
    try:
        seconds = parse_duration(given).total_seconds()
    except ValueError:
        seconds = -1
    if seconds < 0:
        raise BadRequest(f'invalid timeout specified in the request URL - time: invalid duration "{given}"')
    return min(seconds, limit) or limit


def selection(query: Query, *, watch: bool) -> Selection:
    match = text(query, "resourceVersionMatch")
    if match not in ("", "Exact", "NotOlderThan"):
        errors = [not_supported("resourceVersionMatch", match, ("Exact", "NotOlderThan", ""))]
        raise Invalid.of("ListOptions", "meta.k8s.io", "", errors)
    seconds = number(query, "timeoutSeconds")
    return Selection(
        label_selector=text(query, "labelSelector"),
        field_selector=text(query, "fieldSelector"),
        limit=max(number(query, "limit") or 0, 0),
        continue_token=text(query, "continue"),
        resource_version=text(query, "resourceVersion"),
        resource_version_match=cast("Any", match),
        allow_bookmarks=flag(query, "allowWatchBookmarks"),
        send_initial_events=flag(query, "sendInitialEvents"),
        timeout_seconds=float(seconds) if seconds else _watch_seconds() if watch else None,
    )


def _watch_seconds() -> float:
    """Half an hour to an hour, so that watches begun together do not come back together."""
    return MIN_WATCH_SECONDS * (1 + random.random())


def dry_run(values: list[str], kind: str) -> bool:
    wrong = [value for value in values if value != "All"]
    if wrong:
        raise Invalid.of(kind, "meta.k8s.io", "", [not_supported("dryRun", wrong, ("All",))])
    return bool(values)


def field_validation(query: Query) -> FieldValidation:
    value = text(query, "fieldValidation")
    if value not in _VALIDATIONS:
        errors = [not_supported("fieldValidation", value, _VALIDATIONS)]
        raise Invalid.of("PatchOptions", "meta.k8s.io", "", errors)
    return cast("FieldValidation", value or "Warn")


def field_manager(query: Query) -> str:
    value = text(query, "fieldManager")
    errors = []
    if len(value.encode()) > MANAGER_LIMIT:
        errors.append(invalid("fieldManager", value, f"may not be more than {MANAGER_LIMIT} bytes"))
    elif not value.isprintable():
        errors.append(invalid("fieldManager", value, "should only contain printable characters"))
    if errors:
        raise Invalid.of("PatchOptions", "meta.k8s.io", "", errors)
    return value


def agent(header: str) -> str:
    """The program's name: what stands before the first slash of its User-Agent."""
    name = header.partition("/")[0]
    return "".join(character for character in name if character.isprintable())[:MANAGER_LIMIT]


def delete_options_in_query(query: Query) -> Obj:
    """As a body would have them."""
    found: Obj = {}
    if (grace := number(query, "gracePeriodSeconds")) is not None:
        found["gracePeriodSeconds"] = grace
    if policy := text(query, "propagationPolicy"):
        found["propagationPolicy"] = policy
    if "orphanDependents" in query:
        found["orphanDependents"] = flag(query, "orphanDependents")
    if query.get("dryRun"):
        found["dryRun"] = query["dryRun"]
    return found


def delete_options(body: Obj) -> tuple[DeleteOptions, bool]:
    """The options, and whether it is a dry run; Invalid for what contradicts itself."""
    grace, policy = body.get("gracePeriodSeconds"), body.get("propagationPolicy")
    orphan, conditions = body.get("orphanDependents"), body.get("preconditions") or {}
    dry = body.get("dryRun") or []
    wrong = (
        not isinstance(grace, int | None), not isinstance(policy, str | None),
        not isinstance(orphan, bool | None), not isinstance(conditions, dict), not isinstance(dry, list),
    )  # fmt: skip
    if any(wrong):
        raise BadRequest("the body of the request is no DeleteOptions: a field is of the wrong type")
    errors = []
    if policy is not None and orphan is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        errors.append(invalid("propagationPolicy", policy, why))
    if policy and policy not in _PROPAGATIONS:
        errors.append(
            not_supported("propagationPolicy", policy, ("Foreground", "Background", "Orphan", "nil"))
        )
    if grace is not None and grace < 0:
        errors.append(forbidden("gracePeriodSeconds", "must be greater than or equal to 0"))
    if errors:
        raise Invalid.of("DeleteOptions", "", "", errors)
    if orphan is not None:
        policy = "Orphan" if orphan else "Background"
    options = DeleteOptions(
        propagation=cast("Propagation | None", policy or None), grace_period_seconds=grace,
        uid=str(conditions.get("uid") or ""), resource_version=str(conditions.get("resourceVersion") or ""),
    )  # fmt: skip
    return options, dry_run([str(value) for value in dry], "DeleteOptions")
