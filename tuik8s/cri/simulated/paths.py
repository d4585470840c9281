"""Paths as commands write them, and what is said when one cannot be used."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.cri.simulated.process import Process

_REASONS: dict[type[OSError], str] = {
    FileNotFoundError: "No such file or directory",
    IsADirectoryError: "Is a directory",
    NotADirectoryError: "Not a directory",
    PermissionError: "Permission denied",
}


def resolve(process: Process, path: str) -> str:
    return posixpath.normpath(posixpath.join(process.directory, path))


def reason(error: OSError) -> str:
    return _REASONS.get(type(error), error.strerror or str(error))
