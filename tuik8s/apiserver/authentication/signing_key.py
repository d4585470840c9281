"""The key that signs service account tokens: one a cluster, kept beside its certificates."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from tuik8s.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class SigningKey:
    private: ec.EllipticCurvePrivateKey
    identifier: str
    """The `kid` of its tokens: a digest of the public key."""

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        return self.private.public_key()

    def jwk(self) -> dict[str, Any]:
        """The public half (RFC 7517)."""
        made: dict[str, Any] = ECAlgorithm.to_jwk(self.public, as_dict=True)
        return {"use": "sig", "alg": "ES256", "kid": self.identifier, **made}


def new_signing_key() -> SigningKey:
    return _of(ec.generate_private_key(ec.SECP256R1()))


def ensure_signing_key(path: Path) -> SigningKey:
    """The key of the file, which is made (0600) when it is missing or cannot be read. Blocks."""
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(found, ec.EllipticCurvePrivateKey) and isinstance(found.curve, ec.SECP256R1):
            path.chmod(0o600)
            return _of(found)
    except (FileNotFoundError, ValueError, TypeError):
        pass  # tokens of a lost key do not hold any longer: kubelets ask for new ones
    made = new_signing_key()
    content = made.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, content)
    return made


def _of(private: ec.EllipticCurvePrivateKey) -> SigningKey:
    der = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()
    return SigningKey(private, digest)
