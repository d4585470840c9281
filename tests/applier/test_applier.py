"""The folder and the cluster: applying, owning, pruning, drift."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api import kinds
from tuik8s.api.errors import NotFound
from tuik8s.applier import FolderApplier

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.control_plane import ControlPlane
    from tuik8s.api.manifests import ManifestFile


def config_map(name: str, namespace: str = "default", **data: str) -> str:
    lines = [f"  {key}: {value!r}" for key, value in data.items()]
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: {namespace}\n"
    return text + ("data:\n" + "\n".join(lines) + "\n" if lines else "")


class Folder:
    """A folder and its applier; `save` and `remove` are what a person does, each followed by one look."""

    def __init__(self, plane: ControlPlane, path: Path) -> None:
        self.path = path
        self.plane = plane
        self.restart()

    def restart(self) -> None:
        self.applier = FolderApplier(
            self.plane.client, [self.path], kinds.KindRegistry(), clock=self.plane.clock
        )

    async def save(self, name: str, text: str | bytes) -> ManifestFile:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        await self.applier.sync()
        return self.status(name)

    async def remove(self, name: str) -> None:
        (self.path / name).unlink()
        await self.applier.sync()

    def status(self, name: str) -> ManifestFile:
        return next(file for file in self.applier.statuses() if file.path == name)

    async def data(self, name: str, namespace: str = "default") -> dict[str, str] | None:
        """A ConfigMap's data; None when there is no such object."""
        try:
            found: dict[str, Any] = await self.plane.client.get(kinds.CONFIG_MAP, namespace, name)
        except NotFound:
            return None
        data: dict[str, str] = found.get("data", {})
        return data


@pytest.fixture
def folder(control_plane: ControlPlane, tmp_path: Path) -> Folder:
    return Folder(control_plane, tmp_path)


async def test_a_saved_file_is_applied_and_a_change_follows(folder: Folder) -> None:
    status = await folder.save("a.yaml", config_map("a", x="1"))
    assert (status.state, [str(item) for item in status.objects]) == ("applied", ["default/configmap/a"])
    await folder.save("a.yaml", config_map("a", y="2"))
    assert await folder.data("a") == {"y": "2"}


async def test_a_deleted_file_takes_its_objects_with_it(folder: Folder) -> None:
    await folder.save("a.yaml", config_map("a"))
    await folder.save("b.yaml", config_map("b"))
    await folder.remove("a.yaml")
    assert (await folder.data("a"), await folder.data("b")) == (None, {})


async def test_an_object_dropped_from_a_file_is_pruned(folder: Folder) -> None:
    await folder.save("a.yaml", config_map("a") + "---\n" + config_map("b"))
    await folder.save("a.yaml", config_map("b"))
    assert (await folder.data("a"), await folder.data("b")) == (None, {})


async def test_what_was_there_before_is_taken_over_but_never_pruned(folder: Folder) -> None:
    await folder.plane.client.create(
        kinds.CONFIG_MAP, {"metadata": {"name": "theirs", "namespace": "default"}, "data": {"x": "1"}}
    )
    await folder.save("a.yaml", config_map("theirs", x="2"))
    await folder.remove("a.yaml")
    assert await folder.data("theirs") == {"x": "2"}


async def test_an_object_made_anew_by_others_is_not_ours_to_remove(folder: Folder) -> None:
    await folder.save("a.yaml", config_map("a"))
    await folder.plane.client.delete(kinds.CONFIG_MAP, "default", "a")
    await folder.plane.client.create(kinds.CONFIG_MAP, {"metadata": {"name": "a", "namespace": "default"}})
    await folder.remove("a.yaml")
    assert await folder.data("a") == {}


async def test_a_broken_file_keeps_its_last_good_objects(folder: Folder) -> None:
    await folder.save("a.yaml", config_map("a", x="1"))
    status = await folder.save("a.yaml", config_map("a", x="1") + "  broken: [\n")
    assert (status.state, status.line > 0) == ("error", True)
    assert await folder.data("a") == {"x": "1"}
    status = await folder.save("a.yaml", config_map("a", x="3"))
    assert (status.state, await folder.data("a")) == ("applied", {"x": "3"})


async def test_a_field_that_is_refused_is_named_with_its_line(folder: Folder) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\nbogus: 1\n"
    status = await folder.save("a.yaml", text)
    assert status.state == "error"
    assert 'unknown field "bogus"' in status.message
    assert status.line == 5


