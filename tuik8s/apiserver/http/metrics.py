"""`/metrics`: figures in Prometheus' text format, by the names that Kubernetes gives them."""

from __future__ import annotations

import os
import resource
import time
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.kinds import KUBERNETES_VERSION
from tuik8s.apiserver.http.answers import text_response
from tuik8s.apiserver.request_metrics import BOUNDS, Histogram

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aiohttp import web

    from tuik8s.apiserver.http.fairness import Seats
    from tuik8s.apiserver.request_log import ApiServerStatistics
    from tuik8s.apiserver.request_metrics import RequestMetrics

_STARTED = time.time()


Sample = tuple["Mapping[str, str]", "float | Histogram"]


class Measure(NamedTuple):
    """One figure: the name without labels, what it means, and its values, each with its labels."""

    name: str
    help: str
    type: str
    values: Sequence[Sample]


def request_measures(metrics: RequestMetrics) -> list[Measure]:
    common = {"component": "apiserver"}
    counts: list[Sample] = [
        ({"code": str(code), **common, **sort._asdict()}, float(count))
        for (sort, code), count in metrics.counts.items()
    ]
    durations: list[Sample] = [
        ({**common, **sort._asdict()}, histogram) for sort, histogram in metrics.durations.items()
    ]
    return [
        Measure("apiserver_request_total", "Requests by verb, resource and HTTP code.", "counter", counts),
        Measure("apiserver_request_duration_seconds", "How long answers took, by verb and resource.",
                "histogram", durations),
    ]  # fmt: skip


def server_measures(statistics: ApiServerStatistics, reading: Seats, writing: Seats) -> list[Measure]:
    seats = (("readOnly", reading), ("mutating", writing))
    in_flight: list[Sample] = [({"request_kind": kind}, float(each.taken)) for kind, each in seats]
    why = {"reason": "concurrency-limit"}
    refused: list[Sample] = [({**why, "request_kind": kind}, float(each.refused)) for kind, each in seats]
    return [
        Measure("apiserver_current_inflight_requests", "Requests over HTTPS that are being answered.",
                "gauge", in_flight),
        Measure("apiserver_flowcontrol_rejected_requests_total", "Requests that were told to come back.",
                "counter", refused),
        Measure("apiserver_longrunning_requests", "Watches that are open.", "gauge",
                [({"verb": "WATCH"}, float(statistics.watches))]),
        Measure("kubernetes_build_info", "Whose release this is.", "gauge",
                [({"git_version": KUBERNETES_VERSION}, 1.0)]),
    ]  # fmt: skip


def process_measures() -> Iterator[Measure]:
    """Of this process, as every Prometheus client tells them; those that the system does not are left out."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    yield _single("process_cpu_seconds_total", "Processor time, in seconds.", "counter",
                  used.ru_utime + used.ru_stime)  # fmt: skip
    yield _single("process_start_time_seconds", "When the process began.", "gauge", _STARTED)
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield _single("process_max_fds", "The most file descriptors there may be.", "gauge", float(most))
    try:
        pages = Path("/proc/self/statm").read_text().split()
        descriptors = len(os.listdir("/proc/self/fd"))
    except OSError:
        return
    size = resource.getpagesize()
    yield _single("process_virtual_memory_bytes", "Size of the address space.", "gauge",
                  float(pages[0]) * size)  # fmt: skip
    yield _single("process_resident_memory_bytes", "Memory in use.", "gauge", float(pages[1]) * size)
    yield _single("process_open_fds", "Open file descriptors.", "gauge", float(descriptors))


def prometheus(measures: Iterable[Measure]) -> web.Response:
    """The text format, version 0.0.4."""
    lines: list[str] = []
    for measure in measures:
        lines += [f"# HELP {measure.name} {measure.help}", f"# TYPE {measure.name} {measure.type}"]
        for labels, value in sorted(measure.values, key=lambda sample: tuple(sample[0].items())):
            lines += _samples(measure.name, labels, value)
    response = text_response("\n".join([*lines, ""]))
    response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
    return response


def _samples(name: str, labels: Mapping[str, str], value: float | Histogram) -> Iterator[str]:
    if not isinstance(value, Histogram):
        yield f"{name}{_labels(labels)} {value:.15g}"
        return
    totals = list(accumulate(value.counts))
    for bound, count in zip((*map("{:g}".format, BOUNDS), "+Inf"), totals, strict=True):
        yield f"{name}_bucket{_labels({**labels, 'le': bound})} {count}"
    yield f"{name}_sum{_labels(labels)} {value.sum:.15g}"
    yield f"{name}_count{_labels(labels)} {totals[-1]}"


def _single(name: str, text: str, kind: str, value: float) -> Measure:
    return Measure(name, text, kind, [({}, value)])


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
