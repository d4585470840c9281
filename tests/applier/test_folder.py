"""Which files count, and what is found in them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tuik8s.applier.folder import is_manifest, scan

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["a.yaml", "a.YML", "a.json", "ä b.yaml"])
def test_manifests_are_known_by_their_ending(name: str) -> None:
    assert is_manifest(name)


@pytest.mark.parametrize(
    "name",
    [
        ".a.yaml",
        "a.yaml~",
        "#a.yaml#",
        ".#a.yaml",
        "a.yaml.swp",
        ".a.yaml.swp",
        "4913",
        "a.yaml.tmp",
        "README.md",
    ],
)
def test_editors_temporary_files_are_not(name: str) -> None:
    assert not is_manifest(name)


def test_sub_folders_are_entered_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("b.yaml", "sub/a.yaml", ".git/c.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("x: 1")
    found = scan([tmp_path], {})
    assert found is not None
    assert sorted(found) == ["b.yaml", "sub/a.yaml"]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("x: 1")
    (tmp_path / "again").symlink_to(tmp_path)
    found = scan([tmp_path], {})
    assert found is not None
    assert list(found) == ["a.yaml"]


def test_a_file_is_read_again_only_when_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("x: 1")
    first = scan([tmp_path], {})
    assert first is not None
    snapshot = first["a.yaml"]
    assert snapshot is not None
    assert scan([tmp_path], {"a.yaml": snapshot.stamp}) == {"a.yaml": None}
    os.utime(path, ns=(1, 1))
    assert scan([tmp_path], {"a.yaml": snapshot.stamp}) != {"a.yaml": None}


def test_what_is_not_a_readable_file_is_found_with_an_error(tmp_path: Path) -> None:
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.yaml").symlink_to(tmp_path / "circle.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder.yaml").mkdir()
    found = scan([tmp_path], {})
    assert found is not None
    errors = {path: snapshot.error for path, snapshot in found.items() if snapshot}
    assert errors.keys() == {"dangling.yaml", "circle.yaml", "pipe.yaml"}
    assert all(errors.values())


def test_a_folder_that_is_not_there_is_told_from_an_empty_one(tmp_path: Path) -> None:
    assert scan([tmp_path], {}) == {}
    assert scan([tmp_path / "none"], {}) is None
