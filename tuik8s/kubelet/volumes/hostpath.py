"""hostPath volumes: what must be there, and what is made (pkg/volume/hostpath)."""

from __future__ import annotations

import stat
from pathlib import Path

from tuik8s.kubelet.volumes.errors import VolumeProblem

_CHECKS = {
    "Directory": (stat.S_ISDIR, "is not a directory"),
    "DirectoryOrCreate": (stat.S_ISDIR, "is not a directory"),
    "File": (stat.S_ISREG, "is not a file"),
    "FileOrCreate": (stat.S_ISREG, "is not a file"),
    "Socket": (stat.S_ISSOCK, "is not a socket"),
    "CharDevice": (stat.S_ISCHR, "is not a character device"),
    "BlockDevice": (stat.S_ISBLK, "is not a block device"),
}


def prepare(source: dict[str, str]) -> Path:
    """The host's path, checked and made as its type asks; raises `VolumeProblem`."""
    path, kind = Path(source["path"]), source.get("type") or ""
    if not path.is_absolute() or ".." in path.parts:
        raise VolumeProblem(f"hostPath must be an absolute path without '..': {path}")
    if not kind:
        return path
    try:
        _make(path, kind)
        mode = path.stat().st_mode
    except OSError as error:
        raise VolumeProblem(f"hostPath type check failed: {path}: {error.strerror}") from error
    if kind not in _CHECKS:
        raise VolumeProblem(f"hostPath type {kind} is not supported by tuik8s")
    fits, complaint = _CHECKS[kind]
    if not fits(mode):
        raise VolumeProblem(f"hostPath type check failed: {path} {complaint}")
    return path


def _make(path: Path, kind: str) -> None:
    if path.exists():
        return
    if kind == "DirectoryOrCreate":
        path.mkdir(mode=0o755, parents=True)
    elif kind == "FileOrCreate":
        path.touch(mode=0o644)
