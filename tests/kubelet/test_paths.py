"""Names from manifests never leave their directory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tuik8s.kubelet.host import UnsafePath, safe_component
from tuik8s.kubelet.volumes.atomic import File, check_path, write_payload
from tuik8s.kubelet.volumes.errors import VolumeProblem
from tuik8s.kubelet.volumes.trees import remove_tree, tree_size

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", ["../up", "a/../../up", "/etc/passwd", "..data", "", "a\0b", "..2026/x"])
def test_paths_that_leave_a_volume_are_refused(path: str) -> None:
    with pytest.raises(VolumeProblem):
        check_path(path)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "-x", "a\nb"])
def test_names_that_are_no_file_names_are_refused(name: str) -> None:
    with pytest.raises(UnsafePath):
        safe_component(name)


def test_all_files_change_with_one_link(tmp_path: Path) -> None:
    tmp_path /= "volume"
    assert write_payload(tmp_path, {"a": File(b"1"), "d/b": File(b"2")}, "one", None)
    assert os.readlink(tmp_path / "..data") == "..one"
    assert write_payload(tmp_path, {"a": File(b"3")}, "two", None)
    assert os.readlink(tmp_path / "..data") == "..two"
    assert (tmp_path / "a").read_bytes() == b"3"
    assert sorted(os.listdir(tmp_path)) == ["..data", "..two", "a"]


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    tmp_path /= "volume"
    payload = {"a": File(b"1")}
    assert write_payload(tmp_path, payload, "one", None)
    assert not write_payload(tmp_path, payload, "two", None)
    assert os.readlink(tmp_path / "..data") == "..one"


async def test_removing_follows_no_links(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("12345")
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    (tree / "deep" / "file").write_text("123")
    (tree / "link").symlink_to(outside)
    (tree / "dangling").symlink_to("nowhere")
    assert await tree_size(tree / "deep") == 3
    assert await remove_tree(tree)
    assert not tree.exists()
    assert (outside / "kept").exists()
