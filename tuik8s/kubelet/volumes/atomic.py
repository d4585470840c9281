"""Write a set of files so that readers see all of the old or all of the new (pkg/volume/util AtomicWriter).

key -> ..data/key
..data -> ..2026_11_20_08_00_00.x7k2p
..2026_11_20_08_00_00.x7k2p/key
"""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.kubelet.directories import make_directory
from tuik8s.kubelet.volumes.errors import VolumeProblem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DATA, DATA_TMP = "..data", "..data_tmp"


class File(NamedTuple):
    content: bytes
    mode: int = 0o644


def check_path(path: str) -> str:
    """A relative path that stays inside its volume; raises `VolumeProblem`."""
    parts = path.split("/")
    if not path or path.startswith("/") or "\0" in path:
        raise VolumeProblem(f"invalid path: {path!r}")
    if ".." in parts or parts[0].startswith(".."):
        raise VolumeProblem(f"invalid path: must not contain or start with '..': {path}")
    return path


def write_payload(directory: Path, payload: Mapping[str, File], version: str, group: int | None) -> bool:
    """Make `directory` hold exactly these files; False when it did already."""
    for path in payload:
        check_path(path)
    # With a thousand pods at once each call of the system counts: nobody looks into what is not there yet.
    is_new = make_directory(str(directory))
    if not is_new and read_payload(directory) == {path: file.content for path, file in payload.items()}:
        return False
    fresh = f"{directory}/..{version}"
    os.mkdir(fresh, 0o755)
    for path, file in payload.items():
        if "/" in path:
            os.makedirs(os.path.dirname(f"{fresh}/{path}"), exist_ok=True)
        _write(f"{fresh}/{path}", file, group)
    names = {path.split("/")[0] for path in payload}
    if is_new:
        os.symlink(f"..{version}", f"{directory}/{DATA}")
        _link(directory, names)
    else:
        _replace(directory, f"..{version}", names)
    return True


def _replace(directory: Path, fresh: str, names: set[str]) -> None:
    """From one moment to the next the names lead to what is fresh."""
    old = _target(directory)
    (directory / DATA_TMP).unlink(missing_ok=True)
    (directory / DATA_TMP).symlink_to(fresh)
    os.replace(directory / DATA_TMP, directory / DATA)
    there = {entry.name for entry in directory.iterdir() if not entry.name.startswith("..")}
    for name in there - names:
        (directory / name).unlink()
    _link(directory, names - there)
    if old is not None:
        shutil.rmtree(old)


def _link(directory: Path, names: set[str]) -> None:
    for name in names:
        os.symlink(f"{DATA}/{name}", f"{directory}/{name}")


def read_payload(directory: Path) -> dict[str, bytes] | None:
    """What is there now; None before the first write."""
    target = _target(directory)
    if target is None:
        return None
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def _target(directory: Path) -> Path | None:
    link = directory / DATA
    if not link.is_symlink():
        return None
    target = directory / os.readlink(link)
    return target if target.is_dir() else None


def _write(path: str, file: File, group: int | None) -> None:
    # A file object would ask three more things of the system.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if os.write(descriptor, file.content) < len(file.content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        # Not left to the umask: the containers' users read these.
        os.fchmod(descriptor, file.mode | (0o440 if group is not None else 0))
        if group is not None and os.geteuid() == 0:
            os.chown(descriptor, -1, group)
    finally:
        os.close(descriptor)
