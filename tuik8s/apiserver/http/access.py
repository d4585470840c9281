"""Who asks, and whether they may.

Authentication is by client certificate: the common name is the user, each organization a group. Authorisation
is not RBAC yet: members of `system:masters` may do everything, everybody else may only ask for health and
version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api.errors import Forbidden, Unauthorized
from tuik8s.api.request import User

if TYPE_CHECKING:
    from aiohttp import web

    from tuik8s.apiserver.http.paths import ResourcePath

MASTERS, AUTHENTICATED = "system:masters", "system:authenticated"
ANONYMOUS = User("system:anonymous", ("system:unauthenticated",))
PUBLIC = frozenset(("healthz", "livez", "readyz", "version"))
"""First parts of the paths that need no user."""


def authenticate(request: web.BaseRequest) -> User:
    """The TLS layer has checked the certificate against the cluster's authority, if there is one."""
    transport = request.transport
    certificate: Any = transport.get_extra_info("peercert") if transport is not None else None
    if not certificate:
        return ANONYMOUS
    names = [pair for part in certificate.get("subject", ()) for pair in part]
    common = [value for name, value in names if name == "commonName"]
    groups = [value for name, value in names if name == "organizationName"]
    if not common or not common[0]:
        return ANONYMOUS
    return User(common[0], (*groups, AUTHENTICATED))


def authorise_path(user: User, method: str, segments: list[str]) -> None:
    """For what is no resource. Raises Unauthorized for nobody and Forbidden for the wrong one."""
    if segments and segments[0] in PUBLIC:
        return
    authorise_any(user)
    if MASTERS not in user.groups:
        path = "/" + "/".join(segments)
        raise Forbidden(f'forbidden: User "{user.name}" cannot {method.lower()} path "{path}"', details={})


def authorise_any(user: User) -> None:
    """Nobody is told what resources there are."""
    if user is ANONYMOUS:
        raise Unauthorized("Unauthorized")


def authorise_resource(user: User, verb: str, path: ResourcePath) -> None:
    authorise_any(user)
    if MASTERS in user.groups:
        return
    kind = path.kind
    resource = f"{kind.plural}/{path.subresource}" if path.subresource else kind.plural
    scope = f'in the namespace "{path.namespace}"' if path.namespace else "at the cluster scope"
    why = f'User "{user.name}" cannot {verb} resource "{resource}" in API group "{kind.group}" {scope}'
    raise Forbidden.on(kind.resource, path.name, why)
