"""`tuik8s kubeconfig`: printing, and merging without losing anything."""

from __future__ import annotations

import copy
import json
import os
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml
from click.testing import CliRunner

from tuik8s.cli import main
from tuik8s.cli.kubeconfig import merge_into, remove_from, target_of

if TYPE_CHECKING:
    from pathlib import Path

OWN: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [
        {
            "name": "tuik8s",
            "cluster": {"server": "https://127.0.0.1:1", "certificate-authority-data": "Y2E="},
        }
    ],
    "users": [{"name": "tuik8s-admin", "user": {"client-key-data": "a2V5"}}],
    "contexts": [{"name": "tuik8s", "context": {"cluster": "tuik8s", "user": "tuik8s-admin"}}],
    "current-context": "tuik8s",
}
THEIRS: dict[str, Any] = {
    "kind": "Config",
    "clusters": [{"name": "prod", "cluster": {"server": "https://prod", "tls-server-name": "x"}}],
    "users": [{"name": "me", "user": {"exec": {"command": "login"}}}],
    "contexts": [{"name": "prod", "context": {"cluster": "prod", "user": "me", "namespace": "n"}}],
    "current-context": "prod",
    "extensions": [{"name": "e", "extension": {"deep": [1]}}],
}


def test_everything_else_stays(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config"
    path.parent.mkdir()
    path.write_text(yaml.safe_dump(THEIRS))
    path.chmod(0o644)
    merge_into(path, OWN)
    merge_into(path, OWN)
    merged = yaml.safe_load(path.read_text())
    assert merged["current-context"] == "tuik8s"
    assert merged["extensions"] == THEIRS["extensions"]
    for field in ("clusters", "users", "contexts"):
        assert merged[field] == [*THEIRS[field], *OWN[field]]
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["config"]


def test_the_same_name_is_replaced_at_its_place(tmp_path: Path) -> None:
    old = {"name": "tuik8s", "cluster": {"server": "https://old", "insecure-skip-tls-verify": True}}
    other = {"name": "z", "cluster": {}}
    context = {"cluster": "tuik8s", "user": "gone", "namespace": "dev", "extensions": [{"name": "x"}]}
    before = {"clusters": [old, other, old], "contexts": [{"name": "tuik8s", "context": context}]}
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(before))
    merge_into(path, OWN)
    merged = yaml.safe_load(path.read_text())
    assert merged["clusters"] == [*OWN["clusters"], other]
    kept = {"namespace": "dev", "extensions": [{"name": "x"}]}
    assert merged["contexts"][0]["context"] == OWN["contexts"][0]["context"] | kept


LETTER_FOR_LETTER = """apiVersion: v1
clusters: []
contexts:
- context: &dev {cluster: prod, user: me}
  name: a
- context: *dev
  name: b
current-context: 'a'
kind: Config
preferences: {colors: yes}
users:
- name: me
  user:
    token: 0123
    password: 1e5
    when: 2024-01-01
    "no": "on"
    certificate: |
      line
        indented
    odd: !!binary aGVsbG8=
    unicode: "\u263a \U0001f600"
    long: %s
""" % ("word " * 60)


