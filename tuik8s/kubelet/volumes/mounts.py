"""volumeMounts of one container, with subPath (pkg/kubelet makeMounts, pkg/volume/util/subpath)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tuik8s.api.expansion import expand, unresolved
from tuik8s.cri import Mount
from tuik8s.kubelet.environment import ConfigProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuik8s.api.objects import Obj


def container_mounts(
    container: Obj, volumes: Mapping[str, Path], env: Mapping[str, str], read_only: frozenset[str]
) -> tuple[Mount, ...]:
    """`volumes` are host paths by volume name; raises `ConfigProblem`."""
    mounts = []
    for mount in container.get("volumeMounts") or ():
        host_path = volumes.get(mount["name"])
        if host_path is None:
            where = f'to mount into container "{container["name"]}"'
            raise ConfigProblem(f'cannot find volume "{mount["name"]}" {where}')
        sub_path = _sub_path(mount, env)
        if sub_path:
            host_path = _inside(host_path, sub_path)
        only = bool(mount.get("readOnly")) or mount["name"] in read_only
        mounts.append(
            Mount(host_path=str(host_path), container_path=_absolute(mount["mountPath"]), read_only=only)
        )
    return tuple(mounts)


def _absolute(path: str) -> str:
    """A relative mountPath counts from the container's root."""
    return path if path.startswith("/") else f"/{path}"


def _sub_path(mount: Obj, env: Mapping[str, str]) -> str:
    expression = mount.get("subPathExpr")
    if not expression:
        return str(mount.get("subPath") or "")
    missing = unresolved(expression, env)
    if missing:
        raise ConfigProblem(f"missing value for {', '.join(missing)}")
    return expand(expression, env)


def _inside(volume: Path, sub_path: str) -> Path:
    """The path in the volume, made as a directory when it is not there; links may not leave it."""
    parts = sub_path.split("/")
    if sub_path.startswith("/") or ".." in parts:
        raise ConfigProblem(f"subPath must be a relative path without '..': {sub_path}")
    base = os.path.realpath(volume)
    target = os.path.realpath(os.path.join(base, sub_path))
    if target != base and not target.startswith(base + os.sep):
        raise ConfigProblem(f"subPath {sub_path!r} is outside of volume path {volume.name!r}")
    if not os.path.exists(target):
        try:
            os.makedirs(target, mode=0o750)
        except OSError as error:
            raise ConfigProblem(f"failed to create subPath directory {sub_path!r}: {error}") from error
    return Path(target)
