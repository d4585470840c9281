"""Sign the certificate requests that were approved (pkg/controller/certificates/signer)."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, TypeAlias

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Key, Obj, is_true
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cryptography.x509 import CertificateSigningRequest, SubjectAlternativeName

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers

LONGEST = timedelta(days=365)
"""kube-controller-manager's --cluster-signing-duration."""
NODES, NODE_PREFIX = "system:nodes", "system:node:"


class Violation(ValueError):
    """A request does not keep to the rules of its signer; the text goes into its condition."""


class Sign(Protocol):
    async def __call__(self, request: bytes, usages: Collection[str], lifetime: timedelta) -> bytes:
        """PEM to PEM, by the cluster's authority. Raises ValueError for what is no request."""


class CertificateSigningController(Reconciler):
    """Puts a certificate into every approved request of a signer that is Kubernetes' own."""

    name = "certificatesigningrequest-signing-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock, sign: Sign
    ) -> None:
        del recorder  # part of every controller's signature; requests say by conditions what became of them
        self._client = client
        self._clock = clock
        self._sign = sign
        self._requests = informers.of(kinds.CERTIFICATE_SIGNING_REQUEST)
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=1)
        self._controller.watches(self._requests)

    async def reconcile(self, key: Key) -> None:
        request = self._requests.get(key)
        if request is None or not _is_waiting(request):
            return
        rules = SIGNERS.get(request["spec"]["signerName"])
        if rules is None:
            return  # somebody else signs these
        status = dict(request.get("status") or {})
        try:
            status["certificate"] = await self._certificate(request["spec"], rules)
        except ValueError as problem:
            status["conditions"] = [*(status.get("conditions") or ()), self._failed(str(problem))]
        try:
            await self._client.update_status(kinds.CERTIFICATE_SIGNING_REQUEST, {**request, "status": status})
        except NotFound:
            return  # nobody waits for it any more

    async def _certificate(self, spec: Obj, rules: Rules) -> str:
        """In base64, as the status carries it. Raises `Violation`, ValueError."""
        from cryptography.x509 import load_pem_x509_csr  # takes its time to load, and few clusters need it

        usages, pem = spec.get("usages") or [], base64.b64decode(spec["request"])
        rules(load_pem_x509_csr(pem), usages)
        seconds = spec.get("expirationSeconds")
        lifetime = LONGEST if seconds is None else min(timedelta(seconds=seconds), LONGEST)
        return base64.b64encode(await self._sign(pem, usages, lifetime)).decode()

    def _failed(self, why: str) -> Obj:
        now = timestamp(self._clock.now())
        return {
            "type": "Failed", "status": "True", "reason": "SignerValidationFailure", "message": why,
            "lastUpdateTime": now, "lastTransitionTime": now,
        }  # fmt: skip


def _is_waiting(request: Obj) -> bool:
    has_ended = (request.get("status") or {}).get("certificate") or is_true(request, "Failed")
    return is_true(request, "Approved") and not is_true(request, "Denied") and not has_ended


# The rules of each signer (pkg/apis/certificates/helpers.go) ----------------------------------------------


def client_rules(_: CertificateSigningRequest, usages: Collection[str]) -> None:
    for usage in usages:
        if usage not in ("digital signature", "key encipherment", "client auth"):
            raise Violation(f"invalid usage for client certificate: {usage}")
    if "client auth" not in usages:
        raise Violation("missing required usage for client certificate: client auth")


def kubelet_client_rules(request: CertificateSigningRequest, usages: Collection[str]) -> None:
    _check_subject(request)
    names = _names(request)
    _check_no_names(names, ("DNS", "Email", "IP", "URI"))
    _check_usages(usages, "client auth")


def kubelet_serving_rules(request: CertificateSigningRequest, usages: Collection[str]) -> None:
    _check_subject(request)
    names = _names(request)
    if not names["DNS"] and not names["IP"]:
        raise Violation("DNS or IP subjectAltName is required")
    _check_no_names(names, ("Email", "URI"))
    _check_usages(usages, "server auth")


def _check_subject(request: CertificateSigningRequest) -> None:
    from cryptography.x509.oid import NameOID

    groups = [str(part.value) for part in request.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    if groups != [NODES]:
        raise Violation(f"subject organization is not {NODES}")
    names = [str(part.value) for part in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if not names or not names[-1].startswith(NODE_PREFIX):
        raise Violation(f"subject common name does not begin with {NODE_PREFIX}")


def _check_no_names(names: dict[str, list[object]], kinds_of_name: Collection[str]) -> None:
    for kind in kinds_of_name:
        if names[kind]:
            raise Violation(f"{kind} subjectAltNames are not allowed")


def _check_usages(usages: Collection[str], purpose: str) -> None:
    if (
        not {purpose, "digital signature"}
        <= set(usages)
        <= {purpose, "digital signature", "key encipherment"}
    ):
        raise Violation(f"usages did not match [digital signature {purpose}]")


def _names(request: CertificateSigningRequest) -> dict[str, list[object]]:
    """The subject alternative names by kind."""
    from cryptography import x509

    found: SubjectAlternativeName | None = None
    for extension in request.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            found = extension.value
    if found is None:
        return {"DNS": [], "Email": [], "URI": [], "IP": []}
    return {
        "DNS": list(found.get_values_for_type(x509.DNSName)),
        "Email": list(found.get_values_for_type(x509.RFC822Name)),
        "URI": list(found.get_values_for_type(x509.UniformResourceIdentifier)),
        "IP": list(found.get_values_for_type(x509.IPAddress)),
    }


Rules: TypeAlias = "Callable[[CertificateSigningRequest, Collection[str]], None]"
SIGNERS: dict[str, Rules] = {
    "kubernetes.io/kube-apiserver-client": client_rules,
    "kubernetes.io/kube-apiserver-client-kubelet": kubelet_client_rules,
    "kubernetes.io/kubelet-serving": kubelet_serving_rules,
}