def test_what_others_wrote_stays_letter_for_letter(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(LETTER_FOR_LETTER)
    merge_into(path, OWN)
    text = path.read_text()
    before, after = yaml.safe_load(LETTER_FOR_LETTER), yaml.safe_load(text)
    assert after["users"][0] == before["users"][0]
    assert (after["preferences"], after["contexts"][:2]) == (before["preferences"], before["contexts"])
    # A number that is no number to whoever wrote it: reading and writing values would give 83.
    assert all(
        f"{line}\n" in text for line in ("    token: 0123", "    password: 1e5", "    when: 2024-01-01")
    )
    assert "colors: yes" in text
    assert list(after) == list(before)

    remove_from(path, OWN)
    assert yaml.safe_load(path.read_text()) == before | {"current-context": ""}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n", "{}", "clusters:\nusers: null\n"])
def test_an_empty_one_is_filled(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    merge_into(path, OWN)
    assert yaml.safe_load(path.read_text()) == OWN


def test_json_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(THEIRS).encode())
    merge_into(path, OWN)
    assert yaml.safe_load(path.read_text())["users"] == [*THEIRS["users"], *OWN["users"]]


@pytest.mark.parametrize(
    "data",
    [
        b"{{", b"- a", b"kind: Pod", b"clusters: text", b"users: {a: b}", b"text", b"a: 1\n---\nb: 2\n",
        b"\xff\xfe\xff", b"a: \0", b"a: !!python/object/apply:os.system [id]", b"a: *b", b"[" * 5000,
        b"clusters: []\nclusters: []\n",
    ],
)  # fmt: skip
def test_what_is_no_kubeconfig_is_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "config"
    path.write_bytes(data)
    for change in (merge_into, remove_from):
        with pytest.raises(click.ClickException, match="left as it is"):
            change(path, OWN)
    assert path.read_bytes() == data
    assert [entry.name for entry in tmp_path.iterdir()] == ["config"]


def test_a_link_stays_a_link_and_a_lock_is_respected(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    merge_into(tmp_path / "link", OWN)
    assert (tmp_path / "link").is_symlink()
    assert yaml.safe_load((tmp_path / "real").read_text())["current-context"] == "tuik8s"
    (tmp_path / "real.lock").touch()
    with pytest.raises(click.ClickException, match="being written by somebody else"):
        merge_into(tmp_path / "link", OWN)


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "loop"])
def test_only_files_are_written(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "config"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(os.devnull if kind == "device" else path)
    with pytest.raises(click.ClickException, match="is no regular file"):
        merge_into(path, OWN)


def test_a_write_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config"
    path.write_text(yaml.safe_dump(THEIRS))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        merge_into(path, OWN)
    assert yaml.safe_load(path.read_text()) == THEIRS
    assert [entry.name for entry in tmp_path.iterdir()] == ["config"]


def test_another_cluster_of_the_name_is_not_removed(tmp_path: Path) -> None:
    path = tmp_path / "config"
    merge_into(path, OWN)
    other = copy.deepcopy(OWN)
    other["clusters"][0]["cluster"]["certificate-authority-data"] = "b3RoZXI="
    assert not remove_from(path, other)
    assert yaml.safe_load(path.read_text()) == OWN
    assert not remove_from(tmp_path / "none", OWN)
    assert not (tmp_path / "none").exists()


def test_where_kubectl_would_write(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert target_of({}, tmp_path) == tmp_path / ".kube" / "config"
    assert target_of({"KUBECONFIG": f"{one}{os.pathsep}{two}"}, tmp_path) == two
    one.touch()
    assert target_of({"KUBECONFIG": f"{one}{os.pathsep}{two}"}, tmp_path) == one


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "mine"))
    arguments = ["kubeconfig", "--data-dir", str(tmp_path)]
    missing = CliRunner().invoke(main, arguments)
    assert missing.exit_code == 1
    assert "there is no kubeconfig in" in missing.output
    for nonsense in (b"a: [", b"\xff", b"[]", b"{}"):
        (tmp_path / "kubeconfig").write_bytes(nonsense)
        assert CliRunner().invoke(main, arguments).output == missing.output
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(OWN))
    printed = CliRunner().invoke(main, arguments)
    assert yaml.safe_load(printed.stdout) == OWN
    assert "is not running" in printed.stderr
    merged = CliRunner().invoke(main, [*arguments, "--merge"])
    assert f"context tuik8s is in {tmp_path / 'mine'}, and current" in merged.stdout
    assert yaml.safe_load((tmp_path / "mine").read_text()) == OWN
    reset = CliRunner().invoke(main, ["reset", "--yes", "--data-dir", str(tmp_path)])
    assert f"context tuik8s removed from {tmp_path / 'mine'}" in reset.stdout
    assert yaml.safe_load((tmp_path / "mine").read_text())["contexts"] == []


def test_reset_goes_on_where_the_kubeconfig_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").write_text("{{")
    merge_into(tmp_path / "second", OWN)
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'mine'}{os.pathsep}{tmp_path / 'second'}")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "kubeconfig").write_text(yaml.safe_dump(OWN))
    reset = CliRunner().invoke(main, ["reset", "--yes", "--data-dir", str(tmp_path / "data")])
    assert reset.exit_code == 0, reset.output
    assert "stays in the kubeconfig, if it is there" in reset.stdout
    assert f"context tuik8s removed from {tmp_path / 'second'}" in reset.stdout
