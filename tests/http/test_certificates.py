"""The cluster's authority and its files."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from tuik8s.apiserver.certificates import ensure_pki
from tuik8s.apiserver.certificates.issuing import hosts_of
from tuik8s.apiserver.certificates.kubeconfig import context_name, kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOSTS = ["localhost", "127.0.0.1", "10.96.0.1"]


def _contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_nobody_else_reads_the_files(tmp_path: Path) -> None:
    directory = tmp_path / "pki"
    ensure_pki(directory, HOSTS, NOW)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    names = {"ca.crt", "ca.key", "apiserver.crt", "apiserver.key", "admin.crt", "admin.key"}
    assert set(_contents(directory)) == names


def test_who_the_certificates_are_for(tmp_path: Path) -> None:
    pki = ensure_pki(tmp_path, HOSTS, NOW)
    server = x509.load_pem_x509_certificate(pki.server.certificate.read_bytes())
    assert hosts_of(server) == set(HOSTS)
    administrator = x509.load_pem_x509_certificate(pki.administrator.certificate.read_bytes())
    assert administrator.subject.rfc4514_string() == "CN=kubernetes-admin,O=system:masters"
    authority = x509.load_pem_x509_certificate(pki.authority.read_bytes())
    for certificate in (server, administrator):
        certificate.verify_directly_issued_by(authority)
        assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_what_holds_is_kept(tmp_path: Path) -> None:
    ensure_pki(tmp_path, HOSTS, NOW)
    before = _contents(tmp_path)
    ensure_pki(tmp_path, list(reversed(HOSTS)), NOW + timedelta(days=200))
    assert _contents(tmp_path) == before


def test_what_ends_soon_is_renewed_in_time(tmp_path: Path) -> None:
    ensure_pki(tmp_path, HOSTS, NOW)
    before = _contents(tmp_path)
    ensure_pki(tmp_path, HOSTS, NOW + timedelta(days=300))
    after = _contents(tmp_path)
    assert after["ca.crt"] == before["ca.crt"]
    assert after["apiserver.crt"] != before["apiserver.crt"]
    assert after["admin.crt"] != before["admin.crt"]
    ensure_pki(tmp_path, HOSTS, NOW + timedelta(days=3300))
    assert _contents(tmp_path)["ca.crt"] != before["ca.crt"]


def test_another_host_makes_another_server_certificate(tmp_path: Path) -> None:
    ensure_pki(tmp_path, HOSTS, NOW)
    before = _contents(tmp_path)
    ensure_pki(tmp_path, [*HOSTS, "192.0.2.1"], NOW)
    after = _contents(tmp_path)
    assert after["apiserver.crt"] != before["apiserver.crt"]
    assert after["admin.crt"] == before["admin.crt"]


@pytest.mark.parametrize("name", ["ca.crt", "ca.key", "apiserver.key", "admin.crt"])
def test_broken_and_mismatched_files_are_made_anew(tmp_path: Path, name: str) -> None:
    ensure_pki(tmp_path, HOSTS, NOW)
    (tmp_path / name).write_bytes(b"-----BEGIN NONSENSE-----\n")
    ensure_pki(tmp_path, HOSTS, NOW)
    before = _contents(tmp_path)
    ensure_pki(tmp_path, HOSTS, NOW)
    assert _contents(tmp_path) == before
    (tmp_path / "admin.key").write_bytes((tmp_path / "apiserver.key").read_bytes())
    ensure_pki(tmp_path, HOSTS, NOW)
    assert _contents(tmp_path)["admin.key"] != before["apiserver.key"]


def test_the_kubeconfig_needs_no_other_file(tmp_path: Path) -> None:
    pki = ensure_pki(tmp_path, HOSTS, NOW)
    config = kubeconfig(pki, "lab", "https://127.0.0.1:6443")
    assert config["current-context"] == "tuik8s-lab"
    user = config["users"][0]["user"]
    assert base64.b64decode(user["client-key-data"]) == pki.administrator.key.read_bytes()
    assert context_name("tuik8s") == "tuik8s"
