"""The approval subresource of certificate requests: only the verdicts in the conditions are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.errors import MethodNotSupported
from tuik8s.api.request import Response, Verb

if TYPE_CHECKING:
    from tuik8s.api.request import Request
    from tuik8s.apiserver.registry import Registry


async def approve(registry: Registry, request: Request) -> Response:
    match request.verb:
        case Verb.GET:
            return Response(registry.current(request.namespace, request.name))
        case Verb.UPDATE:
            return await registry.update(request)
        case Verb.PATCH:
            return await registry.patch(request)
    raise MethodNotSupported(f"{request.verb} is not supported on {registry.kind.resource}/approval")
