"""The volumes of one pod: set up before its containers, kept current, removed after them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tuik8s.api import quantity
from tuik8s.api.pods import every_container
from tuik8s.kubelet.host import UnsafePath, safe_component
from tuik8s.kubelet.volumes import hostpath, memory
from tuik8s.kubelet.volumes.atomic import write_payload
from tuik8s.kubelet.volumes.errors import VolumeProblem
from tuik8s.kubelet.volumes.mounts import container_mounts
from tuik8s.kubelet.volumes.payload import PAYLOAD_KINDS, Payload
from tuik8s.kubelet.volumes.trees import remove_tree, tree_size

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from tuik8s.api.objects import Obj
    from tuik8s.cri import Mount
    from tuik8s.kubelet.host import Host

EMPTY_DIR_MODE = 0o777


class PodVolumes:
    """Host paths by volume name. `refresh` is when tokens must be written anew although nothing changed."""

    def __init__(self, host: Host, pod_uid: str) -> None:
        self._host = host
        self._uid = pod_uid
        self._directory = host.pod_directory(pod_uid)
        self._paths: dict[str, Path] = {}
        self._read_only: frozenset[str] = frozenset()
        self.refresh: datetime | None = None

    @property
    def is_set_up(self) -> bool:
        return bool(self._paths)

    async def setup(self, pod: Obj) -> None:
        """Every volume that a container mounts. Raises `VolumeProblem`; may be called again and again."""
        used = mounted_volumes(pod)
        self.refresh = None
        for volume in pod["spec"].get("volumes") or ():
            if volume["name"] in used:
                self._paths[volume["name"]] = await self._setup_one(pod, volume)
        payloads = [v["name"] for v in pod["spec"].get("volumes") or () if _payload_kind(v)]
        self._read_only = frozenset(payloads)

    def lacks(self, pod: Obj) -> bool:
        """Whether some volume is mounted by now that was not when they were set up."""
        names = {volume["name"] for volume in pod["spec"].get("volumes") or ()}
        return bool(mounted_volumes(pod) & names - self._paths.keys())

    async def update(self, pod: Obj) -> None:
        """Write the payload volumes that are set up again. Raises the first `VolumeProblem`, after all."""
        self.refresh = None
        problems = []
        for volume in pod["spec"].get("volumes") or ():
            if volume["name"] in self._paths and _payload_kind(volume):
                try:
                    await self._setup_one(pod, volume)
                except VolumeProblem as problem:
                    problems.append(problem)
        if problems:
            raise problems[0]

    def mounts(self, container: Obj, env: Mapping[str, str]) -> tuple[Mount, ...]:
        """Raises `ConfigProblem`."""
        return container_mounts(container, self._paths, env, self._read_only)

    async def over_limit(self, pod: Obj) -> str:
        """What to say when an emptyDir holds more than its sizeLimit; empty when none does."""
        for volume in size_limited(pod):
            path = self._paths.get(volume["name"])
            limit = volume["emptyDir"]["sizeLimit"]
            if path is not None and await tree_size(path) > quantity.value(limit):
                return f'Usage of EmptyDir volume "{volume["name"]}" exceeds the limit "{limit}". '
        return ""

    async def unmount(self) -> None:
        """Remove the volumes when no container uses them any more; what hostPath points to stays."""
        self._paths.clear()
        self.refresh = None
        await self._free_memory()
        if (self._directory / "volumes").exists():
            await remove_tree(self._directory / "volumes")

    async def remove(self) -> None:
        """Remove the pod's directory."""
        self._paths.clear()
        await self._free_memory()
        if self._directory.exists():
            await remove_tree(self._directory)

    async def _setup_one(self, pod: Obj, volume: Obj) -> Path:
        name = volume["name"]
        try:
            if volume.get("hostPath"):
                return hostpath.prepare(volume["hostPath"])
            if "emptyDir" in volume:
                return self._empty_dir(
                    pod, safe_component(name), (volume["emptyDir"] or {}).get("medium") or ""
                )
            kind = _payload_kind(volume)
            if not kind:
                named = ", ".join(sorted(volume.keys() - {"name"})) or "emptyDir"
                raise VolumeProblem(f"volume type {named} is not supported by tuik8s")
            return await self._payload(pod, volume, kind)
        except (UnsafePath, OSError) as error:
            raise VolumeProblem(f'MountVolume.SetUp failed for volume "{name}" : {error}') from error
        except VolumeProblem as problem:
            raise VolumeProblem(f'MountVolume.SetUp failed for volume "{name}" : {problem}') from problem

    async def _free_memory(self) -> None:
        for target in memory.linked(self._volume_directory("empty-dir", ""), self._uid):
            if target.exists():
                await remove_tree(target)

    def _empty_dir(self, pod: Obj, name: str, medium: str) -> Path:
        link = self._volume_directory("empty-dir", name)
        path = link.resolve() if link.exists() else link
        if not link.exists():
            link.unlink(missing_ok=True)
            if medium == "Memory" and memory.is_available():
                path = memory.make_linked(link, self._uid, name)
            else:
                path.mkdir(parents=True)
            path.chmod(EMPTY_DIR_MODE)
            group = _fs_group(pod)
            if group is not None and os.geteuid() == 0:
                os.chown(path, -1, group)
                path.chmod(EMPTY_DIR_MODE | 0o2000)
        return path

    async def _payload(self, pod: Obj, volume: Obj, kind: str) -> Path:
        payload = Payload(self._host, pod)
        await payload.add_volume(volume)
        if payload.refresh is not None:
            self.refresh = min(self.refresh or payload.refresh, payload.refresh)
        path = self._volume_directory(_PLUGINS[kind], safe_component(volume["name"]))
        version = f"{self._host.clock.now():%Y_%m_%d_%H_%M_%S}.{self._host.ids.suffix()}"
        write_payload(path, payload.files, version, _fs_group(pod))
        return path

    def _volume_directory(self, plugin: str, name: str) -> Path:
        return self._directory / "volumes" / f"kubernetes.io~{plugin}" / name


_PLUGINS = {
    "configMap": "configmap", "secret": "secret", "downwardAPI": "downward-api", "projected": "projected",
}  # fmt: skip


def mounted_volumes(pod: Obj) -> set[str]:
    """The names of the volumes that some container mounts: others are not set up."""
    fields = ("volumeMounts", "volumeDevices")
    mounts = (c.get(field) or () for c in every_container(pod) for field in fields)
    return {mount["name"] for several in mounts for mount in several}


def size_limited(pod: Obj) -> list[Obj]:
    """The emptyDir volumes with a sizeLimit."""
    volumes = pod["spec"].get("volumes") or ()
    return [volume for volume in volumes if (volume.get("emptyDir") or {}).get("sizeLimit")]


def _payload_kind(volume: Obj) -> str:
    return next((kind for kind in PAYLOAD_KINDS if volume.get(kind) is not None), "")


def _fs_group(pod: Obj) -> int | None:
    group = (pod["spec"].get("securityContext") or {}).get("fsGroup")
    return None if group is None else int(group)
