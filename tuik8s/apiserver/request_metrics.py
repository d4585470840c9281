"""How many requests there were of each kind, and how long they took: what `/metrics` shows of them."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.request import PatchType, Verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuik8s.api.request import Request

BOUNDS = (
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0,
    20.0, 30.0, 45.0, 60.0,
)  # fmt: skip
"""Seconds: the buckets of apiserver_request_duration_seconds."""
_VERBS = {
    Verb.CREATE: "POST", Verb.UPDATE: "PUT", Verb.GET: "GET", Verb.LIST: "LIST", Verb.WATCH: "WATCH",
    Verb.PATCH: "PATCH", Verb.DELETE: "DELETE", Verb.DELETE_COLLECTION: "DELETECOLLECTION",
}  # fmt: skip


class RequestSort(NamedTuple):
    """What requests are told apart by; the fields are the labels of the metrics."""

    verb: str
    group: str
    version: str
    resource: str
    subresource: str
    scope: str
    dry_run: str


class Histogram:
    """How many samples were at most each bound, and their sum."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        """Of the samples between a bound and the one before; the last is of those above all."""
        self.sum = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(BOUNDS, value)] += 1
        self.sum += value


class RequestMetrics:
    def __init__(self) -> None:
        self._counts: Counter[tuple[RequestSort, int]] = Counter()
        self._durations: dict[RequestSort, Histogram] = {}

    @property
    def counts(self) -> Mapping[tuple[RequestSort, int], int]:
        """By sort and HTTP code."""
        return self._counts

    @property
    def durations(self) -> Mapping[RequestSort, Histogram]:
        return self._durations

    def note(self, request: Request, code: int, seconds: float | None) -> None:
        """Without a duration for those that last as long as somebody wants, as watches do."""
        sort = _sort(request)
        self._counts[sort, code] += 1
        if seconds is not None:
            histogram = self._durations.get(sort)
            if histogram is None:
                histogram = self._durations[sort] = Histogram()
            histogram.add(seconds)


def _sort(request: Request) -> RequestSort:
    kind, verb = request.kind, _VERBS[request.verb]
    if request.patch_type is PatchType.APPLY:
        verb = "APPLY"
    if request.name or request.verb is Verb.CREATE:
        scope = "resource"
    else:
        scope = "namespace" if request.namespace else "cluster"
    dry_run = "All" if request.dry_run else ""
    return RequestSort(verb, kind.group, kind.version, kind.plural, request.subresource, scope, dry_run)
