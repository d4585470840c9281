"""The files of the authority: read, checked, renewed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tuik8s.apiserver.certificates.issuing import Issued, hosts_of, new_authority, new_client, new_server
from tuik8s.apiserver.certificates.signing import sign_request
from tuik8s.private_files import write_private

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime
    from pathlib import Path

ADMINISTRATOR, ADMINISTRATORS = "kubernetes-admin", "system:masters"
RENEW_AUTHORITY = timedelta(days=400)
"""Longer than what it issues lives: no certificate outlives the authority behind it."""
RENEW_CERTIFICATE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Pair:
    """Where a certificate and its key are, as PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Pki:
    authority: Path
    """The certificate alone."""
    server: Pair
    administrator: Pair


def ensure_pki(directory: Path, hosts: Sequence[str], now: datetime) -> Pki:
    """What is needed is there afterwards, and holds for at least 90 days from `now`. Blocks on files."""
    authority = _authority(directory, now)
    server, administrator = _pair(directory, "apiserver"), _pair(directory, "admin")
    wanted = set(hosts)
    _ensure(
        server, lambda: new_server(authority, "kube-apiserver", hosts, now),
        lambda found: _is_current(found, authority, now) and hosts_of(found.certificate) == wanted,
    )  # fmt: skip
    _ensure(
        administrator, lambda: new_client(authority, ADMINISTRATOR, [ADMINISTRATORS], now),
        lambda found: _is_current(found, authority, now),
    )  # fmt: skip
    return Pki(_pair(directory, "ca").certificate, server, administrator)


def ensure_authority(directory: Path, now: datetime) -> Path:
    """The certificate of the authority, which is there afterwards. Blocks on files."""
    _authority(directory, now)
    return _pair(directory, "ca").certificate


def sign_certificate(
    directory: Path, request: bytes, usages: Collection[str], lifetime: timedelta, now: datetime
) -> bytes:
    """A certificate for a request, both as PEM, by the authority. Blocks on files; raises ValueError."""
    return sign_request(_authority(directory, now), request, usages, lifetime, now)


def _authority(directory: Path, now: datetime) -> Issued:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    return _ensure(
        _pair(directory, "ca"), lambda: new_authority("kubernetes", now),
        lambda found: _holds(found, now, RENEW_AUTHORITY),
    )  # fmt: skip


def _pair(directory: Path, name: str) -> Pair:
    return Pair(directory / f"{name}.crt", directory / f"{name}.key")


def _ensure(pair: Pair, issue: Callable[[], Issued], good: Callable[[Issued], bool]) -> Issued:
    found = _read(pair)
    if found is not None and good(found):
        pair.key.chmod(0o600)
        return found
    issued = issue()
    _write(pair, issued)
    return issued


def _is_current(found: Issued, authority: Issued, now: datetime) -> bool:
    try:
        found.certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return _holds(found, now, RENEW_CERTIFICATE)


def _holds(found: Issued, now: datetime, ahead: timedelta) -> bool:
    certificate = found.certificate
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - ahead


def _read(pair: Pair) -> Issued | None:
    """None where something is missing, broken, or of two halves that do not belong together."""
    try:
        key = serialization.load_pem_private_key(pair.key.read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
    except (FileNotFoundError, ValueError, TypeError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        return None
    return Issued(key, certificate)


def _write(pair: Pair, issued: Issued) -> None:
    key = issued.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(pair.key, key)
    write_private(pair.certificate, issued.certificate.public_bytes(serialization.Encoding.PEM))
