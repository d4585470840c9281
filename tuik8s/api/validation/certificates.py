"""Certificate requests (pkg/apis/certificates/validation)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.validation.values import check_immutable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_SHORTEST = 600
_LONGEST_SIGNER = 571
_SIGNER = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
_USAGES = frozenset({
    "signing", "digital signature", "content commitment", "key encipherment", "key agreement",
    "data encipherment", "cert sign", "crl sign", "encipher only", "decipher only", "any", "server auth",
    "client auth", "code signing", "email protection", "s/mime", "ipsec end system", "ipsec tunnel",
    "ipsec user", "timestamping", "ocsp signing", "microsoft sgc", "netscape sgc",
})  # fmt: skip
_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----\s.*?-----END \1-----", re.DOTALL)


def validate_certificate_request(request: Obj) -> Iterator[FieldError]:
    spec = request.get("spec") or {}
    problem = _request_problem(spec.get("request", ""))
    if problem:
        yield errors.invalid("spec.request", spec.get("request", ""), problem)
    usages = spec.get("usages") or []
    if not usages:
        yield errors.required("spec.usages")
    for index, usage in enumerate(usages):
        if usage not in _USAGES:
            yield errors.not_supported(f"spec.usages[{index}]", usage, sorted(_USAGES))
        if usage in usages[:index]:
            yield errors.duplicate(f"spec.usages[{index}]", usage)
    yield from check_signer_name(spec.get("signerName", ""), "spec.signerName")
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < _SHORTEST:
        why = "may not specify a duration less than 600 seconds (10 minutes)"
        yield errors.invalid("spec.expirationSeconds", seconds, why)
    yield from _check_conditions(request)


def _request_problem(text: str) -> str:
    """Of the PEM that is sent as base64."""
    try:
        block = _BLOCK.search(base64.b64decode(text))
    except (ValueError, binascii.Error):
        block = None
    if block is None or block[1] != b"CERTIFICATE REQUEST":
        return "PEM block type must be CERTIFICATE REQUEST"
    return ""


def check_signer_name(name: str, path: str) -> Iterator[FieldError]:
    if not name:
        yield errors.required(path)
        return
    domain, _, rest = name.partition("/")
    if not rest or "/" in rest:
        yield errors.invalid(path, name, _SIGNER)
        return
    for problem in names.dns_subdomain(domain):
        yield errors.invalid(path, domain, f'validating label "{domain}": {problem}')
    if "." not in domain:
        yield errors.invalid(path, domain, "should be a domain with at least two segments separated by dots")
    for problem in names.dns_subdomain(rest):
        yield errors.invalid(path, rest, f'validating label "{rest}": {problem}')
    if len(name) > _LONGEST_SIGNER:
        yield errors.too_long(path, _LONGEST_SIGNER)


def _check_conditions(request: Obj) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, condition in enumerate((request.get("status") or {}).get("conditions") or ()):
        path, kind, status = f"status.conditions[{index}]", condition.get("type"), condition.get("status", "")
        if not kind:
            yield errors.required(f"{path}.type")
        if not status:
            yield errors.required(f"{path}.status")
        elif kind in ("Approved", "Denied", "Failed") and status != "True":
            yield errors.not_supported(f"{path}.status", status, ("True",))
        if kind in seen:
            yield errors.duplicate(f"{path}.type", kind)
        seen.add(kind or "")
    if {"Approved", "Denied"} <= seen:
        yield errors.invalid(
            "status.conditions", "Approved", "Approved and Denied conditions are mutually exclusive"
        )


def validate_approval_update(request: Obj, old: Obj) -> Iterator[FieldError]:
    """A verdict is final."""
    yield from _check_conditions(request)
    for verdict in ("Approved", "Denied", "Failed"):
        if _has(old, verdict) and not _has(request, verdict):
            yield errors.forbidden(
                "status.conditions", f'updates may not remove a condition of type "{verdict}"'
            )


def validate_status_update(request: Obj, old: Obj) -> Iterator[FieldError]:
    yield from validate_approval_update(request, old)
    issued = (old.get("status") or {}).get("certificate")
    if issued:
        given = (request.get("status") or {}).get("certificate")
        yield from check_immutable(given, issued, "status.certificate")


def _has(request: Obj, kind: str) -> bool:
    conditions = (request.get("status") or {}).get("conditions") or ()
    return any(condition.get("type") == kind for condition in conditions)
