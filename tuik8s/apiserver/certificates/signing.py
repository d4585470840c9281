"""Sign certificates that others ask for (pkg/controller/certificates/authority)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from tuik8s.apiserver.certificates.issuing import CLOCK_SKEW, Issued

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

_KEY_USAGES = {"digital signature", "key encipherment"}
_PURPOSES = {
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
    "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
}


def sign_request(
    authority: Issued, request: bytes, usages: Collection[str], lifetime: timedelta, now: datetime
) -> bytes:
    """The certificate as PEM, with the subject and the names of the request. Raises ValueError."""
    wanted = x509.load_pem_x509_csr(request)
    if not wanted.is_signature_valid:
        raise ValueError("the signature of the request is not of its own key")
    issuer = authority.certificate
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateBuilder()
        .subject_name(wanted.subject)
        .issuer_name(issuer.subject)
        .public_key(wanted.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(min(now + lifetime, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
    )
    if _KEY_USAGES & set(usages):  # an empty extension would allow nothing
        builder = builder.add_extension(_usage(usages), critical=True)
    purposes = [purpose for usage, purpose in _PURPOSES.items() if usage in usages]
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    for extension in wanted.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            builder = builder.add_extension(extension.value, critical=extension.critical)
    certificate = builder.sign(authority.key, hashes.SHA256())
    return certificate.public_bytes(serialization.Encoding.PEM)


def _usage(usages: Collection[str]) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature="digital signature" in usages, key_encipherment="key encipherment" in usages,
        content_commitment=False, data_encipherment=False, key_agreement=False, key_cert_sign=False,
        crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
