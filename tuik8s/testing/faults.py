"""Requests that are refused or delayed on purpose."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tuik8s.api import errors

if TYPE_CHECKING:
    from tuik8s.api.errors import ApiError
    from tuik8s.api.request import Request

COMPONENTS = (
    "system:kube-*", "system:node:*", "system:apiserver", "system:serviceaccount:kube-system:*",
    "tuik8s:kubelet-informers",
)  # fmt: skip
"""Users under which the cluster's own components ask."""
_ERRORS: dict[int, type[ApiError]] = {
    kind.code: kind
    for kind in (
        errors.BadRequest, errors.Unauthorized, errors.Forbidden, errors.NotFound, errors.Conflict,
        errors.Expired, errors.TooManyRequests, errors.InternalError, errors.ServiceUnavailable,
        errors.ServerTimeout,
    )
}  # fmt: skip


@dataclass(kw_only=True)
class Fault:
    """The next `times` requests that match are delayed by `latency` seconds, and refused with the HTTP code
    `code` unless that is None.

    What is empty matches everything. `verb` is as RBAC has it (`get`, `list`, `watch`, `create`, `update`,
    `patch`, `delete`, `deletecollection`); `kind` a kind, plural or short name; `user` a glob, empty for
    everybody but the cluster's own components. `hits` counts the requests that it has met.
    """

    code: int | None = 500
    times: int = 1
    verb: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    user: str = ""
    latency: float = 0.0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.code is not None and self.code not in _ERRORS:
            known = ", ".join(str(code) for code in _ERRORS)
            raise ValueError(f"no error of code {self.code}: there are {known}")

    def meets(self, request: Request) -> bool:
        kind = request.kind
        names = {kind.kind.lower(), kind.plural, kind.resource, *kind.short_names}
        return (
            self.hits < self.times
            and self.verb in ("", request.verb.value)
            and (not self.kind or self.kind.lower() in names)
            and self.namespace in ("", request.namespace)
            and self.name in ("", request.name)
            and self.subresource in ("", request.subresource)
            and self._is_about(request.user.name)
        )

    def _is_about(self, user: str) -> bool:
        if self.user:
            return fnmatchcase(user, self.user)
        return not any(fnmatchcase(user, component) for component in COMPONENTS)

    def error(self) -> ApiError | None:
        if self.code is None:
            return None
        details = {"retryAfterSeconds": 1} if self.code in (429, 503) else None
        return _ERRORS[self.code]("refused on purpose by the test", details=details)


class Faults:
    """`apiserver.ApiServer.intercept`: the first fault that meets a request decides."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._faults.append(fault)

    def clear(self) -> None:
        self._faults.clear()

    async def __call__(self, request: Request) -> None:
        fault = next((fault for fault in self._faults if fault.meets(request)), None)
        if fault is None:
            return
        fault.hits += 1
        if fault.latency:
            await asyncio.sleep(fault.latency)
        error = fault.error()
        if error is not None:
            raise error
