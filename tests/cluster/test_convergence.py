"""What `check` says of objects that do not become ready: the cause, and each cause once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cluster.workloads import MISSING, container, deployment, pod
from tuik8s.applier import FolderApplier
from tuik8s.cluster import Cluster
from tuik8s.cluster.convergence import converge
from tuik8s.config import Config

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.cluster.convergence import Report


async def test_each_cause_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(pod("picky", nodeSelector={"disk": "ssd"}))
    (tmp_path / "b.yaml").write_text(pod("foreign", schedulerName="other"))
    reference = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "nowhere", "key": "a"}}}]
    (tmp_path / "c.yaml").write_text(pod("unconfigured", container(env=reference)))
    (tmp_path / "d.yaml").write_text(deployment("web", container(image=MISSING), replicas=1))
    (tmp_path / "e.yaml").write_text(pod("fine"))

    report = await _report(tmp_path)

    reasons = {outcome.name: outcome.reasons for outcome in report.outcomes}
    assert not report.converged
    assert [text.partition(": 0/3")[0] for text in reasons["picky"]] == ["Pod picky: Unschedulable"]
    assert reasons["foreign"] == (
        "Pod foreign: waits for the scheduler other, which does not run in this cluster",
    )
    assert reasons["unconfigured"] == (
        'Pod unconfigured: container main: CreateContainerConfigError: configmap "nowhere" not found',
    )
    assert any("ImagePull" in text for text in reasons["web"])
    assert reasons["fine"] == ()


async def _report(folder: Path, timeout: float = 2) -> Report:
    config = Config(ephemeral=True, runtime="simulated", seed=0, host="", listen="")
    async with Cluster(config) as cluster:
        await cluster.started()
        applier = FolderApplier(cluster.client, [folder], cluster.registry, clock=cluster.clock)
        return await converge(
            cluster.client, applier, cluster.registry, timeout=timeout, progress=lambda ready, count: None
        )


async def test_a_kind_without_a_controller_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: once}\n"
        "spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: busybox}]}}}\n"
    )
    (tmp_path / "b.yaml").write_text(
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: b}\nspec: {hard: {pods: 1}}\n"
    )

    report = await _report(tmp_path, timeout=60)

    job, quota = report.outcomes
    assert report.seconds < 30
    assert (job.result, job.unattended) == ("failed", True)
    assert job.message.endswith("Job has no controller in this release of tuik8s: nothing will act on it")
    assert (quota.result, quota.unattended) == ("ready", True)
