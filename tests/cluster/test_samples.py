"""Every file in `manifests/` does what its first comment says, on the simulated runtime."""

from __future__ import annotations

from pathlib import Path

import pytest

import tuik8s
from tuik8s.applier import FolderApplier
from tuik8s.cluster import Cluster
from tuik8s.cluster.convergence import Report, converge
from tuik8s.config import Config

FOLDER = Path(tuik8s.__file__).parent.parent / "manifests"
BROKEN = {"crash.yaml": "CrashLoopBackOff", "unschedulable.yaml": "Insufficient cpu"}
SOUND = sorted(path.name for path in FOLDER.glob("*.yaml"))


async def check(path: Path, timeout: float) -> Report:
    async with Cluster(
        Config(cluster="samples", ephemeral=True, runtime="simulated", listen="", host="")
    ) as cluster:
        await cluster.started()
        applier = FolderApplier(cluster.client, [path], cluster.registry, clock=cluster.clock)
        return await converge(
            cluster.client, applier, cluster.registry, timeout=timeout, progress=lambda ready, count: None
        )


def test_no_sample_is_left_out() -> None:
    found = {path.name for path in FOLDER.rglob("*.yaml")}
    assert found == {*SOUND, *BROKEN}


@pytest.mark.parametrize("name", SOUND)
async def test_a_sound_sample_becomes_ready(name: str) -> None:
    report = await check(FOLDER / name, 30)
    assert report.refused == ()
    assert report.converged, [outcome for outcome in report.outcomes if outcome.result != "ready"]


@pytest.mark.parametrize(("name", "reason"), BROKEN.items())
async def test_a_broken_sample_says_what_is_broken(name: str, reason: str) -> None:
    report = await check(FOLDER / "broken" / name, 2)
    assert report.refused == ()
    assert not report.converged
    assert any(reason in text for outcome in report.outcomes for text in outcome.reasons)
