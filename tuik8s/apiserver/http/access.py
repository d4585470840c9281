"""Who asks over HTTP, for whom, and whether they may: before anything of the request's body is looked at."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from tuik8s.api.errors import Unauthorized
from tuik8s.apiserver.authorization import Attributes
from tuik8s.apiserver.authorization.attributes import of_resource
from tuik8s.apiserver.http import options
from tuik8s.apiserver.http.impersonation import impersonated

if TYPE_CHECKING:
    from aiohttp import web

    from tuik8s.api.request import User
    from tuik8s.apiserver.authorization import Authorization
    from tuik8s.apiserver.http.options import Query
    from tuik8s.apiserver.http.paths import ResourcePath
    from tuik8s.apiserver.server import ApiServer

_BEARER_PROTOCOL = "base64url.bearer.authorization.k8s.io."
_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}


def user_of(request: web.BaseRequest, api: ApiServer) -> User:
    """The TLS layer has checked the certificate against the cluster's authority, if there is one.

    Raises Unauthorized for credentials that do not hold, Forbidden for who may not be impersonated.
    """
    transport = request.transport
    certificate: Any = transport.get_extra_info("peercert") if transport is not None else None
    authorization = request.headers.get("Authorization", "") or _of_web_socket(request)
    user = api.authenticator.authenticate(certificate, authorization)
    return impersonated(user, request.headers, api.authorization)


def _of_web_socket(request: web.BaseRequest) -> str:
    """Browsers cannot send headers with a WebSocket: the token comes as one of the protocols they offer."""
    for protocol in _offered(request):
        if protocol.startswith(_BEARER_PROTOCOL):
            encoded = protocol.removeprefix(_BEARER_PROTOCOL)
            try:
                token = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
            except ValueError:
                raise Unauthorized("Unauthorized") from None
            return f"Bearer {token}"
    return ""


def protocols_of(request: web.BaseRequest) -> list[str]:
    """The WebSocket protocols that the client would speak; a token among them is nobody else's business."""
    return [protocol for protocol in _offered(request) if not protocol.startswith(_BEARER_PROTOCOL)]


def _offered(request: web.BaseRequest) -> list[str]:
    header = ",".join(request.headers.getall("Sec-WebSocket-Protocol", []))
    return [name for name in header.replace(" ", "").split(",") if name]


def check_path(authorization: Authorization, user: User, method: str, raw_path: str) -> None:
    """For what is no resource; the path counts as it was sent. Raises Forbidden."""
    path = raw_path.partition("?")[0]
    verb = method.lower() if method != "HEAD" else "head"
    authorization.check(Attributes(user, verb, path=path))


def check_resource(
    authorization: Authorization, user: User, verb: str, path: ResourcePath, query: Query
) -> None:
    """Raises Forbidden."""
    where, selector = (path.namespace, path.name, path.subresource), options.text(query, "fieldSelector")
    authorization.check(of_resource(user, verb, path.kind, where, selector))


def check_unknown(authorization: Authorization, user: User, method: str, segments: list[str]) -> None:
    """For resources that are not served: only who might use them is told so. Raises Forbidden."""
    group, rest = ("", segments[2:]) if segments[0] == "api" else (segments[1], segments[3:])
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces":
        namespace, rest = rest[1], rest[2:]
    resource, name, subresource = [*rest, "", "", ""][:3]
    verb = _VERBS.get(method, method.lower())
    if not name:
        verb = {"get": "list", "delete": "deletecollection"}.get(verb, verb)
    authorization.check(Attributes(user, verb, group, resource, subresource, namespace, name))
