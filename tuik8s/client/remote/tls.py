"""The TLS context of one cluster and user, as Go's TLS would verify it."""

from __future__ import annotations

import base64
import binascii
import os
import ssl
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.client.remote.problems import KubeconfigProblem

if TYPE_CHECKING:
    from collections.abc import Mapping


class ClientCertificate(NamedTuple):
    """PEM text; both empty for none."""

    certificate: bytes = b""
    key: bytes = b""


def tls_context(cluster: Mapping[str, Any], certificate: ClientCertificate) -> ssl.SSLContext:
    """`cluster` is a kubeconfig's entry. Reads files; raises KubeconfigProblem."""
    authority = pem_of(cluster, "certificate-authority")
    insecure = bool(cluster.get("insecure-skip-tls-verify"))
    if authority and insecure:
        raise KubeconfigProblem(
            "certificate-authority and insecure-skip-tls-verify exclude each other: remove one of them"
        )
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif authority:
        context = _trusting(authority)
    # Clusters' authorities often lack the extensions that newer Pythons insist on; and a server's own
    # certificate may be what is trusted. Go takes both.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if certificate.certificate or certificate.key:
        _present(context, certificate)
    return context


def client_certificate(user: Mapping[str, Any]) -> ClientCertificate:
    """What the user's entry holds or names."""
    found = ClientCertificate(pem_of(user, "client-certificate"), pem_of(user, "client-key"))
    if bool(found.certificate) != bool(found.key):
        lacks = "client-key" if found.certificate else "client-certificate"
        raise KubeconfigProblem(f"the user has no {lacks}: certificate and key are needed together")
    return found


def pem_of(entry: Mapping[str, Any], name: str) -> bytes:
    """`NAME-data`, base64, before the file that `NAME` names; empty when there is neither."""
    if data := entry.get(f"{name}-data"):
        try:
            return base64.b64decode(str(data), validate=True)
        except binascii.Error as error:
            raise KubeconfigProblem(f"{name}-data is no base64: {error}") from error
    path = entry.get(name)
    if not path:
        return b""
    try:
        with open(str(path), "rb") as file:
            return file.read()
    except OSError as error:
        raise KubeconfigProblem(f"{name}: {path}: {error.strerror}") from error


def _trusting(authority: bytes) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cadata=authority.decode())
    except (ssl.SSLError, UnicodeDecodeError) as error:
        raise KubeconfigProblem(f"certificate-authority holds no certificate: {error}") from error


def _present(context: ssl.SSLContext, certificate: ClientCertificate) -> None:
    """Python's TLS reads keys from files alone: for that moment there is one that only we may read."""
    descriptor, path = tempfile.mkstemp(prefix="tuik8s-", suffix=".pem")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(certificate.certificate.rstrip() + b"\n" + certificate.key)
        # No prompt on the terminal for a key that is locked: it belongs to the interface.
        context.load_cert_chain(path, password=lambda: b"")
    except (ssl.SSLError, ValueError) as error:
        raise KubeconfigProblem(
            f"client-certificate and client-key do not work: {error}; a key with a password is not supported"
        ) from error
    finally:
        os.unlink(path)
