"""Which files of the folder are manifests, and what is in them. Blocking: run it in a thread."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuik8s.applier.documents import SIZE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SUFFIXES = (".yaml", ".yml", ".json")
FILES_LIMIT = 5000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One file as it was found. `stamp` changes whenever it is saved; `error` says why it has no data."""

    path: str
    """Relative to its folder, with forward slashes; of several folders, with the folder's name before."""
    stamp: tuple[int, int, int]
    data: bytes = b""
    error: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def is_manifest(name: str) -> bool:
    """By its ending; editors' temporary, backup and lock files are hidden or end otherwise."""
    return name.lower().endswith(SUFFIXES) and not name.startswith((".", "#", "~"))


def scan(roots: Sequence[Path], known: dict[str, tuple[int, int, int]]) -> dict[str, Snapshot | None] | None:
    """Every manifest file in the folders, and the files, of `roots`; None for one that still has the stamp in
    `known`. None as a whole: one of the roots is not there, so that what is missing means nothing.
    """
    found: dict[str, Snapshot | None] = {}
    for root in roots:
        if not root.exists():
            return None
        for path in _walk(root) if root.is_dir() else [root]:
            relative = path.relative_to(root).as_posix() if root.is_dir() else root.name
            relative = relative if len(roots) == 1 or root.is_file() else f"{root.name}/{relative}"
            snapshot = _read(path, relative, known.get(relative))
            if snapshot is not _VANISHED:
                found[relative] = snapshot
    return found


_VANISHED = Snapshot("", (0, 0, 0))


def _walk(folder: Path) -> Iterator[Path]:
    """Files in order of their paths; a folder reached twice through links is entered once."""
    entered: set[tuple[int, int]] = set()
    count = 0
    for root, folders, files in os.walk(folder, followlinks=True):
        here = os.stat(root)
        if (here.st_dev, here.st_ino) in entered:
            folders.clear()
            continue
        entered.add((here.st_dev, here.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if is_manifest(name):
                count += 1
                if count > FILES_LIMIT:
                    return
                yield type(folder)(root) / name


def _read(path: Path, relative: str, known: tuple[int, int, int] | None) -> Snapshot | None:
    try:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp == known:
            return None
        if not stat.S_ISREG(status.st_mode):
            return Snapshot(relative, stamp, error="not a regular file")
        with path.open("rb") as file:
            return Snapshot(relative, stamp, file.read(SIZE_LIMIT + 1))
    except FileNotFoundError:
        if path.is_symlink():
            return Snapshot(relative, (0, 0, 0), error="a link to a file that does not exist")
        return _VANISHED  # gone between listing and reading
    except OSError as error:
        stamp = (hash(error.strerror), 0, 0)
        return (
            None if stamp == known else Snapshot(relative, stamp, error=f"cannot be read: {error.strerror}")
        )
