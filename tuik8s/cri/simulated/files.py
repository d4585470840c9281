"""The files of a simulated container: what it wrote itself, and the host files its mounts show."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.cri.protocol import Mount

READ_LIMIT = 1024 * 1024
WRITE_LIMIT = 1024 * 1024
DIRECTORIES = ("bin", "dev", "etc", "home", "proc", "root", "run", "sys", "tmp", "usr", "var")


class Files:
    """Reads at most 1 MiB of a file and keeps at most 1 MiB per file written; mounts come before own files.

    Symbolic links inside a mount are followed only while they stay inside it, as a container would see them.
    """

    def __init__(self, mounts: Sequence[Mount]) -> None:
        # The longest mount path wins.
        self._mounts = sorted(mounts, key=lambda mount: -len(mount.container_path))
        # A mounted file stays what it was when another takes its place on the host, as a bind mount does.
        self._kept = {mount.host_path: _content(mount.host_path) for mount in mounts}
        self._own: dict[str, bytes] = {}
        self._directories: set[str] = set()

    def provide(self, path: str, data: bytes) -> None:
        """A file the runtime itself puts there, as /etc/hosts."""
        self._own[path] = data

    def read(self, path: str) -> bytes:
        """Raises OSError as open(2) would."""
        host = self._on_host(path)
        if host is None:
            if path in self._own:
                return self._own[path]
            if self.is_directory(path):
                raise IsADirectoryError(path)
            raise FileNotFoundError(path)
        kept = self._kept.get(str(host))
        if kept is not None and not host.exists():
            return kept
        with host.open("rb") as file:
            return file.read(READ_LIMIT)

    def size(self, path: str) -> int:
        """Of a file, all of it; raises OSError."""
        host = self._on_host(path)
        return host.stat().st_size if host is not None and host.exists() else len(self.read(path))

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        if path == "/dev/null":
            return
        mount, host = self._mount_of(path), self._on_host(path)
        if host is not None and mount is not None:
            if mount.read_only:
                raise PermissionError(f"can't create {path}: Read-only file system")
            with host.open("ab" if append else "wb") as file:
                file.write(data[:WRITE_LIMIT])
            return
        before = self._own.get(path, b"") if append else b""
        self._own[path] = (before + data)[:WRITE_LIMIT]

    def remove(self, path: str) -> None:
        host = self._on_host(path)
        if host is not None:
            host.unlink()
        elif self._own.pop(path, None) is None:
            raise FileNotFoundError(path)

    def make_directory(self, path: str) -> None:
        host = self._on_host(path)
        if host is not None:
            host.mkdir(parents=True, exist_ok=True)
        else:
            self._directories.add(posixpath.normpath(path))

    def exists(self, path: str) -> bool:
        return self.is_file(path) or self.is_directory(path)

    def is_file(self, path: str) -> bool:
        host = self._on_host(path)
        return (
            host.is_file() or self._kept.get(str(host)) is not None if host is not None else path in self._own
        )

    def is_directory(self, path: str) -> bool:
        host = self._on_host(path)
        if host is not None:
            return host.is_dir()
        path = posixpath.normpath(path)
        if path == "/" or path in self._directories or path.strip("/") in DIRECTORIES:
            return True
        below = path.rstrip("/") + "/"
        return any(
            name.startswith(below)
            for name in (*self._own, *self._directories, *(mount.container_path for mount in self._mounts))
        )

    def list(self, path: str) -> list[str]:
        """Names in a directory, sorted; raises OSError as opendir(3) would."""
        path = posixpath.normpath(path)
        host = self._on_host(path)
        names: set[str] = set()
        if host is not None:
            names.update(os.listdir(host))
        elif not self.is_directory(path):
            raise FileNotFoundError(path)
        elif path == "/":
            names.update(DIRECTORIES)
        below = path.rstrip("/") + "/"
        for name in (*self._own, *self._directories, *(mount.container_path for mount in self._mounts)):
            if name.startswith(below):
                names.add(name[len(below) :].split("/", 1)[0])
        return sorted(name for name in names if name)

    def _mount_of(self, path: str) -> Mount | None:
        path = posixpath.normpath(path)
        for mount in self._mounts:
            at = mount.container_path.rstrip("/")
            if path == at or path.startswith(f"{at}/"):
                return mount
        return None

    def _on_host(self, path: str) -> Path | None:
        mount = self._mount_of(path)
        if mount is None:
            return None
        inside = posixpath.normpath(path)[len(mount.container_path.rstrip("/")) :].lstrip("/")
        root = Path(mount.host_path)
        host = root / inside if inside else root
        if not host.resolve().is_relative_to(root.resolve()):
            raise FileNotFoundError(path)
        return host


def _content(path: str) -> bytes | None:
    """Of a file; None for what is none."""
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return file.read(READ_LIMIT)
