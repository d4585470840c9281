"""Rollouts as a person drives them: new image, pause, undo, an image that does not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cluster.workloads import (
    MISSING,
    READINESS,
    SHELL,
    container,
    deployment,
    images,
    release,
    rolled_out,
    told,
    waiting,
    waits_for,
)
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.api.objects import condition_of, is_pod_ready
from tuik8s.api.request import PatchType
from tuik8s.api.workloads import find_revision, revisions, rollback_patch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.cluster import Cluster

BAD = container(image=MISSING, imagePullPolicy="Always")
STRATEGY = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


async def test_a_rolling_update_keeps_within_its_limits(
    cluster: Cluster, save: Callable[[str, str], None]
) -> None:
    save("web.yaml", deployment("web", container(readinessProbe=READINESS), strategy=STRATEGY))
    await until(cluster.client, kinds.DEPLOYMENT, rolled_out, "default")
    revision = cluster.store.revision

    save(
        "web.yaml",
        deployment("web", container(readinessProbe=READINESS, env=release("two")), strategy=STRATEGY),
    )
    await until(
        cluster.client, kinds.DEPLOYMENT,
        lambda found: found[0]["metadata"]["generation"] > 1 and rolled_out(found), "default",
    )  # fmt: skip

    pods: dict[str, Obj] = {p["metadata"]["uid"]: p for p in await _pods_at(cluster, revision)}
    for number in range(revision + 1, cluster.store.revision + 1):
        record = await cluster.store.record(number)
        if record is None or not record.key.startswith(f"{kinds.POD.prefix}default/"):
            continue
        pods[record.value["metadata"]["uid"]] = record.value
        if record.operation == "delete":
            del pods[record.value["metadata"]["uid"]]
        alive = [p for p in pods.values() if "deletionTimestamp" not in p["metadata"]]
        assert len(alive) <= 3
        assert sum(is_pod_ready(p) for p in alive) >= 2


async def test_undo_goes_to_the_previous_and_to_a_given_revision(
    cluster: Cluster, save: Callable[[str, str], None]
) -> None:
    client = cluster.client
    for name in ("one", "two", "three"):
        save("web.yaml", deployment("web", container(env=release(name)), replicas=1))
        await until(client, kinds.DEPLOYMENT, lambda d, a=name: _runs(d, a), "default")  # type: ignore[misc]

    await _undo(cluster, 0)
    await until(client, kinds.DEPLOYMENT, lambda found: _runs(found, "two"), "default")
    await _undo(cluster, 1)
    found = await until(client, kinds.DEPLOYMENT, lambda found: _runs(found, "one"), "default")

    history = revisions(found[0], (await client.list(kinds.REPLICA_SET, "default"))["items"])
    assert [revision.number for revision in history] == [5, 4, 3]
    assert cluster.applier
    assert [file.state for file in cluster.applier.statuses()] == ["drifted"]


async def test_a_paused_rollout_waits_for_its_resume(
    cluster: Cluster, save: Callable[[str, str], None]
) -> None:
    client = cluster.client
    save("web.yaml", deployment("web", replicas=1))
    await until(client, kinds.DEPLOYMENT, rolled_out, "default")

    await client.patch(kinds.DEPLOYMENT, "default", "web", {"spec": {"paused": True}})
    change = {"spec": {"template": {"spec": {"containers": [{"name": "main", "env": release("two")}]}}}}
    changed = await client.patch(kinds.DEPLOYMENT, "default", "web", change, patch_type=PatchType.STRATEGIC)
    paused = await until(
        client, kinds.DEPLOYMENT,
        lambda found: found[0]["status"]["observedGeneration"] >= changed["metadata"]["generation"],
        "default",
    )  # fmt: skip
    assert len((await client.list(kinds.REPLICA_SET, "default"))["items"]) == 1
    assert (condition_of(paused[0], "Progressing") or {})["reason"] == "DeploymentPaused"

    await client.patch(kinds.DEPLOYMENT, "default", "web", {"spec": {"paused": False}})
    await until(client, kinds.DEPLOYMENT, lambda found: _runs(found, "two"), "default")


async def test_a_rollout_to_a_missing_image_fails_and_is_repaired_by_saving(
    cluster: Cluster, save: Callable[[str, str], None]
) -> None:
    client = cluster.client
    save("web.yaml", deployment("web"))
    await until(client, kinds.DEPLOYMENT, rolled_out, "default")

    save("web.yaml", deployment("web", BAD, progressDeadlineSeconds=3))
    pods = await until(client, kinds.POD, waits_for("ErrImagePull"), "default")
    assert sum(is_pod_ready(pod) for pod in pods) == 2, "the old pods go on"
    pods = await until(client, kinds.POD, waits_for("ImagePullBackOff"), "default")
    assert any(
        state.get("message", "").startswith('Back-off pulling image "registry.invalid/nothing:1"')
        for state in waiting(pods)
    )
    await until(client, kinds.EVENT, told("Failed", "Error: ImagePullBackOff"), "default")
    await until(client, kinds.EVENT, told("Failed", "Error: ErrImagePull"), "default")
    await until(
        client, kinds.EVENT, told("Failed", 'Failed to pull image "registry.invalid/nothing:1": '), "default"
    )
    await until(client, kinds.EVENT, told("BackOff", "Back-off pulling image"), "default")
    await until(client, kinds.DEPLOYMENT, _deadline_exceeded, "default")

    save("web.yaml", deployment("web", container(image=SHELL, command=["sleep", "1000"])))
    await until(client, kinds.DEPLOYMENT, rolled_out, "default")
    await until(client, kinds.POD, lambda found: images(found) == {SHELL} and len(found) == 2, "default")


def _runs(found: list[Obj], name: str) -> bool:
    if not rolled_out(found):
        return False
    env: list[Obj] = found[0]["spec"]["template"]["spec"]["containers"][0].get("env", [])
    return env == release(name)


def _deadline_exceeded(found: list[Obj]) -> bool:
    return (condition_of(found[0], "Progressing") or {}).get("reason") == "ProgressDeadlineExceeded"


async def _undo(cluster: Cluster, to_revision: int) -> None:
    deployment = await cluster.client.get(kinds.DEPLOYMENT, "default", "web")
    sets = (await cluster.client.list(kinds.REPLICA_SET, "default"))["items"]
    target = find_revision(deployment, sets, to_revision)
    patch = rollback_patch(deployment, target)
    await cluster.client.patch(kinds.DEPLOYMENT, "default", "web", patch, patch_type=PatchType.JSON)


async def _pods_at(cluster: Cluster, revision: int) -> list[Obj]:
    return (await cluster.store.list_at(f"{kinds.POD.prefix}default/", revision)).items
