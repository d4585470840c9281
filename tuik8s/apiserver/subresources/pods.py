"""Subresources of pods: binding, ephemeral containers (pkg/registry/core/pod/storage)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuik8s.api import fieldmanager, kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import BadRequest, Conflict, Invalid, MethodNotSupported, required
from tuik8s.api.objects import Obj, copy, is_deleting
from tuik8s.api.patch import apply_patch
from tuik8s.api.request import PatchType, Response, Verb
from tuik8s.apiserver.admission import Attributes
from tuik8s.apiserver.decoding import decode_body, decode_patched
from tuik8s.apiserver.registry import require_field_manager
from tuik8s.apiserver.rules import rules_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import Request
    from tuik8s.apiserver.registry import Registry

_SIZES, _SIZED = ("resources", "resizePolicy"), ("containers", "initContainers")
"""What the resize subresource changes of a container, and of which."""
_IDENTITY = ("name", "namespace", "uid", "resourceVersion", "managedFields")


async def bind(registry: Registry, request: Request) -> Response:
    """POST of a Binding gives the pod its node, once; the status answered carries the new revision."""
    body = await body_of(kinds.BINDING, registry, request)
    target = body.get("target") or {}
    if not target.get("name"):
        raise Invalid.of("Binding", "", request.name, [required("target.name")])
    if target.get("kind", "Node") not in ("", "Node", "Minion"):
        raise BadRequest(f"pods cannot be bound to a {target['kind']}")
    now = timestamp(registry.context.clock.now())

    def bound(pod: Obj) -> Obj:
        _check_bindable(pod, body.get("metadata") or {})
        meta, given = dict(pod["metadata"]), body.get("metadata") or {}
        for field in ("annotations", "labels"):
            if given.get(field):
                meta[field] = {**(meta.get(field) or {}), **given[field]}
        spec = {**pod["spec"], "nodeName": target["name"]}
        return {**pod, "metadata": meta, "spec": spec, "status": _scheduled(pod.get("status") or {}, now)}

    pod = await registry.change(request, bound)
    return Response(success(pod["metadata"]["resourceVersion"]))


async def bind_named(registry: Registry, request: Request) -> Response:
    """POST of a Binding of its own, as it was before pods had the subresource: it names the pod."""
    body = request.body if isinstance(request.body, dict) else {}
    meta = body.get("metadata")
    name = meta.get("name") if isinstance(meta, dict) else None
    if not isinstance(name, str) or not name:
        raise Invalid.of("Binding", "", "", [required("metadata.name", "name or generateName is required")])
    return await bind(registry, replace(request, kind=registry.kind, name=name, subresource="binding"))


def _check_bindable(pod: Obj, wanted: Obj) -> None:
    meta = pod["metadata"]
    name, node = meta["name"], pod["spec"].get("nodeName")
    why = ""
    if wanted.get("uid", meta["uid"]) != meta["uid"]:
        why = f"Precondition failed: UID in precondition: {wanted['uid']}, UID in object meta: {meta['uid']}"
    elif is_deleting(pod):
        why = f"pod {name} is being deleted, cannot be assigned to a host"
    elif node:
        why = f'pod {name} is already assigned to node "{node}"'
    elif pod["spec"].get("schedulingGates"):
        why = f"pod {name} has non-empty .spec.schedulingGates"
    if why:
        raise Conflict.of("pods/binding", name, why)


def _scheduled(status: Obj, now: str) -> Obj:
    conditions = list(status.get("conditions") or ())
    known = next((c for c in conditions if c["type"] == "PodScheduled"), None)
    if known is not None and known["status"] == "True":
        return status
    condition = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now}
    kept = [c for c in conditions if c is not known]
    return {**status, "conditions": [*kept, condition]}


async def change_ephemeral_containers(registry: Registry, request: Request) -> Response:
    """Nothing but `spec.ephemeralContainers` is taken from what the client sends."""
    if request.verb is Verb.GET:
        return Response(registry.current(request.namespace, request.name))
    if request.verb not in (Verb.UPDATE, Verb.PATCH):
        raise MethodNotSupported(f"{request.verb} is not supported on pods/ephemeralcontainers")

    def extended(pod: Obj) -> Obj:
        given = _given(registry, request, pod, _debugging_part)
        spec = {**pod["spec"], "ephemeralContainers": given["spec"].get("ephemeralContainers") or []}
        return {**pod, "metadata": _metadata(request, pod, given), "spec": spec}

    notes: list[str] = []
    changed = await registry.change(request, extended, notes=notes)
    return Response(changed, tuple(notes))


async def resize(registry: Registry, request: Request) -> Response:
    """Nothing but `resources` and `resizePolicy` of containers is taken from what the client sends."""
    if request.verb is Verb.GET:
        return Response(registry.current(request.namespace, request.name))
    if request.verb not in (Verb.UPDATE, Verb.PATCH):
        raise MethodNotSupported(f"{request.verb} is not supported on pods/resize")

    def resized(pod: Obj) -> Obj:
        given = _given(registry, request, pod, _sizes_part)
        spec = dict(pod["spec"])
        for field in _SIZED:
            sizes = {container.get("name"): container for container in given["spec"].get(field) or ()}
            if field in spec:
                spec[field] = [_sized(container, sizes.get(container["name"])) for container in spec[field]]
        return {**pod, "metadata": _metadata(request, pod, given), "spec": spec}

    return Response(await registry.change(request, resized))


def _debugging_part(spec: Obj) -> Obj:
    return {field: spec[field] for field in ("ephemeralContainers",) if field in spec}


def _sizes_part(spec: Obj) -> Obj:
    kept = ("name", *_SIZES)
    return {
        field: [{key: value for key, value in container.items() if key in kept} for container in spec[field]]
        for field in _SIZED
        if field in spec
    }


def _applied(registry: Registry, request: Request, pod: Obj, part: Callable[[Obj], Obj]) -> Obj:
    config = decode_body(registry.rules, request).object
    require_field_manager(request)
    config["metadata"] = {field: value for field, value in config["metadata"].items() if field in _IDENTITY}
    config["spec"] = part(config.get("spec") or {})
    merged = fieldmanager.apply(
        registry.rules.structure, pod, config, manager=registry.manager_of(request), force=request.force,
        now=timestamp(registry.context.clock.now()),
    )  # fmt: skip
    return copy(merged)


def _metadata(request: Request, pod: Obj, given: Obj) -> Obj:
    """Of the pod, for a change of the revision that the client has seen."""
    meta = {**pod["metadata"], "resourceVersion": given["metadata"].get("resourceVersion", "")}
    if request.patch_type is PatchType.APPLY:
        meta["managedFields"] = given["metadata"]["managedFields"]
    return meta


def _sized(container: Obj, given: Obj | None) -> Obj:
    if given is None:
        return container
    kept = {key: value for key, value in container.items() if key not in _SIZES}
    return kept | {key: given[key] for key in _SIZES if key in given}


def _given(registry: Registry, request: Request, pod: Obj, part: Callable[[Obj], Obj]) -> Obj:
    """The whole pod as the client wants it, before what the subresource does not change is put back.

    Of what is applied nothing counts but `part` of its spec: nobody owns what is not taken.
    """
    if request.verb is Verb.UPDATE:
        given = decode_body(registry.rules, request).object
    elif request.patch_type is PatchType.APPLY:
        given = _applied(registry, request, pod, part)
    else:
        patched = apply_patch(registry.kind, request.patch_type or PatchType.MERGE, pod, request.body)
        given = decode_patched(registry.rules, request, patched).object
    registry.rules.set_defaults(given)
    return given


async def body_of(kind: Kind, registry: Registry, request: Request) -> Obj:
    """What is posted, admitted. Older clients name older versions of the same body."""
    if request.verb is not Verb.CREATE:
        raise MethodNotSupported(f"{request.verb} is not supported on pods/{request.subresource}")
    body = {} if request.body is None else request.body
    if isinstance(body, dict):
        body = {field: value for field, value in body.items() if field != "apiVersion"}
    posted = decode_body(rules_of(kind), replace(request, body=body)).object
    await admit_posted(registry, request, posted)
    return posted


async def admit_posted(registry: Registry, request: Request, posted: Obj) -> None:
    """Ask admission about what a subresource was sent, which is no state of the object itself."""
    attributes = Attributes(Verb.CREATE, request, registry.kind, posted)
    await registry.context.admission.admit_subresource(attributes)


def success(revision: str) -> Obj:
    """What the subresources that make no object answer."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": revision},
        "status": "Success",
    }