async def test_one_wrong_object_does_not_stop_the_others_of_its_file(folder: Folder) -> None:
    status = await folder.save("a.yaml", config_map("Wrong_Name") + "---\n" + config_map("right"))
    assert (status.state, await folder.data("right")) == ("error", {})


async def test_the_order_of_files_and_documents_does_not_matter(folder: Folder) -> None:
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n"
    (folder.path / "z.yaml").write_text(namespace)
    status = await folder.save("a.yaml", config_map("a", "team") + "---\n" + config_map("b", "later"))
    assert status.state == "waiting"
    assert await folder.data("a", "team") == {}
    await folder.save("y.yaml", namespace.replace("team", "later"))
    assert (folder.status("a.yaml").state, await folder.data("b", "later")) == ("applied", {})


async def test_a_second_owner_is_told_who_the_first_is(folder: Folder) -> None:
    await folder.save("b.yaml", config_map("a", x="1"))
    status = await folder.save("a.yaml", config_map("a", x="2"))
    assert (status.state, "already defined in b.yaml" in status.message) == ("error", True)
    assert await folder.data("a") == {"x": "1"}


async def test_an_object_moves_from_one_file_to_another(folder: Folder) -> None:
    await folder.save("a.yaml", config_map("a", x="1"))
    (folder.path / "a.yaml").rename(folder.path / "b.yaml")
    await folder.applier.sync()
    assert await folder.data("a") == {"x": "1"}
    await folder.remove("b.yaml")
    assert await folder.data("a") is None


async def test_a_vanished_folder_prunes_nothing(folder: Folder) -> None:
    await folder.save("a.yaml", config_map("a"))
    away = folder.path.with_name("away")
    folder.path.rename(away)
    await folder.applier.sync()
    assert (folder.applier.missing, await folder.data("a")) == (True, {})
    away.rename(folder.path)
    await folder.applier.sync()
    assert folder.status("a.yaml").state == "applied"


async def test_a_file_deleted_while_nobody_looked_is_pruned_at_the_next_start(folder: Folder) -> None:
    await folder.save("a.yaml", config_map("a"))
    (folder.path / "a.yaml").unlink()
    folder.restart()
    await folder.applier.sync()
    assert await folder.data("a") is None


async def test_changes_by_hand_stay_until_the_file_changes_also_across_a_restart(folder: Folder) -> None:
    await folder.save("a.yaml", config_map("a", x="1"))
    await folder.plane.client.patch(kinds.CONFIG_MAP, "default", "a", {"data": {"x": "9"}})
    await folder.applier.sync()
    folder.restart()
    await folder.applier.sync()
    assert await folder.data("a") == {"x": "9"}
    await folder.save("a.yaml", config_map("a", x="1", y="2"))
    assert await folder.data("a") == {"x": "1", "y": "2"}


async def test_an_unreadable_inventory_prunes_nothing(folder: Folder) -> None:
    await folder.save("a.yaml", config_map("a"))
    client = folder.plane.client
    await client.patch(
        kinds.CONFIG_MAP, "kube-system", "tuik8s-manifests", {"data": {"inventory.json": "{["}}
    )
    (folder.path / "a.yaml").unlink()
    folder.restart()
    await folder.applier.sync()
    assert await folder.data("a") == {}


async def test_saving_is_no_drift_and_a_change_by_hand_is(folder: Folder) -> None:
    told: list[tuple[str, str]] = []
    changed = asyncio.Event()

    def on_change(file: ManifestFile) -> None:
        told.append((file.state, file.message))
        changed.set()

    async def until(state: str, count: int) -> None:
        while [seen for seen, _ in told].count(state) < count:
            changed.clear()
            await changed.wait()

    path = folder.path / "a.yaml"
    path.write_text(config_map("a", x="1"))
    folder.applier.on_change = on_change
    run = asyncio.create_task(folder.applier.run())
    async with asyncio.timeout(20):
        await until("applied", 1)
        path.write_text(config_map("a", x="2"))
        await until("applied", 2)
        await folder.plane.client.patch(kinds.CONFIG_MAP, "default", "a", {"data": {"x": "3"}})
        await until("drifted", 1)
        path.write_text(config_map("a", x="4"))
        await until("applied", 3)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert [state for state, _ in told] == ["applied", "applied", "drifted", "applied"]
    assert told[2][1] == "default/configmap/a data.x: 3, applied 2"
    assert await folder.data("a") == {"x": "4"}
