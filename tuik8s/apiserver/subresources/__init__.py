"""Subresources that are more than another view of the object: who answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.apiserver.subresources import certificates, eviction, namespaces, pods, scale, tokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import Request, Response
    from tuik8s.apiserver.registry import Registry

    Handler = Callable[[Registry, Request], Awaitable[Response]]

_HANDLERS: dict[tuple[str, str], Handler] = {
    ("pods", "binding"): pods.bind,
    ("pods", "eviction"): eviction.evict,
    ("pods", "ephemeralcontainers"): pods.change_ephemeral_containers,
    ("pods", "resize"): pods.resize,
    ("namespaces", "finalize"): namespaces.finalize,
    ("certificatesigningrequests.certificates.k8s.io", "approval"): certificates.approve,
    ("serviceaccounts", "token"): tokens.request_token,
}


def handler_of(kind: Kind, subresource: str) -> Handler | None:
    if subresource == "scale" and "scale" in kind.subresources:
        return scale.serve
    return _HANDLERS.get((kind.resource, subresource))
