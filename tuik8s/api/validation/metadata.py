"""ObjectMeta (k8s.io/apimachinery/pkg/api/validation/objectmeta.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.validation.values import check_immutable, check_labels, check_nonnegative, complain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

ANNOTATIONS_LIMIT = 256 * 1024
STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")

_NAME_RULES: dict[str, Callable[[str], list[str]]] = {
    "namespaces": names.dns_label,
    "services": names.dns_1035_label,
    "clustertrustbundles.certificates.k8s.io": names.path_segment,
    "roles.rbac.authorization.k8s.io": names.path_segment,
    "clusterroles.rbac.authorization.k8s.io": names.path_segment,
    "rolebindings.rbac.authorization.k8s.io": names.path_segment,
    "clusterrolebindings.rbac.authorization.k8s.io": names.path_segment,
}
_KEPT_BY_SERVER = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


def validate_metadata(kind: Kind, obj: Obj, *, any_finalizer: bool = False) -> Iterator[FieldError]:
    """Of a new object; its name has been generated where that was asked for. Custom resources may have
    finalizers of any name."""
    meta = obj.get("metadata") or {}
    if not kind.resource.startswith("events"):  # whose names were never checked
        yield from _check_name(meta, _NAME_RULES.get(kind.resource, names.dns_subdomain))
    namespace = meta.get("namespace", "")
    if kind.namespaced and not namespace:
        yield errors.required("metadata.namespace")
    elif kind.namespaced:
        yield from complain("metadata.namespace", namespace, names.dns_label(namespace))
    elif namespace:
        yield errors.forbidden("metadata.namespace", "not allowed on this type")
    yield from check_nonnegative(meta, "metadata", "generation")
    yield from _check_parts(meta, any_finalizer=any_finalizer)


def validate_metadata_update(obj: Obj, old: Obj, *, any_finalizer: bool = False) -> Iterator[FieldError]:
    meta, before = obj.get("metadata") or {}, old["metadata"]
    finalizers, previous = meta.get("finalizers") or [], before.get("finalizers") or []
    added = sorted(set(finalizers) - set(previous))
    if before.get("deletionTimestamp") and added:
        quoted = ", ".join(f'"{name}"' for name in added)
        yield errors.forbidden(
            "metadata.finalizers",
            "no new finalizers can be added if the object is being deleted, "
            f"found new finalizers []string{{{quoted}}}",
        )
    if meta.get("generation", 0) < before.get("generation", 0) and "generation" in meta:
        yield errors.invalid("metadata.generation", meta["generation"], "must not be decremented")
    for field in ("name", "namespace"):
        yield from check_immutable(meta.get(field, ""), before.get(field, ""), f"metadata.{field}")
    for field in _KEPT_BY_SERVER:
        if meta.get(field) is not None:
            yield from check_immutable(meta[field], before.get(field), f"metadata.{field}")
    yield from _check_parts(meta, any_finalizer=any_finalizer)


def check_annotations(annotations: Obj | None, path: str) -> Iterator[FieldError]:
    for key in annotations or ():
        yield from complain(path, key, names.qualified_name(key.lower()))
    if annotations and annotations_too_long(annotations):
        yield errors.too_long(path, ANNOTATIONS_LIMIT)


def annotations_too_long(annotations: Obj) -> bool:
    """Keys and values together, in bytes."""
    texts = (*annotations, *annotations.values())
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) > ANNOTATIONS_LIMIT


def check_finalizer(name: str, path: str) -> Iterator[FieldError]:
    yield from complain(path, name, names.qualified_name(name))
    yield from _check_standard_finalizer(name, path)


def _check_standard_finalizer(name: str, path: str) -> Iterator[FieldError]:
    if "/" not in name and name not in STANDARD_FINALIZERS:
        yield errors.invalid(
            path, name, "name is neither a standard finalizer name nor is it fully qualified"
        )


def _check_name(meta: Obj, rule: Callable[[str], list[str]]) -> Iterator[FieldError]:
    prefix = meta.get("generateName", "")
    if prefix:
        # A trailing dash is fine where a suffix follows it.
        shown = f"{prefix[:-1]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix
        yield from complain("metadata.generateName", prefix, rule(shown))
    name = meta.get("name", "")
    if not name:
        yield errors.required("metadata.name", "name or generateName is required")
    else:
        yield from complain("metadata.name", name, rule(name))


def _check_parts(meta: Obj, *, any_finalizer: bool) -> Iterator[FieldError]:
    yield from check_labels(meta.get("labels"), "metadata.labels")
    yield from check_annotations(meta.get("annotations"), "metadata.annotations")
    yield from _check_owners(meta.get("ownerReferences") or [])
    yield from _check_finalizers(meta.get("finalizers") or [], any_finalizer=any_finalizer)


def _check_owners(references: list[Obj]) -> Iterator[FieldError]:
    path = "metadata.ownerReferences"
    controller = ""
    for reference in references:
        if not reference.get("apiVersion"):
            yield errors.invalid(f"{path}.apiVersion", "", "version must not be empty")
        for field in ("kind", "name", "uid"):
            if not reference.get(field):
                yield errors.invalid(f"{path}.{field}", "", "must not be empty")
        if (reference.get("apiVersion"), reference.get("kind")) == ("v1", "Event"):
            yield errors.invalid(path, reference, "/v1, Kind=Event is disallowed from being an owner")
        if reference.get("controller"):
            current = f"{reference.get('kind', '')}/{reference.get('name', '')}"
            if controller:
                yield errors.invalid(
                    path,
                    references,
                    'Only one reference can have Controller set to true. Found "true" in references for '
                    f"{controller} and {current}",
                )
            else:
                controller = current


def _check_finalizers(finalizers: list[str], *, any_finalizer: bool) -> Iterator[FieldError]:
    path = "metadata.finalizers"
    for name in finalizers:
        yield from complain(path, name, names.qualified_name(name))
    if {"orphan", "foregroundDeletion"} <= set(finalizers):
        yield errors.invalid(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set")
    for index, name in enumerate(() if any_finalizer else finalizers):
        yield from _check_standard_finalizer(name, f"{path}[{index}]")
