"""The scale subresource: one number of a workload, as autoscaling/v1 Scale."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuik8s.api import fieldmanager, schema
from tuik8s.api.clock import timestamp
from tuik8s.api.customresources import CustomKind, ScalePaths, value_at
from tuik8s.api.errors import BadRequest, Conflict, InternalError, Invalid, MethodNotSupported, invalid
from tuik8s.api.kinds import Kind
from tuik8s.api.patch import apply_patch
from tuik8s.api.request import PatchType, Response, Verb
from tuik8s.api.workloads import selector_of
from tuik8s.apiserver.decoding import check_type, decode_patched, place
from tuik8s.apiserver.registry import require_field_manager
from tuik8s.apiserver.rules import rules_of

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request
    from tuik8s.apiserver.registry import Registry

SCALE = Kind("autoscaling", "v1", "Scale", "scales", True, model="autoscaling_v1:Scale")
_BUILT_IN = ScalePaths(("spec", "replicas"), ("status", "replicas"), ())


async def serve(registry: Registry, request: Request) -> Response:
    if request.verb is Verb.GET:
        return Response(scale_of(registry.kind, registry.current(request.namespace, request.name)))
    if request.verb not in (Verb.UPDATE, Verb.PATCH):
        raise MethodNotSupported(f"{request.verb} is not supported on {registry.kind.resource}/scale")

    if request.patch_type is PatchType.APPLY:
        return await _apply(registry, request)

    def scaled(current: Obj) -> Obj:
        scale = _wanted(request, scale_of(registry.kind, current))
        return _scaled(registry.kind, current, scale)

    # Written as an update of the whole object, owned by the manager of this subresource.
    changed = await registry.change(replace(request, patch_type=None), scaled)
    return Response(scale_of(registry.kind, changed))


async def _apply(registry: Registry, request: Request) -> Response:
    """What the scale is of cannot be created so."""
    config = _sent(request)
    require_field_manager(request)
    kind, paths = registry.kind, _paths(registry.kind)
    manager = replace(registry.manager_of(request), api_version=SCALE.api_version)

    def applied(current: Obj) -> Obj:
        known = current["metadata"].get("managedFields")
        ownership = fieldmanager.ScaleOwnership(known, kind.api_version, paths.replicas)
        scale = scale_of(kind, current)
        scale["metadata"]["managedFields"] = ownership.of_scale()
        scale = fieldmanager.apply(
            rules_of(SCALE).structure, scale, config, manager=manager, force=request.force,
            now=timestamp(registry.context.clock.now()),
        )  # fmt: skip
        changed = _scaled(kind, current, scale)
        changed["metadata"]["managedFields"] = ownership.of_parent(scale["metadata"]["managedFields"])
        return changed

    return Response(scale_of(kind, await registry.change(request, applied)))


def _scaled(kind: Kind, current: Obj, scale: Obj) -> Obj:
    """`current` with the replicas of `scale`, which may be of another revision only if it names none."""
    revision = scale["metadata"].get("resourceVersion", "")
    if revision and revision != current["metadata"]["resourceVersion"]:
        raise Conflict.modified(kind.resource, current["metadata"]["name"])
    changed = {**current, "metadata": dict(current["metadata"])}
    return _with(changed, _paths(kind).replicas, _replicas(scale))


def scale_of(kind: Kind, obj: Obj) -> Obj:
    meta, paths = obj["metadata"], _paths(kind)
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    replicas = value_at(obj, paths.replicas)
    if replicas is None and isinstance(kind, CustomKind):
        where = f".{'.'.join(paths.replicas)}"
        raise InternalError(f'Internal error occurred: the spec replicas field "{where}" does not exist')
    return {
        "apiVersion": SCALE.api_version,
        "kind": SCALE.kind,
        "metadata": {field: meta[field] for field in kept if field in meta},
        "spec": {"replicas": replicas or 0},
        "status": {"replicas": value_at(obj, paths.status_replicas) or 0, "selector": _selector(kind, obj)},
    }


def _selector(kind: Kind, obj: Obj) -> str:
    """As text: custom resources have it so."""
    if not isinstance(kind, CustomKind):
        return str(selector_of(obj))
    path = _paths(kind).selector
    return str((path and value_at(obj, path)) or "")


def _paths(kind: Kind) -> ScalePaths:
    found = kind.definition.scale if isinstance(kind, CustomKind) else None
    return found or _BUILT_IN


def _with(obj: Obj, path: tuple[str, ...], value: int) -> Obj:
    """A copy along the path."""
    name, *deeper = path
    below = obj.get(name) if isinstance(obj.get(name), dict) else {}
    return {**obj, name: _with(below or {}, tuple(deeper), value) if deeper else value}


def _wanted(request: Request, current: Obj) -> Obj:
    if request.verb is Verb.PATCH:
        patch_type = request.patch_type or PatchType.MERGE
        patched = apply_patch(SCALE, patch_type, current, request.body)
        return decode_patched(rules_of(SCALE), request, patched).object
    return _sent(request)


def _sent(request: Request) -> Obj:
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
