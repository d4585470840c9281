"""`/healthz`, `/livez`, `/readyz` (k8s.io/apiserver/pkg/server/healthz)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tuik8s.apiserver.http.answers import text_response

if TYPE_CHECKING:
    from aiohttp import web

    from tuik8s.apiserver.http.options import Query

Checks = Callable[[], Mapping[str, str]]
"""What is checked, and what is wrong with it; empty when nothing is."""


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
    if unknown := sorted(excluded - set(checks)):
        names = ", ".join(f'"{name}"' for name in unknown)
        lines.append(f"warn: some health checks cannot be excluded: no matches for {names}")
    if "verbose" in query:
        return text_response("\n".join([*lines, f"{endpoint} check passed", ""]))
    return text_response("ok")
