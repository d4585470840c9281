"""The folder as a person uses it, with everything running: edits, mistakes, hands in between, renames."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.cluster.workloads import all_ready, config_map, deployment, pod, rolled_out, shell
from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tuik8s.api.manifests import ManifestFile

    Save = Callable[[str, str], None]

pytestmark = pytest.mark.parametrize("runtime", ["simulated"])


async def test_a_file_is_edited_broken_repaired_and_removed(cluster: Cluster, save: Save) -> None:
    client = cluster.client
    save("web.yaml", deployment("web"))
    await until(client, kinds.POD, all_ready(2), "default")
    save("web.yaml", deployment("web", replicas=3))
    await until(client, kinds.POD, all_ready(3), "default")

    save("web.yaml", "kind: [unclosed\n")
    broken = await _stands(cluster, "web.yaml", "error")
    assert (broken.line, bool(broken.message)) == (2, True)
    assert all_ready(3)((await client.list(kinds.POD, "default"))["items"])

    save("web.yaml", deployment("web", replicas=1))
    await until(client, kinds.POD, all_ready(1), "default")
    assert (await _stands(cluster, "web.yaml", "applied")).message == ""

    _path(cluster, "web.yaml").unlink()
    await until(client, kinds.POD, lambda found: not found, "default")
    assert cluster.applier
    assert cluster.applier.statuses() == []


async def test_what_a_hand_changed_is_shown_and_undone_by_saving(cluster: Cluster, save: Save) -> None:
    client = cluster.client
    save("web.yaml", deployment("web"))
    await until(client, kinds.DEPLOYMENT, rolled_out, "default")
    await client.patch(kinds.DEPLOYMENT, "default", "web", {"spec": {"replicas": 3}}, subresource="scale")
    drifted = await _stands(cluster, "web.yaml", "drifted")
    assert "replicas" in drifted.message
    await until(client, kinds.POD, all_ready(3), "default")

    save("web.yaml", deployment("web") + "\n")
    await _stands(cluster, "web.yaml", "applied")
    await until(client, kinds.POD, all_ready(2), "default")


async def test_the_second_owner_of_an_object_is_refused_until_the_first_lets_go(
    cluster: Cluster, save: Save
) -> None:
    save("a.yaml", config_map("shared", owner="a"))
    await _stands(cluster, "a.yaml", "applied")
    save("b.yaml", config_map("shared", owner="b"))
    second = await _stands(cluster, "b.yaml", "error")
    assert "is already defined in" in second.message
    assert second.message.endswith("a.yaml")

    _path(cluster, "a.yaml").unlink()
    save("b.yaml", config_map("shared", owner="b") + "\n")
    await until(
        cluster.client, kinds.CONFIG_MAP,
        lambda found: [item["data"] for item in found if item["metadata"]["name"] == "shared"]
        == [{"owner": "b"}], "default",
    )  # fmt: skip


async def test_fields_without_effect_are_told(cluster: Cluster, save: Save) -> None:
    save("pod.yaml", pod("web", runtimeClassName="gvisor"))
    status = await _stands(cluster, "pod.yaml", "applied")
    assert status.message.startswith("spec.runtimeClassName: has no effect")


async def test_a_folder_renamed_away_and_back_changes_nothing(cluster: Cluster, save: Save) -> None:
    client = cluster.client
    save("web.yaml", deployment("web"))
    before = await until(client, kinds.POD, all_ready(2), "default")
    folder = cluster.config.folder
    assert folder is not None
    assert cluster.applier
    away = folder.with_name("away")
    folder.rename(away)
    async with asyncio.timeout(10):
        while not _missing(cluster):  # noqa: ASYNC110  the state of the folder is nobody's event
            await asyncio.sleep(0.02)
    away.rename(folder)
    async with asyncio.timeout(10):
        while _missing(cluster):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    after = (await client.list(kinds.POD, "default"))["items"]
    assert {p["metadata"]["uid"] for p in after} == {p["metadata"]["uid"] for p in before}

    save("more.yaml", config_map("more"))
    await until(
        client, kinds.CONFIG_MAP, lambda found: "more" in {c["metadata"]["name"] for c in found}, "default"
    )


async def test_a_file_deleted_while_nothing_ran_is_pruned_at_the_next_start(
    runtime: str, tmp_path: Path
) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "stays.yaml").write_text(deployment("stays", replicas=1))
    (folder / "goes.yaml").write_text(deployment("goes", shell("sleep 1000"), replicas=1))
    config = Config(data_dir=tmp_path / "data", folder=folder, runtime="simulated", listen="", host="")
    async with Cluster(config) as cluster:
        await cluster.started()
        await until(cluster.client, kinds.POD, all_ready(2), "default")

    (folder / "goes.yaml").unlink()
    async with Cluster(replace(config, seed=2)) as cluster:
        await cluster.started()
        found = await until(cluster.client, kinds.POD, all_ready(1), "default")
        assert found[0]["metadata"]["labels"]["app"] == "stays"


def _missing(cluster: Cluster) -> bool:
    return cluster.applier is not None and cluster.applier.missing


def _path(cluster: Cluster, name: str) -> Path:
    assert cluster.config.folder is not None
    return cluster.config.folder / name


async def _stands(cluster: Cluster, name: str, state: str) -> ManifestFile:
    """The status of a file once it is so."""
    assert cluster.applier
    applier, changed = cluster.applier, asyncio.Event()
    applier.on_change = lambda _: changed.set()
    async with asyncio.timeout(15):
        while True:
            for status in applier.statuses():
                if status.path.endswith(name) and status.state == state:
                    return status
            await changed.wait()
            changed.clear()
