"""Subresources of pods: binding, ephemeral containers (pkg/registry/core/pod/storage)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import BadRequest, Conflict, Invalid, MethodNotSupported, required
from tuik8s.api.objects import Obj, is_deleting
from tuik8s.api.patch import apply_patch
from tuik8s.api.request import PatchType, Response, Verb
from tuik8s.apiserver.admission import Attributes
from tuik8s.apiserver.decoding import decode_body, decode_patched
from tuik8s.apiserver.rules import rules_of

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import Request
    from tuik8s.apiserver.registry import Registry

_SIZES = ("resources", "resizePolicy")
"""What the resize subresource changes of a container."""


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
    if request.verb not in (Verb.UPDATE, Verb.PATCH) or request.patch_type is PatchType.APPLY:
        raise MethodNotSupported(f"{request.verb} is not supported on pods/ephemeralcontainers")

    def extended(pod: Obj) -> Obj:
        given = _given(registry, request, pod)
        spec = {**pod["spec"], "ephemeralContainers": given["spec"].get("ephemeralContainers") or []}
        meta = {**pod["metadata"], "resourceVersion": given["metadata"].get("resourceVersion", "")}
        return {**pod, "metadata": meta, "spec": spec}

    notes: list[str] = []
    changed = await registry.change(request, extended, notes=notes)
    return Response(changed, tuple(notes))


async def resize(registry: Registry, request: Request) -> Response:
    """Nothing but `resources` and `resizePolicy` of containers is taken from what the client sends."""
    if request.verb is Verb.GET:
        return Response(registry.current(request.namespace, request.name))
    if request.verb not in (Verb.UPDATE, Verb.PATCH) or request.patch_type is PatchType.APPLY:
        raise MethodNotSupported(f"{request.verb} is not supported on pods/resize")

    def resized(pod: Obj) -> Obj:
        given = _given(registry, request, pod)
        spec = dict(pod["spec"])
        for field in ("containers", "initContainers"):
            sizes = {container.get("name"): container for container in given["spec"].get(field) or ()}
            if field in spec:
                spec[field] = [_sized(container, sizes.get(container["name"])) for container in spec[field]]
        meta = {**pod["metadata"], "resourceVersion": given["metadata"].get("resourceVersion", "")}
        return {**pod, "metadata": meta, "spec": spec}

    return Response(await registry.change(request, resized))


def _sized(container: Obj, given: Obj | None) -> Obj:
    if given is None:
        return container
    kept = {key: value for key, value in container.items() if key not in _SIZES}
    return kept | {key: given[key] for key in _SIZES if key in given}


def _given(registry: Registry, request: Request, pod: Obj) -> Obj:
    """The whole pod as the client wants it, before what the subresource does not change is put back."""
    if request.verb is Verb.UPDATE:
        given = decode_body(registry.rules, request).object
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
