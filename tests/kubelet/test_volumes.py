"""Volumes: what is mounted, live update, what is refused."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubelet.bench import container, phase, status_of, waiting
from tuik8s.api import kinds
from tuik8s.kubelet.volumes import memory

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


def mounting(*volumes: Obj, **mount: Any) -> dict[str, Any]:
    """A pod spec whose container mounts the volume `v` at /data."""
    mounts = [{"name": "v", "mountPath": "/data", **mount}]
    return {"volumes": list(volumes), "containers": [container(volumeMounts=mounts)]}


def mounted(bench: Bench, where: str = "/data", name: str = "web") -> Path:
    for mount in bench.runtime.configs[name].mounts:
        if mount.container_path == where:
            return Path(mount.host_path)
    raise AssertionError(f"nothing at {where}: {bench.runtime.configs[name].mounts}")


async def test_config_map_files_and_their_modes(bench: Bench) -> None:
    await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "1", "b": "2"}, binaryData={"c": "AP8="})
    volume = {"name": "v", "configMap": {"name": "settings", "defaultMode": 0o440}}
    await bench.pod(**mounting(volume))
    await bench.until_ready()
    path = mounted(bench)
    assert sorted(p.name for p in path.iterdir() if not p.name.startswith("..")) == ["a", "b", "c"]
    assert ((path / "a").read_text(), (path / "c").read_bytes()) == ("1", b"\x00\xff")
    assert (path / "a").stat().st_mode & 0o777 == 0o440


async def test_items_choose_keys_paths_and_modes(bench: Bench) -> None:
    await bench.create(kinds.SECRET, "keys", data={"k": base64.b64encode(b"s3cret").decode(), "other": ""})
    items = [{"key": "k", "path": "deep/er/key", "mode": 0o400}]
    await bench.pod(**mounting({"name": "v", "secret": {"secretName": "keys", "items": items}}))
    await bench.until_ready()
    path = mounted(bench)
    assert (path / "deep/er/key").read_bytes() == b"s3cret"
    assert (path / "deep/er/key").stat().st_mode & 0o777 == 0o400
    assert not (path / "other").exists()


async def test_a_changed_config_map_is_seen_in_the_running_container(bench: Bench) -> None:
    await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "old", "gone": "x"})
    await bench.pod(**mounting({"name": "v", "configMap": {"name": "settings"}}))
    await bench.until_ready()
    path = mounted(bench)
    await bench.client.patch(
        kinds.CONFIG_MAP, "default", "settings", {"data": {"a": "new", "more": "y", "gone": None}}
    )
    await asyncio.sleep(1)
    assert (path / "a").read_text() == "new"
    assert (path / "more").read_text() == "y"
    assert not (path / "gone").exists()
    assert not (path / "gone").is_symlink()
    versions = [p for p in path.iterdir() if p.name.startswith("..2")]
    assert len(versions) == 1
    assert status_of(await bench.get())["restartCount"] == 0


async def test_a_missing_config_map_holds_the_pod_until_it_is_there(bench: Bench) -> None:
    await bench.pod(**mounting({"name": "v", "configMap": {"name": "settings"}}))
    pod = await bench.until(lambda pod: bool(waiting(pod)))
    assert waiting(pod) == "ContainerCreating"
    await asyncio.sleep(100)
    said = 'MountVolume.SetUp failed for volume "v" : configmap "settings" not found'
    assert ("FailedMount", said) in await bench.events()
    began = bench.now()
    await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "1"})
    await bench.until_ready()
    assert bench.now() - began < 1


async def test_a_full_disk_is_told_and_no_half_of_a_file_is_mounted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(descriptor: int, content: bytes) -> int:
        return write(descriptor, content[: len(content) // 2])

    write = os.write
    await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "a long one"})
    with monkeypatch.context() as patch:
        patch.setattr("tuik8s.kubelet.volumes.atomic.os.write", half)
        await bench.pod(**mounting({"name": "v", "configMap": {"name": "settings"}}))
        await asyncio.sleep(100)
        said = [text for reason, text in await bench.events() if reason == "FailedMount"]
        assert "No space left on device" in said[0]
    await bench.until_ready()
    assert (mounted(bench) / "a").read_text() == "a long one"


async def test_optional_sources_may_be_missing(bench: Bench) -> None:
    await bench.pod(**mounting({"name": "v", "secret": {"secretName": "none", "optional": True}}))
    await bench.until_ready()
    assert [p for p in mounted(bench).iterdir() if not p.name.startswith("..")] == []


async def test_a_missing_key_is_named(bench: Bench) -> None:
    await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "1"})
    items = [{"key": "b", "path": "b"}]
    await bench.pod(**mounting({"name": "v", "configMap": {"name": "settings", "items": items}}))
    await asyncio.sleep(5)
    said = 'MountVolume.SetUp failed for volume "v" : references non-existent config key: b'
    assert ("FailedMount", said) in await bench.events()


async def test_empty_dirs_are_shared_writable_and_removed(bench: Bench) -> None:
    mounts = [{"name": "v", "mountPath": "/data"}]
    await bench.pod(
        volumes=[{"name": "v", "emptyDir": {}}],
        containers=[container("a", volumeMounts=mounts), container("b", volumeMounts=mounts)],
    )
    await bench.until_ready()
    path = mounted(bench, name="a")
    assert path == mounted(bench, name="b")
    assert path.stat().st_mode & 0o777 == 0o777
    (path / "deep").mkdir()
    (path / "deep" / "file").write_text("x")
    await bench.delete()
    await bench.until_gone()
    await asyncio.sleep(1)
    assert not path.exists()


async def test_an_empty_dir_over_its_limit_evicts_the_pod(bench: Bench) -> None:
    await bench.pod(**mounting({"name": "v", "emptyDir": {"sizeLimit": "1Ki"}}))
    await bench.until_ready()
    (mounted(bench) / "big").write_bytes(b"x" * 2000)
    pod = await bench.until(lambda pod: phase(pod) == "Failed")
    assert pod["status"]["reason"] == "Evicted"
    assert pod["status"]["message"] == 'Usage of EmptyDir volume "v" exceeds the limit "1Ki". '


async def test_an_empty_dir_outlives_a_container(bench: Bench) -> None:
    spec = mounting({"name": "v", "emptyDir": {}})
    await bench.pod(**spec, annotations={"crash-after": "20"})
    await bench.until_ready()
    (mounted(bench) / "file").write_text("kept")
    await bench.until(lambda pod: status_of(pod).get("restartCount") == 1)
    assert (mounted(bench) / "file").read_text() == "kept"


async def test_host_paths(bench: Bench, tmp_path: Path) -> None:
    volume = {"name": "v", "hostPath": {"path": str(tmp_path / "new"), "type": "DirectoryOrCreate"}}
    await bench.pod(**mounting(volume))
    await bench.until_ready()
    assert mounted(bench) == tmp_path / "new"
    assert (tmp_path / "new").is_dir()
    await bench.delete()
    await bench.until_gone()
    assert (tmp_path / "new").is_dir()


async def test_a_host_path_of_the_wrong_type(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    volume = {"name": "v", "hostPath": {"path": str(tmp_path / "file"), "type": "Directory"}}
    await bench.pod(**mounting(volume))
    await asyncio.sleep(5)
    why = f"hostPath type check failed: {tmp_path / 'file'} is not a directory"
    assert ("FailedMount", f'MountVolume.SetUp failed for volume "v" : {why}') in await bench.events()


async def test_downward_api_follows_labels(bench: Bench) -> None:
    limits = {"limits": {"memory": "64Mi", "cpu": "1500m"}}
    items = [
        {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
        {"path": "name", "fieldRef": {"fieldPath": "metadata.name"}},
        {
            "path": "memory",
            "resourceFieldRef": {"containerName": "web", "resource": "limits.memory", "divisor": "1Mi"},
        },
    ]
    spec = mounting({"name": "v", "downwardAPI": {"items": items}})
    spec["containers"][0]["resources"] = limits
    await bench.pod(**spec)
    await bench.until_ready()
    path = mounted(bench)
    assert (path / "labels").read_text() == 'app="web"'
    assert ((path / "name").read_text(), (path / "memory").read_text()) == ("web", "64")
    await bench.client.patch(kinds.POD, "default", "web", {"metadata": {"labels": {"tier": "x"}}})
    await asyncio.sleep(1)
    assert (path / "labels").read_text() == 'app="web"\ntier="x"'


async def test_projected_volumes_put_sources_together(bench: Bench) -> None:
    await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "1"})
    await bench.create(kinds.SECRET, "keys", stringData={"k": "v"})
    sources = [
        {"configMap": {"name": "settings"}},
        {"secret": {"name": "keys", "items": [{"key": "k", "path": "secrets/k"}]}},
        {"downwardAPI": {"items": [{"path": "ns", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    await bench.pod(**mounting({"name": "v", "projected": {"sources": sources}}))
    await bench.until_ready()
    path = mounted(bench)
    assert [(path / name).read_text() for name in ("a", "secrets/k", "ns")] == ["1", "v", "default"]


async def test_sub_paths(bench: Bench) -> None:
    await bench.create(kinds.CONFIG_MAP, "settings", data={"a": "1"})
    await bench.pod(**mounting({"name": "v", "configMap": {"name": "settings"}}, subPath="a"))
    await bench.until_ready()
    assert mounted(bench).read_text() == "1"


async def test_a_sub_path_expression_makes_a_directory(bench: Bench) -> None:
    env = [{"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    spec = mounting({"name": "v", "emptyDir": {}}, subPathExpr="logs/$(POD)")
    spec["containers"][0]["env"] = env
    await bench.pod(**spec)
    await bench.until_ready()
    assert mounted(bench).is_dir()
    assert mounted(bench).parts[-2:] == ("logs", "web")


async def test_a_sub_path_may_not_follow_a_link_out_of_the_volume(bench: Bench, tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "way-out").symlink_to(tmp_path)
    await bench.pod(**mounting({"name": "v", "hostPath": {"path": str(volume)}}, subPath="way-out"))
    pod = await bench.until(lambda pod: waiting(pod) == "CreateContainerConfigError")
    assert "outside of volume path" in status_of(pod)["state"]["waiting"]["message"]


async def test_what_is_not_served_is_named(bench: Bench) -> None:
    await bench.pod(**mounting({"name": "v", "nfs": {"server": "files", "path": "/"}}))
    await asyncio.sleep(5)
    said = 'MountVolume.SetUp failed for volume "v" : volume type nfs is not supported by tuik8s'
    assert ("FailedMount", said) in await bench.events()
    assert phase(await bench.get()) == "Pending"


async def test_a_volume_nobody_mounts_is_not_needed(bench: Bench) -> None:
    await bench.pod(volumes=[{"name": "v", "configMap": {"name": "none"}}])
    await bench.until_ready()


@pytest.mark.skipif(not memory.is_available(), reason="this host has no tmpfs to write to")
async def test_an_empty_dir_in_memory_is_removed_too(bench: Bench) -> None:
    await bench.pod(**mounting({"name": "v", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}))
    await bench.until_ready()
    path = mounted(bench)
    assert path.parent == memory.TMPFS
    (path / "file").write_text("x")
    await bench.delete()
    await bench.until_gone()
    await asyncio.sleep(1)
    assert not path.exists()


async def test_a_deleted_config_map_leaves_what_was_mounted(bench: Bench) -> None:
    await bench.create(kinds.CONFIG_MAP, "one", data={"a": "1"})
    await bench.create(kinds.CONFIG_MAP, "two", data={"b": "1"})
    mounts = [{"name": "one", "mountPath": "/one"}, {"name": "two", "mountPath": "/two"}]
    volumes = [{"name": name, "configMap": {"name": name}} for name in ("one", "two")]
    await bench.pod(volumes=volumes, containers=[container(volumeMounts=mounts)])
    await bench.until_ready()
    await bench.client.delete(kinds.CONFIG_MAP, "default", "one")
    await bench.client.patch(kinds.CONFIG_MAP, "default", "two", {"data": {"b": "2"}})
    await asyncio.sleep(1)
    assert (mounted(bench, "/one") / "a").read_text() == "1"
    assert (mounted(bench, "/two") / "b").read_text() == "2"
    assert "FailedMount" in await bench.reasons()
    await bench.create(kinds.CONFIG_MAP, "one", data={"a": "back"})
    await asyncio.sleep(1)
    assert (mounted(bench, "/one") / "a").read_text() == "back"
