from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from tests.api.objects import container, pod
from tuik8s.api import pods
from tuik8s.api.pods import HostPort

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def _with(requests: Obj | None = None, limits: Obj | None = None, **fields: Any) -> Obj:
    return container(resources={"requests": requests or {}, "limits": limits or {}}, **fields)


def test_requests_are_the_larger_of_running_and_starting() -> None:
    spec = pod(
        _with({"cpu": "200m", "memory": "1Gi"}),
        _with({"cpu": "300m"}),
        initContainers=[
            _with({"cpu": "2"}),
            _with({"cpu": "100m", "memory": "64Mi"}, restartPolicy="Always"),
            _with({"cpu": "1", "memory": "2Gi"}),
        ],
        overhead={"cpu": "50m"},
    )
    # Together: 200m + 300m + 100m; step 1: 2; step 3: 1 + 100m beside the sidecar.
    assert pods.pod_requests(spec) == {
        "cpu": Decimal("2.05"),
        "memory": Decimal(2 * 2**30 + 64 * 2**20),
    }


def test_limits_and_pod_level_resources() -> None:
    limited = pod(_with(limits={"cpu": "1"}), overhead={"cpu": "100m", "memory": "1Mi"})
    assert pods.pod_limits(limited) == {"cpu": Decimal("1.1")}
    whole = pod(_with({"cpu": "100m"}), resources={"requests": {"cpu": "2", "example.com/gpu": "1"}})
    assert pods.pod_requests(whole) == {"cpu": Decimal(2)}
    assert pods.pod_requests({"spec": {}}) == {}


@pytest.mark.parametrize(
    ("containers", "spec", "expected"),
    [
        ([container()], {}, "BestEffort"),
        ([_with({"cpu": "0"})], {}, "BestEffort"),
        ([_with({"example.com/gpu": "1"}, {"example.com/gpu": "1"})], {}, "BestEffort"),
        ([_with({"cpu": "1"})], {}, "Burstable"),
        ([_with({"cpu": "1", "memory": "1Gi"}, {"cpu": "1", "memory": "1Gi"})], {}, "Guaranteed"),
        ([_with({"cpu": "1000m", "memory": "1Gi"}, {"cpu": "1", "memory": "1024Mi"})], {}, "Guaranteed"),
        ([_with({"cpu": "1", "memory": "1Gi"}, {"cpu": "2", "memory": "1Gi"})], {}, "Burstable"),
        ([_with({"cpu": "1"}, {"cpu": "1"})], {}, "Burstable"),
        (
            [_with({"cpu": "1", "memory": "1Gi"}, {"cpu": "1", "memory": "1Gi"})],
            {"initContainers": [container()]},
            "Burstable",
        ),
        (
            [container()],
            {"resources": {"requests": {"cpu": "1", "memory": "1"}, "limits": {"cpu": "1", "memory": "1"}}},
            "Guaranteed",
        ),
    ],
)
def test_qos_class(containers: list[Obj], spec: Obj, expected: str) -> None:
    assert pods.qos_class(pod(*containers, **spec)) == expected


TAINT = {"key": "node.kubernetes.io/not-ready", "value": "", "effect": "NoExecute"}


@pytest.mark.parametrize(
    ("toleration", "expected"),
    [
        ({"operator": "Exists"}, True),
        ({"operator": "Exists", "effect": "NoSchedule"}, False),
        ({"key": TAINT["key"], "operator": "Exists", "effect": "NoExecute"}, True),
        ({"key": TAINT["key"]}, True),
        ({"key": TAINT["key"], "operator": "Equal", "value": "x"}, False),
        ({"key": "other", "operator": "Exists"}, False),
        ({"key": TAINT["key"], "operator": "Unknown"}, False),
    ],
)
def test_tolerates(toleration: Obj, *, expected: bool) -> None:
    assert pods.tolerates([toleration], TAINT) is expected
    assert not pods.tolerates(None, TAINT)


def test_available_after_being_ready_long_enough() -> None:
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:10Z"}
    running: Obj = {"status": {"conditions": [ready]}}
    at = datetime(2026, 1, 1, 0, 0, 15, tzinfo=UTC)
    assert pods.is_available(running, 0, at)
    assert pods.is_available(running, 5, at)
    assert not pods.is_available(running, 6, at)
    assert pods.seconds_until_available(running, 20, at) == 15
    assert not pods.is_available({"status": {"conditions": [{**ready, "status": "False"}]}}, 0, at)
    assert not pods.is_available({"status": {}}, 0, at)


def test_ports() -> None:
    web = container(ports=[{"containerPort": 80, "hostPort": 8080, "protocol": "TCP"}, {"containerPort": 81}])
    proxy = container(name="proxy", restartPolicy="Always", ports=[{"containerPort": 90, "hostPort": 90}])
    setup = container(name="setup", ports=[{"containerPort": 70}])
    obj = pod(web, initContainers=[setup, proxy])
    assert [port["containerPort"] for port in pods.container_ports(obj)] == [80, 81, 90]
    assert pods.host_ports(obj) == [HostPort("0.0.0.0", "TCP", 8080), HostPort("0.0.0.0", "TCP", 90)]
    assert HostPort("127.0.0.1", "TCP", 80).conflicts_with(HostPort("0.0.0.0", "TCP", 80))
    assert not HostPort("127.0.0.1", "TCP", 80).conflicts_with(HostPort("127.0.0.2", "TCP", 80))
    assert not HostPort("0.0.0.0", "UDP", 80).conflicts_with(HostPort("0.0.0.0", "TCP", 80))


