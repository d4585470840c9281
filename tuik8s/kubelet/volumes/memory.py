"""emptyDir with medium Memory: a directory of the host's tmpfs, and a link to it in the pod's directory.

Without a tmpfs that we may write to, the volume is an ordinary directory, and slower.
The link makes the directory known to a later run, which removes it with the pod.
"""

from __future__ import annotations

import os
from pathlib import Path

TMPFS = Path("/dev/shm")
PREFIX = "tuik8s-"


def is_available() -> bool:
    return TMPFS.is_dir() and os.access(TMPFS, os.W_OK | os.X_OK)


def make_linked(link: Path, pod_uid: str, name: str) -> Path:
    """A new directory in memory, with `link` pointing to it; both names were checked before."""
    target = TMPFS / f"{PREFIX}{pod_uid}-{name}"
    target.mkdir(exist_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    return target


def linked(directory: Path, pod_uid: str) -> list[Path]:
    """The directories in memory that links directly in `directory` point to, none but this pod's own."""
    if not directory.is_dir():
        return []
    targets = [Path(os.readlink(entry)) for entry in directory.iterdir() if entry.is_symlink()]
    return [t for t in targets if t.parent == TMPFS and t.name.startswith(f"{PREFIX}{pod_uid}-")]
