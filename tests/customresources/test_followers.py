"""Who else must know of custom kinds: the collectors of garbage and of content, the manifest folder."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.controllers.machinery import machinery
from tests.support.crontabs import GROUP, cron_tab, definition
from tuik8s.api import kinds
from tuik8s.api.errors import NotFound
from tuik8s.api.kinds import CUSTOM_RESOURCE_DEFINITION as DEFINITION
from tuik8s.api.objects import is_deleting, uid_of
from tuik8s.applier import FolderApplier
from tuik8s.controllers.garbage_collector import GarbageCollector
from tuik8s.controllers.namespace import NamespaceController

if TYPE_CHECKING:
    from pathlib import Path

    from tests.customresources.conftest import Definitions
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

NAME = f"crontabs.{GROUP}"


def owned_by(owner: Obj, **fields: Any) -> list[Obj]:
    meta = owner["metadata"]
    named = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"]}
    return [{**named, "uid": uid_of(owner), **fields}]


def config_map(name: str, owners: list[Obj]) -> Obj:
    return {"metadata": {"name": name, "namespace": "default", "ownerReferences": owners}}


async def names(definitions: Definitions, kind: Kind) -> list[str]:
    return [item["metadata"]["name"] for item in (await definitions.client.list(kind, "default"))["items"]]


@pytest.mark.looptime
async def test_dependents_of_custom_resources_are_collected(definitions: Definitions) -> None:
    async with machinery(definitions.plane, GarbageCollector):
        client = definitions.client
        kind = await definitions.create()  # while the collector runs
        owner = await client.create(kind, cron_tab("owner"))
        await client.create(kinds.CONFIG_MAP, config_map("owned", owned_by(owner)))
        dependent = cron_tab("dependent")
        dependent["metadata"]["ownerReferences"] = owned_by(owner)
        await client.create(kind, dependent)
        await asyncio.sleep(5)
        assert await names(definitions, kind) == ["dependent", "owner"]
        await client.delete(kind, "default", "owner")
        await asyncio.sleep(5)
        assert (await names(definitions, kind), await names(definitions, kinds.CONFIG_MAP)) == ([], [])


@pytest.mark.looptime
async def test_custom_resources_go_with_their_owners(definitions: Definitions) -> None:
    async with machinery(definitions.plane, GarbageCollector):
        client = definitions.client
        kind = await definitions.create()
        owner = await client.create(kinds.CONFIG_MAP, config_map("owner", []))
        owner = {"apiVersion": "v1", "kind": "ConfigMap", **owner}
        dependent = cron_tab("dependent")
        dependent["metadata"]["ownerReferences"] = owned_by(owner)
        await client.create(kind, dependent)
        orphaned = await client.create(kind, cron_tab("parent"))
        child = cron_tab("child")
        child["metadata"]["ownerReferences"] = owned_by(orphaned)
        await client.create(kind, child)
        await client.delete(kinds.CONFIG_MAP, "default", "owner")
        await client.delete(kind, "default", "parent", propagation="Orphan")
        await asyncio.sleep(5)
        assert await names(definitions, kind) == ["child"]
        found = await client.get(kind, "default", "child")
        assert "ownerReferences" not in found["metadata"]


@pytest.mark.looptime
async def test_foreground_deletion_waits_for_dependents(definitions: Definitions) -> None:
    async with machinery(definitions.plane, GarbageCollector):
        client = definitions.client
        kind = await definitions.create()
        owner = await client.create(kind, cron_tab("owner"))
        held = config_map("held", owned_by(owner, blockOwnerDeletion=True))
        held["metadata"]["finalizers"] = ["example.com/hold"]
        await client.create(kinds.CONFIG_MAP, held)
        await asyncio.sleep(1)
        await client.delete(kind, "default", "owner", propagation="Foreground")
        await asyncio.sleep(5)
        assert is_deleting(await client.get(kind, "default", "owner"))
        await client.patch(kinds.CONFIG_MAP, "default", "held", {"metadata": {"finalizers": None}})
        await asyncio.sleep(5)
        assert await names(definitions, kind) == []


@pytest.mark.looptime
async def test_dependents_go_when_the_definition_goes(definitions: Definitions) -> None:
    async with machinery(definitions.plane, GarbageCollector):
        kind = await definitions.create()
        owner = await definitions.client.create(kind, cron_tab("owner"))
        await definitions.client.create(kinds.CONFIG_MAP, config_map("owned", owned_by(owner)))
        await asyncio.sleep(1)
        await definitions.client.delete(DEFINITION, "", NAME)
        await asyncio.sleep(5)
        assert await names(definitions, kinds.CONFIG_MAP) == []


@pytest.mark.looptime
async def test_a_namespace_takes_its_custom_resources_with_it(definitions: Definitions) -> None:
    async with machinery(definitions.plane, NamespaceController):
        client = definitions.client
        kind = await definitions.create()
        await client.create(kinds.NAMESPACE, {"metadata": {"name": "one"}})
        moved = cron_tab()
        moved["metadata"]["namespace"] = "one"
        await client.create(kind, moved)
        await client.create(kind, cron_tab("stays"))
        await asyncio.sleep(1)
        await client.delete(kinds.NAMESPACE, "", "one")
        await asyncio.sleep(20)
        with pytest.raises(NotFound):
            await client.get(kinds.NAMESPACE, "", "one")
        assert [item["metadata"]["name"] for item in (await client.list(kind))["items"]] == ["stays"]


class Folder:
    def __init__(self, definitions: Definitions, path: Path) -> None:
        self.path = path
        plane = definitions.plane
        self.applier = FolderApplier(plane.client, [path], plane.kinds, clock=plane.clock)

    async def save(self, **files: Any) -> dict[str, tuple[str, str]]:
        for name, objects in files.items():
            (self.path / f"{name}.yaml").write_text(yaml.safe_dump_all(objects))
        await self.applier.sync()
        return {item.path: (item.state, item.message) for item in self.applier.statuses()}


async def test_definitions_and_objects_in_any_order_converge(
    definitions: Definitions, tmp_path: Path
) -> None:
    folder = Folder(definitions, tmp_path)
    states = await folder.save(
        a=[cron_tab("first")], b=[definition()], c=[cron_tab("last"), cron_tab("more")]
    )
    assert states == {"a.yaml": ("applied", ""), "b.yaml": ("applied", ""), "c.yaml": ("applied", "")}
    assert await names(definitions, definitions.kind()) == ["first", "last", "more"]
    (tmp_path / "b.yaml").unlink()
    (tmp_path / "c.yaml").unlink()
    await folder.applier.sync()
    await asyncio.sleep(0.05)
    assert definitions.plane.kinds.find("crontabs") is None


async def test_a_kind_that_is_defined_elsewhere_is_found_later(
    definitions: Definitions, tmp_path: Path
) -> None:
    folder = Folder(definitions, tmp_path)
    states = await folder.save(
        a=[cron_tab(), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}]
    )
    assert states["a.yaml"] == ("error", 'no matches for kind "CronTab" in version "stable.example.com/v1"')
    kind = await definitions.create()
    await folder.applier.sync()
    assert [item.state for item in folder.applier.statuses()] == ["applied"]
    assert await names(definitions, kind) == ["my-cron"]


async def test_an_invalid_object_is_located_in_its_file(definitions: Definitions, tmp_path: Path) -> None:
    folder = Folder(definitions, tmp_path)
    states = await folder.save(a=[definition(), cron_tab(replicas=30)])
    assert states["a.yaml"][0] == "error"
    assert "spec.replicas in body should be less than or equal to 10" in states["a.yaml"][1]
    found = folder.applier.statuses()[0]
    lines = (tmp_path / "a.yaml").read_text().splitlines()
    assert "replicas: 30" in lines[found.line - 1]
