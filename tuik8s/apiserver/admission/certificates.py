"""Who may have certificates: approval, signing, refused names (plugin/pkg/admission/certificates)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden
from tuik8s.api.request import Verb
from tuik8s.apiserver.authorization import Attributes as AccessAttributes
from tuik8s.apiserver.authorization.modes import MASTERS

if TYPE_CHECKING:
    from tuik8s.apiserver.admission.chain import Attributes
    from tuik8s.apiserver.authorization import Authorization

CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client"


class CertificateApproval:
    """A verdict on a request needs the verb `approve` on its signer."""

    name = "CertificateApproval"

    def __init__(self, authorization: Authorization) -> None:
        self._authorization = authorization

    async def admit(self, attributes: Attributes) -> None:
        """Only the subresource is looked at."""

    async def admit_subresource(self, attributes: Attributes) -> None:
        if _is_request(attributes, "approval"):
            _check_signer(self._authorization, attributes, "approve")


class CertificateSigning:
    """A certificate, or a failure to sign one, needs the verb `sign` on the request's signer."""

    name = "CertificateSigning"

    def __init__(self, authorization: Authorization) -> None:
        self._authorization = authorization

    async def admit(self, attributes: Attributes) -> None:
        """Only the subresource is looked at."""

    async def admit_subresource(self, attributes: Attributes) -> None:
        if not _is_request(attributes, "status"):
            return
        status, before = attributes.object.get("status") or {}, (attributes.old or {}).get("status") or {}
        if any(status.get(field) != before.get(field) for field in ("certificate", "conditions")):
            _check_signer(self._authorization, attributes, "sign")


class CertificateSubjectRestriction:
    """Nobody asks for a certificate that makes him a master."""

    name = "CertificateSubjectRestriction"

    async def admit(self, attributes: Attributes) -> None:
        if not _is_request(attributes, "") or attributes.operation is not Verb.CREATE:
            return
        spec = attributes.object.get("spec") or {}
        if spec.get("signerName") == CLIENT_SIGNER and MASTERS in _organizations(spec.get("request", "")):
            why = f"use of {CLIENT_SIGNER} signer with {MASTERS} group is not allowed"
            raise Forbidden.on(attributes.kind.resource, attributes.name, why)


def _is_request(attributes: Attributes, subresource: str) -> bool:
    return (
        attributes.kind == kinds.CERTIFICATE_SIGNING_REQUEST and attributes.request.subresource == subresource
    )


def _check_signer(authorization: Authorization, attributes: Attributes, verb: str) -> None:
    """By its own name, or by that of all signers of its domain."""
    kind, user = attributes.kind, attributes.request.user
    signer: str = ((attributes.old or attributes.object).get("spec") or {}).get("signerName", "")
    for name in (signer, f"{signer.partition('/')[0]}/*"):
        asked = AccessAttributes(user, verb, kind.group, "signers", name=name)
        if authorization.authorize(asked).allowed:
            return
    why = f'user not permitted to {verb} requests with signerName "{signer}"'
    raise Forbidden.on(kind.resource, attributes.name, why)


def _organizations(request: str) -> list[str]:
    """Of the subject that is asked for; what cannot be read is refused by validation."""
    from cryptography import x509  # seldom needed, and slow to load
    from cryptography.x509.oid import NameOID

    try:
        asked = x509.load_pem_x509_csr(base64.b64decode(request))
    except ValueError:
        return []
    return [str(part.value) for part in asked.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
