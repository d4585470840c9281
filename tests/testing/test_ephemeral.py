"""Clusters in a thread of the test's process: time, failures, waiting."""

from __future__ import annotations

import gc
import itertools
import warnings
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tuik8s.api import errors
from tuik8s.config import BadConfig
from tuik8s.testing import TestingCluster, ephemeral_cluster, ephemeral_namespace
from tuik8s.testing.clients import Clients

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj

NUMBERS = itertools.count(1)
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: nginx}]}
"""
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: %d
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nginx}]}
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[TestingCluster]:
    with ephemeral_cluster(nodes=2) as cluster:
        yield cluster


@pytest.fixture
def cluster(shared: TestingCluster) -> Iterator[TestingCluster]:
    with ephemeral_namespace(shared, f"test-{next(NUMBERS)}") as inside:
        yield inside


def test_what_is_applied_runs(cluster: TestingCluster) -> None:
    cluster.apply(POD)
    pod = cluster.wait_for("Pod", "web")
    assert pod["metadata"]["namespace"] == cluster.namespace
    assert "listening" in cluster.logs("web")
    assert [event["reason"] for event in cluster.events("po", "web")][-1] == "Started"
    cluster.delete("Pod", "web")
    cluster.wait_for("Pod", "web", "deleted")
    with pytest.raises(errors.NotFound, match='pods "web" not found'):
        cluster.get("Pod", "web")


def test_pods_of_a_dead_node_are_replaced_after_five_minutes(cluster: TestingCluster) -> None:
    cluster.apply(DEPLOYMENT % 1)
    cluster.wait_for("Deployment", "web", "Available")
    [pod] = cluster.list("Pod", "app=web")
    began = cluster.now
    cluster.stop_node(pod["spec"]["nodeName"])
    name = pod["metadata"]["name"]
    with pytest.raises(errors.ServiceUnavailable, match="is not running"):
        cluster.logs(name)
    cluster.advance_until("Pod", name, lambda pod: pod["metadata"].get("deletionTimestamp"), minutes=10)
    assert 5 * 60 < (cluster.now - began).total_seconds() < 6 * 60
    cluster.wait_for("Deployment", "web", "Available")
    [other] = [pod for pod in cluster.list("Pod") if pod["metadata"]["name"] != name]
    assert other["spec"]["nodeName"] != pod["spec"]["nodeName"]

    # A dead node's pod stays until the node is back and has ended it.
    cluster.start_node(pod["spec"]["nodeName"])
    cluster.advance_until("Pod", name, "deleted", minutes=2)


def test_other_nodes_live_through_skipped_time(cluster: TestingCluster) -> None:
    cluster.advance(hours=1)
    for node in cluster.list("Node"):
        assert cluster.wait_for("Node", node["metadata"]["name"]) is not None
        changed = [event["reason"] for event in cluster.events("Node", node["metadata"]["name"])]
        assert changed.count("NodeNotReady") <= 1  # of the test before, where it has run


def test_a_crash_loop_backs_off_up_to_five_minutes(cluster: TestingCluster) -> None:
    cluster.apply(POD.replace("image: nginx", "image: busybox, command: [sh, -c, 'exit 3']"))
    pod = cluster.advance_until("Pod", "web", lambda pod: _status(pod)["restartCount"] == 7, minutes=30)
    assert _status(pod)["lastState"]["terminated"]["exitCode"] == 3
    began = cluster.now
    cluster.advance_until("Pod", "web", lambda pod: _status(pod)["restartCount"] == 8, minutes=30)
    assert 290 <= (cluster.now - began).total_seconds() <= 310


def test_a_container_that_is_crashed_is_restarted(cluster: TestingCluster) -> None:
    cluster.apply(POD)
    cluster.wait_for("Pod", "web")
    cluster.crash_container("web", exit_code=137, reason="OOMKilled")
    pod = cluster.advance_until("Pod", "web", lambda pod: _status(pod)["restartCount"] == 1, minutes=1)
    ended = _status(pod)["lastState"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "OOMKilled")
    with pytest.raises(LookupError, match="no container 'sidecar' runs in pod"):
        cluster.crash_container("web", "sidecar")


def test_an_image_that_is_lost_and_found(cluster: TestingCluster) -> None:
    cluster.fail_image("nginx*")
    cluster.apply(POD)
    cluster.wait_for("Pod", "web", lambda pod: _waiting(pod) in ("ErrImagePull", "ImagePullBackOff"))
    cluster.restore_image("nginx*")
    cluster.advance_until("Pod", "web", "Ready", minutes=5)


def test_requests_fail_as_asked(cluster: TestingCluster) -> None:
    fault = cluster.fail_requests(409, times=2, verb="patch", kind="pods", namespace=cluster.namespace)
    for _ in range(2):
        with pytest.raises(errors.Conflict, match="on purpose"):
            cluster.apply(POD)
    cluster.apply(POD)
    assert fault.hits == 2
    with pytest.raises(ValueError, match="no error of code 418"):
        cluster.fail_requests(418)


def test_a_component_can_be_refused_too(cluster: TestingCluster) -> None:
    fault = cluster.fail_requests(500, times=1, subresource="binding", user="system:kube-scheduler")
    cluster.apply(POD)
    cluster.advance_until("Pod", "web", "Ready", minutes=1)
    assert fault.hits == 1


def test_waiting_in_vain_tells_what_there_is(cluster: TestingCluster) -> None:
    with pytest.raises(TimeoutError, match=r"pod 'web' is not 'Ready' after 0.1 s: there is none"):
        cluster.wait_for("Pod", "web", timeout=0.1)
    cluster.apply(POD.replace("nginx", "nginx, resources: {requests: {cpu: '64'}}"))
    with pytest.raises(TimeoutError, match=r"FailedScheduling: 0/2 nodes are available"):
        cluster.wait_for("Pod", "web", timeout=0.5)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [("status.phase=Running", True), ("Ready=False", False), ("exists", True), ("deleted", False),
     ("spec.containers.0.image=nginx", True)],
)  # fmt: skip
def test_conditions(cluster: TestingCluster, condition: str, holds: bool) -> None:
    cluster.apply(POD)
    cluster.wait_for("Pod", "web")
    if holds:
        cluster.wait_for("Pod", "web", condition)
    else:
        with pytest.raises(TimeoutError):
            cluster.wait_for("Pod", "web", condition, timeout=0.05)


def test_wrong_names_are_told(cluster: TestingCluster) -> None:
    with pytest.raises(LookupError, match="resource type 'pots'"):
        cluster.list("pots")
    with pytest.raises(LookupError, match="no node 'node-9': there are node-1, node-2"):
        cluster.stop_node("node-9")
    with pytest.raises(ValueError, match="time cannot go back"):
        cluster.advance(seconds=-1)


def test_events_are_kept_as_long_as_asked() -> None:
    with ephemeral_cluster(event_ttl=timedelta(minutes=10)) as cluster:
        cluster.apply(POD)
        cluster.wait_for("Pod", "web")
        cluster.advance(minutes=9)
        assert "Scheduled" in [event["reason"] for event in cluster.events("Pod", "web")]
        cluster.advance(minutes=3)
        assert cluster.events("Pod", "web") == []


def test_clients_of_every_view_are_closed_with_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[Clients] = []
    monkeypatch.setattr(Clients, "close", lambda clients: closed.append(clients))
    with ephemeral_cluster(nodes=0) as cluster:
        made = [cluster.clients, cluster.within("one").clients, cluster.within("two").clients]
        assert closed == []
    assert sorted(map(id, closed)) == sorted(map(id, made))


def test_a_wrong_setting_leaves_nothing_open() -> None:
    gc.collect()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with pytest.raises(BadConfig):
            ephemeral_cluster(nodes=-1)
        gc.collect()
    assert [warning for warning in seen if warning.category is ResourceWarning] == []


async def test_an_async_test_keeps_its_own_time() -> None:
    async with ephemeral_cluster() as cluster:
        await cluster.apply(POD)
        pod = await cluster.wait_for("Pod", "web")
        watch = cluster.client.watch(cluster.hosted.kind("Pod"), "default")
        event = await anext(watch)
        assert event.object["metadata"]["uid"] == pod["metadata"]["uid"]
        event.object["metadata"]["labels"] = {"changed": "here only"}
        before = cluster.now
        await cluster.advance(minutes=10)
        assert (cluster.now - before).total_seconds() >= 600
    with pytest.raises(RuntimeError, match="has been stopped"):
        await cluster.get("Pod", "web")


def _status(pod: Obj) -> Obj:
    statuses: list[Obj] = pod["status"].get("containerStatuses") or [{"restartCount": 0}]
    return statuses[0]


def _waiting(pod: Obj) -> str:
    waiting: Obj = (_status(pod).get("state") or {}).get("waiting") or {}
    return str(waiting.get("reason", ""))
