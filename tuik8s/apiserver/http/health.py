"""`/healthz`, `/livez`, `/readyz` (k8s.io/apiserver/pkg/server/healthz) and `/metrics`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.apiserver.http.answers import text_response

if TYPE_CHECKING:
    from aiohttp import web

    from tuik8s.apiserver.http.options import Query
    from tuik8s.apiserver.request_log import ApiServerStatistics

Checks = Callable[[], Mapping[str, str]]
"""What is checked, and what is wrong with it; empty when nothing is."""


Labels = tuple[tuple[str, str], ...]


class Measure(NamedTuple):
    """One figure of `/metrics`: the name without labels, what it means, and its values by labels."""

    name: str
    help: str
    type: str
    values: Mapping[Labels, float]


def health(endpoint: str, segments: list[str], query: Query, checks: Mapping[str, str]) -> web.Response:
    """All checks, or the one that the path names after the endpoint."""
    if len(segments) > 2 or (len(segments) == 2 and segments[1] not in checks):
        return text_response("404 page not found\n", status=404)
    if len(segments) == 2:
        checks = {segments[1]: checks[segments[1]]}
    excluded = set(query.get("exclude", ()))
    lines, failed = [], False
    for name, problem in checks.items():
        if name in excluded:
            lines.append(f"[+]{name} excluded: ok")
            continue
        failed = failed or bool(problem)
        lines.append(f"[-]{name} failed: reason withheld" if problem else f"[+]{name} ok")
    if failed:
        return text_response("\n".join([*lines, f"{endpoint} check failed", ""]), status=500)
    if "verbose" in query:
        return text_response("\n".join([*lines, f"{endpoint} check passed", ""]))
    return text_response("ok")


def server_measures(statistics: ApiServerStatistics) -> list[Measure]:
    by_verb: dict[Labels, float] = {
        (("verb", verb.upper()),): float(count) for verb, count in statistics.requests.items()
    }
    by_code: dict[Labels, float] = {
        (("code", str(code)),): float(count) for code, count in statistics.errors.items()
    }
    watches: dict[Labels, float] = {(("verb", "WATCH"),): float(statistics.watches)}
    return [
        Measure("apiserver_request_total", "Counter of apiserver requests broken out for each verb.",
                "counter", by_verb),
        Measure("tuik8s_apiserver_error_total", "Counter of refused requests broken out for each HTTP code.",
                "counter", by_code),
        Measure("apiserver_current_inflight_requests", "Number of requests that are being answered.",
                "gauge", {(): float(statistics.in_flight)}),
        Measure("apiserver_longrunning_requests", "Gauge of all active long-running requests.",
                "gauge", watches),
    ]  # fmt: skip


def prometheus(measures: Iterable[Measure]) -> web.Response:
    """The text format, version 0.0.4."""
    lines = []
    for measure in measures:
        lines += [f"# HELP {measure.name} {measure.help}", f"# TYPE {measure.name} {measure.type}"]
        for labels, value in sorted(measure.values.items()):
            lines.append(f"{measure.name}{_labels(labels)} {value:g}")
    response = text_response("\n".join([*lines, ""]))
    response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
    return response


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
