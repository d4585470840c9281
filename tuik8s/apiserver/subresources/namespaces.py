"""namespaces/finalize: how the namespace controller lets go of a namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.errors import MethodNotSupported
from tuik8s.api.request import Response, Verb
from tuik8s.apiserver.decoding import decode_body

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request
    from tuik8s.apiserver.registry import Registry


async def finalize(registry: Registry, request: Request) -> Response:
    """PUT changes `spec.finalizers` alone; a deleted namespace without any is removed."""
    if request.verb is not Verb.UPDATE:
        raise MethodNotSupported(f"{request.verb} is not supported on namespaces/finalize")
    body, warnings = decode_body(registry.rules, request)

    def with_finalizers(current: Obj) -> Obj:
        meta = {**current["metadata"], "resourceVersion": body["metadata"].get("resourceVersion", "")}
        spec = {**(current.get("spec") or {}), "finalizers": (body.get("spec") or {}).get("finalizers") or []}
        return {**current, "metadata": meta, "spec": spec}

    retry = not body["metadata"].get("resourceVersion")
    return Response(await registry.change(request, with_finalizers, retry=retry), warnings)
