"""Probes and lifecycle hooks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuik8s.api import errors
from tuik8s.api.validation.values import check_nonnegative, check_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_PROBE_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")
_HOOK_HANDLERS = ("exec", "httpGet", "tcpSocket", "sleep")
_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_HEADER_PROBLEM = (
    "a valid HTTP header must consist of alphanumeric characters or '-' "
    "(e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
)


def check_probes(container: Obj, path: str) -> Iterator[FieldError]:
    for field in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(field)
        if probe is None:
            continue
        where = f"{path}.{field}"
        yield from _check_probe(probe, where)
        if field == "readinessProbe":
            if probe.get("terminationGracePeriodSeconds") is not None:
                yield errors.invalid(
                    f"{where}.terminationGracePeriodSeconds",
                    probe["terminationGracePeriodSeconds"],
                    "must not be set for readinessProbes",
                )
        elif probe.get("successThreshold", 1) != 1:
            yield errors.invalid(f"{where}.successThreshold", probe["successThreshold"], "must be 1")


def check_lifecycle(lifecycle: Obj | None, path: str, grace: int | None) -> Iterator[FieldError]:
    for hook in ("postStart", "preStop"):
        handler = (lifecycle or {}).get(hook)
        if handler is not None:
            yield from _check_handler(handler, f"{path}.{hook}", _HOOK_HANDLERS, grace)


def _check_probe(probe: Obj, path: str) -> Iterator[FieldError]:
    yield from _check_handler(probe, path, _PROBE_HANDLERS, None)
    yield from check_nonnegative(probe, path, *_COUNTS)
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is not None and grace <= 0:
        yield errors.invalid(f"{path}.terminationGracePeriodSeconds", grace, "must be greater than 0")


def _check_handler(
    handler: Obj, path: str, kinds: tuple[str, ...], grace: int | None
) -> Iterator[FieldError]:
    present = [kind for kind in kinds if handler.get(kind) is not None]
    if not present:
        yield errors.required(path, "must specify a handler type")
        return
    yield from _check_action(present[0], handler[present[0]], f"{path}.{present[0]}", grace)
    for kind in present[1:]:
        yield errors.forbidden(f"{path}.{kind}", "may not specify more than 1 handler type")


def _check_action(kind: str, action: Obj, path: str, grace: int | None) -> Iterator[FieldError]:
    if kind == "exec":
        if not action.get("command"):
            yield errors.required(f"{path}.command")
    elif kind == "httpGet":
        yield from _check_http_get(action, path)
    elif kind == "sleep":
        seconds = action.get("seconds", 0)
        if grace is not None and not 0 <= seconds <= grace:
            yield errors.invalid(
                path,
                seconds,
                f"must be non-negative and less than terminationGracePeriodSeconds ({grace})",
            )
    else:
        yield from check_port(action.get("port"), f"{path}.port")


def _check_http_get(action: Obj, path: str) -> Iterator[FieldError]:
    if not action.get("path"):
        yield errors.required(f"{path}.path")
    yield from check_port(action.get("port"), f"{path}.port")
    scheme = action.get("scheme", "")
    if scheme not in ("HTTP", "HTTPS"):
        yield errors.not_supported(f"{path}.scheme", scheme, ("HTTP", "HTTPS"))
    for header in action.get("httpHeaders") or ():
        name = header.get("name") or ""
        if re.fullmatch("[-A-Za-z0-9]+", name) is None:
            yield errors.invalid(f"{path}.httpHeaders", name, _HEADER_PROBLEM)
