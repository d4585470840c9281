"""serviceaccounts/token: tokens that expire, maybe bound to an object (pkg/registry/core/serviceaccount)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import BadRequest, Conflict, FieldError, Invalid, MethodNotSupported, NotFound, invalid
from tuik8s.api.kinds import Kind
from tuik8s.api.request import Response, Verb
from tuik8s.apiserver.decoding import decode_body
from tuik8s.apiserver.rules import rules_of
from tuik8s.apiserver.subresources.pods import admit_posted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request
    from tuik8s.apiserver.context import ServerContext
    from tuik8s.apiserver.registry import Registry

TOKEN_REQUEST = Kind(
    "authentication.k8s.io", "v1", "TokenRequest", "tokenrequests", True,
    model="authentication_v1:TokenRequest",
)  # fmt: skip
DEFAULT_SECONDS, LEAST_SECONDS, MOST_SECONDS = 3600, 600, 1 << 32
MOUNTED_SECONDS = 3607
"""What the ServiceAccount admission asks for. Such tokens live longer than they say, for clients that read
theirs once; that a client still uses one after its time is to be seen in the token's `warnafter`."""
EXTENDED_SECONDS = 365 * 24 * 3600
_BINDABLE: dict[str, Kind] = {"Pod": kinds.POD, "Secret": kinds.SECRET, "Node": kinds.NODE}


async def request_token(registry: Registry, request: Request) -> Response:
    """POST of a TokenRequest; the answer is the same with the token in its status."""
    from tuik8s.apiserver.authentication.service_accounts import Bound  # loads what signs

    context = registry.context
    if request.verb is not Verb.CREATE:
        raise MethodNotSupported("the server does not allow this method on the requested resource")
    if context.issuer is None:
        raise NotFound("the server could not find the requested resource")
    account = registry.current(request.namespace, request.name)
    asked, warnings = decode_body(rules_of(TOKEN_REQUEST), request)
    await admit_posted(registry, request, asked)
    spec = {"expirationSeconds": DEFAULT_SECONDS, **(asked.get("spec") or {})}
    errors = list(_problems(spec))
    if errors:
        raise Invalid.of(TOKEN_REQUEST.kind, TOKEN_REQUEST.group, request.name, errors)
    bound = Bound(**_bound_objects(context, request, spec.get("boundObjectRef")))
    issuer = await context.issuer()
    spec["audiences"] = spec.get("audiences") or list(issuer.audiences)
    seconds, began = spec["expirationSeconds"], context.clock.now()
    now = int(began.timestamp())
    extended = (
        seconds == MOUNTED_SECONDS and bound.pod is not None and spec["audiences"] == list(issuer.audiences)
    )
    token = issuer.issue(
        account, spec["audiences"], now=now, expires=now + (EXTENDED_SECONDS if extended else seconds),
        identifier=context.ids.uid(), bound=bound, warn_after=now + seconds if extended else None,
    )  # fmt: skip
    status = {"token": token, "expirationTimestamp": timestamp(began + timedelta(seconds=seconds))}
    metadata = {**asked["metadata"], "creationTimestamp": timestamp(began)}
    return Response(
        {**_typed(), "metadata": metadata, "spec": spec, "status": status}, warnings, created=True
    )


def _typed() -> Obj:
    return {"kind": TOKEN_REQUEST.kind, "apiVersion": TOKEN_REQUEST.api_version}


def _problems(spec: Obj) -> Iterator[FieldError]:
    seconds = spec["expirationSeconds"]
    if seconds < LEAST_SECONDS:
        yield invalid("spec.expirationSeconds", seconds, "may not specify a duration less than 10 minutes")
    if seconds > MOST_SECONDS:
        yield invalid(
            "spec.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"
        )


def _bound_objects(context: ServerContext, request: Request, reference: Obj | None) -> dict[str, Any]:
    """By the fields of `Bound`; a pod brings its node along."""
    if not reference:
        return {}
    version, name = reference.get("apiVersion", ""), reference.get("name", "")
    kind = _BINDABLE.get(reference.get("kind", "")) if version in ("", "v1") else None
    if kind is None:
        group_kind = f"{version or 'v1'}, Kind={reference.get('kind', '')}"
        raise BadRequest(f"cannot bind token to object of type {group_kind}")
    found = _current(context, kind, request.namespace, name)
    uid = found["metadata"]["uid"]
    if reference.get("uid") not in (None, "", uid):
        why = (
            f"the UID in the bound object reference ({reference['uid']}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
        raise Conflict.of(kind.resource, name, why)
    if kind != kinds.POD:
        return {kind.singular: found}
    if (found["spec"].get("serviceAccountName") or "default") != request.name:
        raise BadRequest(
            f'cannot bind token for serviceaccount "{request.name}" to pod running with different '
            "serviceaccount name."
        )
    node = context.store.get(kinds.NODE.storage_key("", found["spec"].get("nodeName", "")))
    return {"pod": found, "node": node}


def _current(context: ServerContext, kind: Kind, namespace: str, name: str) -> Obj:
    found = context.store.get(kind.storage_key(namespace if kind.namespaced else "", name))
    if found is None:
        raise NotFound.of(kind.resource, name)
    return found
