"""The scale subresource: one number of a workload, as autoscaling/v1 Scale."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuik8s.api import schema
from tuik8s.api.errors import BadRequest, Conflict, Invalid, MethodNotSupported, invalid
from tuik8s.api.kinds import Kind
from tuik8s.api.patch import apply_patch
from tuik8s.api.request import PatchType, Response, Verb
from tuik8s.api.workloads import selector_of
from tuik8s.apiserver.decoding import check_type, decode_patched, place

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request
    from tuik8s.apiserver.registry import Registry

SCALE = Kind("autoscaling", "v1", "Scale", "scales", True, model="autoscaling_v1:Scale")


async def serve(registry: Registry, request: Request) -> Response:
    if request.verb is Verb.GET:
        return Response(scale_of(registry.current(request.namespace, request.name)))
    if request.verb not in (Verb.UPDATE, Verb.PATCH) or request.patch_type is PatchType.APPLY:
        raise MethodNotSupported(f"{request.verb} is not supported on {registry.kind.resource}/scale")

    def scaled(current: Obj) -> Obj:
        scale = _wanted(request, scale_of(current))
        revision = scale["metadata"].get("resourceVersion", "")
        if revision and revision != current["metadata"]["resourceVersion"]:
            raise Conflict.modified(registry.kind.resource, request.name)
        spec = {**(current.get("spec") or {}), "replicas": _replicas(scale)}
        return {**current, "metadata": dict(current["metadata"]), "spec": spec}

    # Written as an update of the whole object, owned by the manager of this subresource.
    changed = await registry.change(replace(request, patch_type=None), scaled)
    return Response(scale_of(changed))


def scale_of(obj: Obj) -> Obj:
    meta, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    selector = selector_of(obj)
    return {
        "apiVersion": SCALE.api_version,
        "kind": SCALE.kind,
        "metadata": {field: meta[field] for field in kept if field in meta},
        "spec": {"replicas": spec.get("replicas", 0)},
        "status": {"replicas": status.get("replicas", 0), "selector": str(selector)},
    }


def _wanted(request: Request, current: Obj) -> Obj:
    if request.verb is Verb.PATCH:
        patch_type = request.patch_type or PatchType.MERGE
        patched = apply_patch(SCALE, patch_type, current, request.body)
        return decode_patched(SCALE, request, patched).object
    if not isinstance(request.body, dict):
        raise BadRequest("the object provided is unrecognized (must be of type Scale)")
    check_type(SCALE, request.body)
    decoded = schema.decode(SCALE, request.body, request.field_validation).object
    place(SCALE, request, decoded)
    return decoded


def _replicas(scale: Obj) -> int:
    replicas: int = (scale.get("spec") or {}).get("replicas", 0)
    if replicas < 0:
        errors = [invalid("spec.replicas", replicas, "must be greater than or equal to 0")]
        raise Invalid.of(SCALE.kind, SCALE.group, scale["metadata"]["name"], errors)
    return replicas
