"""Approved requests get a certificate of the cluster's authority, by the rules of their signer."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.controllers.machinery import Machinery, machinery
from tuik8s.api import kinds
from tuik8s.api.objects import condition_of
from tuik8s.apiserver.certificates import ensure_authority, sign_certificate
from tuik8s.controllers import CertificateSigningController

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime

KIND = kinds.CERTIFICATE_SIGNING_REQUEST
CLIENT, KUBELET, SERVING = (
    f"kubernetes.io/{signer}"
    for signer in ("kube-apiserver-client", "kube-apiserver-client-kubelet", "kubelet-serving")
)
NODE = ("system:node:a", ("system:nodes",))
KUBELET_USAGES = ["digital signature", "client auth"]


def pem(name: str, groups: Sequence[str] = (), hosts: Sequence[str] = ()) -> bytes:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if hosts:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    request = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def signing_request(content: bytes, signer: str = CLIENT, **spec: Any) -> Obj:
    spec = {
        "request": base64.b64encode(content).decode(),
        "signerName": signer,
        "usages": ["client auth"],
        **spec,
    }
    return {
        "apiVersion": "certificates.k8s.io/v1", "kind": KIND.kind, "metadata": {"name": "jane"}, "spec": spec,
    }  # fmt: skip


async def judged(machines: Machinery, request: Obj, verdict: str = "Approved") -> Obj:
    """Made, judged, and looked at when the controller has had its time."""
    await machines.client.create(KIND, request)
    condition = {"type": verdict, "status": "True", "reason": "Test", "message": ""}
    patch = {"status": {"conditions": [condition]}}
    await machines.client.patch(KIND, "", "jane", patch, subresource="approval")
    with suppress(AssertionError):
        await machines.until(lambda: _ended(machines), limit=10)
    return await machines.get(KIND, "jane", "")


async def _ended(machines: Machinery) -> bool:
    found = await machines.get(KIND, "jane", "")
    return bool((found.get("status") or {}).get("certificate") or condition_of(found, "Failed"))


@pytest.fixture
def options(plane: ControlPlane, tmp_path: Path) -> dict[str, Any]:
    async def sign(request: bytes, usages: Collection[str], lifetime: timedelta) -> bytes:
        return sign_certificate(tmp_path, request, usages, lifetime, plane.clock.now())

    return {"sign": sign}


def certificate_of(request: Obj) -> x509.Certificate:
    return x509.load_pem_x509_certificate(base64.b64decode(request["status"]["certificate"]))


async def test_an_approved_client_is_signed(
    plane: ControlPlane, options: dict[str, Any], tmp_path: Path
) -> None:
    async with machinery(plane, CertificateSigningController, **options) as machines:
        found = await judged(machines, signing_request(pem("jane", ["dev"]), expirationSeconds=3600))
        certificate = certificate_of(found)
        now = plane.clock.now()
        authority = x509.load_pem_x509_certificate(ensure_authority(tmp_path, now).read_bytes())
    certificate.verify_directly_issued_by(authority)
    assert certificate.subject.rfc4514_string() == "CN=jane,O=dev"
    assert timedelta(minutes=59) < certificate.not_valid_after_utc - now <= timedelta(hours=1)
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert condition_of(found, "Approved")
    with pytest.raises(x509.ExtensionNotFound):  # none was asked for, and an empty one would forbid all
        certificate.extensions.get_extension_for_class(x509.KeyUsage)


async def test_a_serving_certificate_carries_its_names(plane: ControlPlane, options: dict[str, Any]) -> None:
    async with machinery(plane, CertificateSigningController, **options) as machines:
        usages = ["digital signature", "server auth"]
        found = await judged(machines, signing_request(pem(*NODE, ["a.example"]), SERVING, usages=usages))
    names = certificate_of(found).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example"]


@pytest.mark.parametrize(
    ("content", "signer", "usages", "why"),
    [
        (pem("jane"), CLIENT, ["server auth"], "invalid usage for client certificate: server auth"),
        (
            pem("jane"), CLIENT, ["digital signature"],
            "missing required usage for client certificate: client auth",
        ),
        (pem("jane"), KUBELET, KUBELET_USAGES, "subject organization is not system:nodes"),
        (
            pem("jane", NODE[1]), KUBELET, KUBELET_USAGES,
            "subject common name does not begin with system:node:",
        ),
        (pem(*NODE, ["a"]), KUBELET, KUBELET_USAGES, "DNS subjectAltNames are not allowed"),
        (pem(*NODE), KUBELET, ["client auth"], "usages did not match [digital signature client auth]"),
        (pem(*NODE), SERVING, ["digital signature", "server auth"], "DNS or IP subjectAltName is required"),
    ],
)  # fmt: skip
async def test_what_breaks_the_rules_has_failed(
    plane: ControlPlane, options: dict[str, Any], content: bytes, signer: str, usages: list[str], why: str
) -> None:
    async with machinery(plane, CertificateSigningController, **options) as machines:
        found = await judged(machines, signing_request(content, signer, usages=usages))
    condition = condition_of(found, "Failed") or {}
    assert (condition["reason"], condition["message"]) == ("SignerValidationFailure", why)
    assert "certificate" not in found["status"]


@pytest.mark.parametrize(("signer", "verdict"), [(CLIENT, "Denied"), ("example.com/own", "Approved")])
async def test_others_are_left_alone(
    plane: ControlPlane, options: dict[str, Any], signer: str, verdict: str
) -> None:
    async with machinery(plane, CertificateSigningController, **options) as machines:
        found = await judged(machines, signing_request(pem("jane"), signer), verdict)
    assert "certificate" not in found["status"]
    assert condition_of(found, "Failed") is None
