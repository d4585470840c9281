"""`tuik8s kubeconfig`: printing, and merging without losing anything."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml
from click.testing import CliRunner

from tuik8s.cli import main
from tuik8s.cli.kubeconfig import merge, merge_into, target_of

if TYPE_CHECKING:
    from pathlib import Path

OWN: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "tuik8s", "cluster": {"server": "https://127.0.0.1:1"}}],
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


def test_the_same_name_is_replaced_at_its_place() -> None:
    old = {"name": "tuik8s", "cluster": {"server": "https://old"}}
    other = {"name": "z", "cluster": {}}
    merged = merge({"clusters": [old, other, old]}, OWN)
    assert merged["clusters"] == [*OWN["clusters"], other]


@pytest.mark.parametrize("text", ["{{", "- a", "kind: Pod", "clusters: text"])
def test_what_is_no_kubeconfig_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(click.ClickException, match="left as it is"):
        merge_into(path, OWN)
    assert path.read_text() == text
    assert [entry.name for entry in tmp_path.iterdir()] == ["config"]


def test_a_link_stays_a_link_and_a_lock_is_respected(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    merge_into(tmp_path / "link", OWN)
    assert (tmp_path / "link").is_symlink()
    assert yaml.safe_load((tmp_path / "real").read_text())["current-context"] == "tuik8s"
    (tmp_path / "real.lock").touch()
    with pytest.raises(click.ClickException, match="being written by somebody else"):
        merge_into(tmp_path / "link", OWN)


def test_where_kubectl_would_write(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    assert target_of("", tmp_path) == tmp_path / ".kube" / "config"
    assert target_of(f"{one}{os.pathsep}{two}", tmp_path) == two
    one.touch()
    assert target_of(f"{one}{os.pathsep}{two}", tmp_path) == one


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "mine"))
    arguments = ["kubeconfig", "--data-dir", str(tmp_path)]
    missing = CliRunner().invoke(main, arguments)
    assert missing.exit_code == 1
    assert "has not been started" in missing.output
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(OWN))
    printed = CliRunner().invoke(main, arguments)
    assert yaml.safe_load(printed.stdout) == OWN
    assert "is not running" in printed.stderr
    merged = CliRunner().invoke(main, [*arguments, "--merge"])
    assert f"context tuik8s is in {tmp_path / 'mine'}, and current" in merged.stdout
    assert yaml.safe_load((tmp_path / "mine").read_text()) == OWN
