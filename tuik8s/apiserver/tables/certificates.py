"""Requests for certificates, and bundles of trusted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import age, human_duration
from tuik8s.api.objects import condition_of
from tuik8s.apiserver.tables.printer import AGE, NAME, NONE, Cells, Printer, column, or_none

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj


def request_cells(request: Obj, now: datetime) -> Cells:
    spec = request["spec"]
    duration = spec.get("expirationSeconds")
    return [
        request["metadata"]["name"],
        age(request, now),
        or_none(spec.get("signerName")),
        spec.get("username", ""),
        NONE if duration is None else human_duration(duration),
        _condition(request),
    ]


def _condition(request: Obj) -> str:
    """`Approved,Issued`; a denial outweighs an approval."""
    state = "Pending"
    if condition_of(request, "Denied"):
        state = "Denied"
    elif condition_of(request, "Approved"):
        state = "Approved"
    if condition_of(request, "Failed"):
        state += ",Failed"
    return f"{state},Issued" if (request.get("status") or {}).get("certificate") else state


def trust_bundle_cells(bundle: Obj, _now: datetime) -> Cells:
    return [bundle["metadata"]["name"], or_none(bundle["spec"].get("signerName"))]


def pod_request_cells(request: Obj, _now: datetime) -> Cells:
    spec = request["spec"]
    fields = ("podName", "serviceAccountName", "nodeName", "signerName")
    states = ("Denied", "Failed", "Issued")
    state = next((name for name in states if condition_of(request, name)), "Pending")
    return [request["metadata"]["name"], *(spec.get(field, "") for field in fields), state]


CERTIFICATE_REQUEST_PRINTER = Printer(
    [
        NAME,
        AGE,
        column("SignerName", "Who shall sign."),
        column("Requestor", "Who asks."),
        column("RequestedDuration", "For how long."),
        column("Condition", "Whether it is approved and issued."),
    ],
    request_cells,
)
_SIGNER = column("SignerName", "Whose certificates these are.")
TRUST_BUNDLE_PRINTER = Printer([NAME, _SIGNER], trust_bundle_cells)
POD_CERTIFICATE_REQUEST_PRINTER = Printer(
    [
        NAME,
        column("PodName", "The pod it is for."),
        column("ServiceAccountName", "The pod's account."),
        column("NodeName", "The pod's node."),
        _SIGNER,
        column("State", "Whether it is issued."),
    ],
    pod_request_cells,
)
