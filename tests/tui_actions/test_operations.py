"""The verbs behind the actions, against a real API server in memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api import kinds
from tuik8s.api.errors import Conflict, NotFound
from tuik8s.api.objects import copy, owner_reference
from tuik8s.api.workloads import RollbackRefused
from tuik8s.tui.actions import operations

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime

REVISION = "deployment.kubernetes.io/revision"


def pod_template(image: str, **labels: str) -> Obj:
    return {
        "metadata": {"labels": {"app": "web", **labels}},
        "spec": {"containers": [{"name": "web", "image": image}]},
    }


def deployment(image: str = "nginx:2", replicas: int = 3) -> Obj:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default", "annotations": {REVISION: "2"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "template": pod_template(image),
        },
    }


def replica_set(owner: Obj, revision: int, image: str) -> Obj:
    name = f"web-{revision}"
    labels = {"app": "web", "pod-template-hash": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": name, "namespace": "default", "labels": labels, "annotations": {REVISION: str(revision)},
            "ownerReferences": [owner_reference(owner)],
        },
        "spec": {
            "replicas": 1, "selector": {"matchLabels": labels},
            "template": pod_template(image, **{"pod-template-hash": name}),
        },
    }  # fmt: skip


def pod(name: str, owner: Obj | None = None, node: str = "") -> Obj:
    found: Obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"containers": [{"name": "web", "image": "nginx"}], "terminationGracePeriodSeconds": 0},
    }
    if owner is not None:
        found["metadata"]["ownerReferences"] = [owner_reference(owner)]
    if node:
        found["spec"]["nodeName"] = node
    return found


async def rolled_out(plane: ControlPlane) -> Obj:
    """A Deployment at its second revision."""
    found = await plane.client.create(kinds.DEPLOYMENT, deployment())
    await plane.client.create(kinds.REPLICA_SET, replica_set(found, 1, "nginx:1"))
    await plane.client.create(kinds.REPLICA_SET, replica_set(found, 2, "nginx:2"))
    return found


async def read(plane: ControlPlane) -> Any:
    return await plane.client.get(kinds.DEPLOYMENT, "default", "web")


async def test_scale_sets_the_number(control_plane: ControlPlane) -> None:
    await rolled_out(control_plane)
    await operations.scale(control_plane.client, kinds.DEPLOYMENT, "default", "web", 7)
    assert (await read(control_plane))["spec"]["replicas"] == 7


async def test_scale_by_counts_from_what_the_server_has_and_stops_at_zero(
    control_plane: ControlPlane,
) -> None:
    await rolled_out(control_plane)
    change = [1, -2, -5, -1]
    found = [
        await operations.scale_by(control_plane.client, kinds.DEPLOYMENT, "default", "web", by)
        for by in change
    ]
    assert found == [4, 2, 0, 0]
    assert (await read(control_plane))["spec"]["replicas"] == 0


async def test_history_lists_revisions_newest_first(control_plane: ControlPlane) -> None:
    await rolled_out(control_plane)
    _, revisions = await operations.history(control_plane.client, "default", "web")
    assert [(item.number, item.images, item.current) for item in revisions] == [
        (2, ("nginx:2",), True), (1, ("nginx:1",), False),
    ]  # fmt: skip


@pytest.mark.parametrize("revision", [0, 1])
async def test_roll_back_takes_the_template_of_that_revision(
    control_plane: ControlPlane, revision: int
) -> None:
    await rolled_out(control_plane)
    await operations.roll_back(control_plane.client, "default", "web", revision)
    template = (await read(control_plane))["spec"]["template"]
    assert template["spec"]["containers"][0]["image"] == "nginx:1"
    assert "pod-template-hash" not in template["metadata"]["labels"]


async def test_roll_back_refuses_a_revision_that_is_not_there(control_plane: ControlPlane) -> None:
    before = await rolled_out(control_plane)
    with pytest.raises(RollbackRefused):
        await operations.roll_back(control_plane.client, "default", "web", 9)
    assert (await read(control_plane))["metadata"]["generation"] == before["metadata"]["generation"]


async def test_restart_writes_kubectls_annotation(control_plane: ControlPlane) -> None:
    await rolled_out(control_plane)
    now = control_plane.clock.now() + timedelta(minutes=1)
    await operations.restart(control_plane.client, kinds.DEPLOYMENT, "default", "web", now)
    annotations = (await read(control_plane))["spec"]["template"]["metadata"]["annotations"]
    assert list(annotations) == ["kubectl.kubernetes.io/restartedAt"]


async def test_pause_and_resume(control_plane: ControlPlane) -> None:
    await rolled_out(control_plane)
    await operations.set_paused(control_plane.client, "default", "web", paused=True)
    assert (await read(control_plane))["spec"]["paused"] is True
    await operations.set_paused(control_plane.client, "default", "web", paused=False)
    assert not (await read(control_plane))["spec"].get("paused")


async def node(plane: ControlPlane) -> None:
    await plane.client.create(
        kinds.NODE, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}
    )


async def test_cordon_and_uncordon(control_plane: ControlPlane) -> None:
    await node(control_plane)
    for wanted in (True, False):
        await operations.set_unschedulable(control_plane.client, "node-1", unschedulable=wanted)
        found = await control_plane.client.get(kinds.NODE, "", "node-1")
        assert bool(found["spec"].get("unschedulable")) is wanted


async def test_drain_cordons_and_evicts_all_but_daemons(control_plane: ControlPlane) -> None:
    await node(control_plane)
    meta = {"name": "d", "uid": "d", "namespace": "default"}
    daemons = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": meta}
    await control_plane.client.create(kinds.POD, pod("a", node="node-1"))
    await control_plane.client.create(kinds.POD, pod("b", node="node-1"))
    await control_plane.client.create(kinds.POD, pod("daemon", daemons, node="node-1"))
    await control_plane.client.create(kinds.POD, pod("elsewhere", node="node-2"))
    said: list[str] = []
    assert await operations.drain(control_plane.client, "node-1", said.append) == 2
    left = (await control_plane.client.list(kinds.POD))["items"]
    assert sorted(item["metadata"]["name"] for item in left) == ["daemon", "elsewhere"]
    assert (await control_plane.client.get(kinds.NODE, "", "node-1"))["spec"]["unschedulable"] is True
    assert said[-1] == "drain node-1: 2 of 2 pods gone"


async def test_consequences_are_what_it_owns_and_what_that_owns(control_plane: ControlPlane) -> None:
    owner = await rolled_out(control_plane)
    second = await control_plane.client.get(kinds.REPLICA_SET, "default", "web-2")
    await control_plane.client.create(kinds.POD, pod("web-2-x", second))
    await control_plane.client.create(kinds.POD, pod("stranger"))
    found = await operations.consequences(
        control_plane.client, kinds.DEPLOYMENT, "default", "web", owner["metadata"]["uid"]
    )
    assert [tuple(item) for item in found] == [
        ("ReplicaSet", "web-1"), ("ReplicaSet", "web-2"), ("Pod", "web-2-x"),
    ]  # fmt: skip


async def test_delete_leaves_another_incarnation_alone(control_plane: ControlPlane) -> None:
    await rolled_out(control_plane)
    with pytest.raises(Conflict):
        await operations.delete(
            control_plane.client, kinds.DEPLOYMENT, "default", "web", "another-uid", propagation="Background"
        )
    assert await read(control_plane)


async def test_delete_is_content_with_what_is_gone(control_plane: ControlPlane) -> None:
    found = copy(await rolled_out(control_plane))
    for _ in range(2):
        await operations.delete(
            control_plane.client, kinds.DEPLOYMENT, "default", "web", found["metadata"]["uid"],
            propagation="Background",
        )  # fmt: skip
    with pytest.raises(NotFound):
        await read(control_plane)
