"""What was asked of the API server lately, and how much."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.apiserver.request_metrics import RequestMetrics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import Request, Verb

RECENT_REQUESTS = 1_000


class RequestRecord(NamedTuple):
    """One finished request; `path` is the one it has, or would have, over HTTP."""

    time: datetime
    verb: str
    path: str
    resource: str
    """`deployments/web/scale`: plural, name and subresource as far as they were given."""
    namespace: str
    code: int
    milliseconds: float
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServerStatistics:
    """`requests` counts by verb and `errors` by code, since the start; `watches` are open now."""

    requests: Mapping[str, int]
    errors: Mapping[int, int]
    in_flight: int
    watches: int


class RequestLog:
    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.errors: Counter[int] = Counter()
        self.in_flight = 0
        self.watches = 0
        self.metrics = RequestMetrics()
        self._recent: deque[_Noted] = deque(maxlen=RECENT_REQUESTS)

    def note(self, time: datetime, request: Request, code: int, seconds: float) -> None:
        self.requests[request.verb.value] += 1
        if code >= 400:
            self.errors[code] += 1
        self.metrics.note(request, code, seconds)
        place = (request.kind, request.namespace, request.name, request.subresource)
        self._recent.append(_Noted(time, request.verb, place, code, seconds, request.agent))

    def statistics(self) -> ApiServerStatistics:
        return ApiServerStatistics(
            requests=dict(self.requests), errors=dict(self.errors), in_flight=self.in_flight,
            watches=self.watches,
        )  # fmt: skip

    def recent(self) -> tuple[RequestRecord, ...]:
        """The last thousand, oldest first."""
        return tuple(_record(noted) for noted in self._recent)


class _Noted(NamedTuple):
    """What a record is made of when somebody looks; bodies are not kept."""

    time: datetime
    verb: Verb
    place: tuple[Kind, str, str, str]
    code: int
    seconds: float
    agent: str


def path_of(kind: Kind, namespace: str, name: str, subresource: str) -> str:
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    scope = f"/namespaces/{namespace}" if kind.namespaced and namespace else ""
    parts = [root + scope, kind.plural, name, subresource]
    return "/".join(part for part in parts if part)


def _record(noted: _Noted) -> RequestRecord:
    kind, namespace, name, subresource = noted.place
    resource = "/".join(part for part in (kind.plural, name, subresource) if part)
    return RequestRecord(
        noted.time, noted.verb.value, path_of(*noted.place), resource, namespace, noted.code,
        noted.seconds * 1000, noted.agent,
    )  # fmt: skip
