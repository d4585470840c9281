"""Files with keys in them: whole or not at all, and nobody else's at any moment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tuik8s.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path


def test_a_private_file_replaces_what_everybody_could_read(tmp_path: Path) -> None:
    path = tmp_path / "admin.key"
    path.write_bytes(b"a longer old one")
    path.chmod(0o644)
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["admin.key"]


def test_what_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        write_private(path, b"new")
    assert os.listdir(tmp_path) == ["there"]