def _entry(state: Obj, name: str = "web", **fields: Any) -> Obj:
    return {"name": name, "state": state, **fields}


RUNNING: Obj = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}


def _ended(code: int = 0, reason: str = "Completed", **fields: Any) -> Obj:
    return {"terminated": {"exitCode": code, "reason": reason, **fields}}


@pytest.mark.parametrize(
    ("status", "spec", "expected"),
    [
        ({"phase": "Pending"}, {}, ("Pending", 0, 1)),
        (
            {
                "phase": "Pending",
                "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
            },
            {},
            ("SchedulingGated", 0, 1),
        ),
        ({"phase": "Failed", "reason": "Evicted"}, {}, ("Evicted", 0, 1)),
        (
            {"phase": "Pending", "containerStatuses": [_entry({"waiting": {"reason": "ImagePullBackOff"}})]},
            {},
            ("ImagePullBackOff", 0, 1),
        ),
        ({"phase": "Running", "containerStatuses": [_entry(RUNNING, ready=True)]}, {}, ("Running", 1, 1)),
        ({"phase": "Running", "containerStatuses": [_entry(RUNNING, ready=False)]}, {}, ("Running", 0, 1)),
        ({"phase": "Succeeded", "containerStatuses": [_entry(_ended())]}, {}, ("Completed", 0, 1)),
        ({"phase": "Failed", "containerStatuses": [_entry(_ended(3, ""))]}, {}, ("ExitCode:3", 0, 1)),
        ({"phase": "Failed", "containerStatuses": [_entry(_ended(1, "", signal=9))]}, {}, ("Signal:9", 0, 1)),
        (
            {"phase": "Running", "containerStatuses": [_entry(_ended()), _entry(RUNNING, "b", ready=True)]},
            {"containers": [container(), container(name="b")]},
            ("NotReady", 1, 2),
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [_entry(RUNNING, "setup")]},
            {"initContainers": [container(name="setup")]},
            ("Init:0/1", 0, 1),
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [_entry(_ended(2, "Error"), "setup")]},
            {"initContainers": [container(name="setup")]},
            ("Init:Error", 0, 1),
        ),
        (
            {
                "phase": "Pending",
                "initContainerStatuses": [_entry({"waiting": {"reason": "CrashLoopBackOff"}}, "setup")],
            },
            {"initContainers": [container(name="setup")]},
            ("Init:CrashLoopBackOff", 0, 1),
        ),
        (
            {
                "phase": "Running",
                "initContainerStatuses": [_entry(RUNNING, "proxy", started=True, ready=True)],
                "containerStatuses": [_entry(RUNNING, ready=True)],
            },
            {"initContainers": [container(name="proxy", restartPolicy="Always")]},
            ("Running", 2, 2),
        ),
    ],
)
def test_status_column(status: Obj, spec: Obj, expected: tuple[str, int, int]) -> None:
    obj = pod(**{**spec, "containers": spec["containers"]} if "containers" in spec else spec)
    obj["status"] = status
    summary = pods.summary(obj)
    assert (summary.status, summary.ready, summary.total) == expected
    assert pods.status_text(obj) == expected[0]


def test_deletion_shows_until_the_end() -> None:
    obj = {**pod(), "status": {"phase": "Running"}}
    obj["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert pods.status_text(obj) == "Terminating"
    assert pods.status_text({**obj, "status": {"phase": "Succeeded"}}) == "Succeeded"
    assert pods.status_text({**obj, "status": {"phase": "Running", "reason": "NodeLost"}}) == "Unknown"


def test_restarts_and_when_the_last_one_was() -> None:
    last = {"terminated": {"exitCode": 1, "finishedAt": "2026-01-01T00:00:05Z"}}
    obj = pod()
    obj["status"] = {
        "phase": "Running",
        "containerStatuses": [_entry(RUNNING, restartCount=3, lastState=last, ready=True)],
        "initContainerStatuses": [_entry(_ended(), "setup", restartCount=7)],
    }
    summary = pods.summary(obj)
    assert (summary.restarts, summary.last_restart) == (3, "2026-01-01T00:00:05Z")
    assert pods.container_statuses(obj).keys() == {"web", "setup"}


def test_statuses_that_a_client_left_half_empty() -> None:
    obj = pod(initContainers=[container(name="setup")])
    obj["status"] = {"containerStatuses": [{}], "initContainerStatuses": [{"state": {}}]}
    assert pods.summary(obj) == pods.Summary(0, 1, "Init:0/1", 0, "")
    assert pods.container_statuses(obj).keys() == {""}
