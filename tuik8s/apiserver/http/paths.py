"""What a URL path means (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tuik8s.api.errors import BadRequest
from tuik8s.api.retired import successor
from tuik8s.apiserver.http.errors import no_such_resource

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind, KindRegistry

_OF_NAMESPACES = ("status", "finalize")


@dataclass(frozen=True, slots=True)
class ResourcePath:
    """`namespace` is empty for cluster-scoped kinds and for all namespaces, `name` for collections."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    watched: bool = False
    """By the older form of a watch: `/api/v1/watch/...`."""


def segments_of(raw_path: str) -> list[str]:
    """The decoded parts of a path; one trailing slash is as none.

    Decoded part by part: an encoded slash never makes a new part. Parts that some other program could take
    for a way up or for nothing are refused.
    """
    parts = raw_path.partition("?")[0].split("/")
    if parts[0] or len(parts) < 2:
        raise BadRequest("the path of the request is not absolute")
    parts = parts[1:-1] if parts[-1] == "" else parts[1:]
    try:
        decoded = [unquote(part, errors="strict") for part in parts]
    except UnicodeDecodeError:
        raise BadRequest("the path of the request is not UTF-8") from None
    if any(part in ("", ".", "..") or "/" in part or "\0" in part for part in decoded):
        raise no_such_resource()
    return decoded


def resource_path(registry: KindRegistry, segments: list[str]) -> ResourcePath:
    """From `api/v1/...` or `apis/GROUP/VERSION/...`; NotFound for what is not served."""
    match segments:
        case ["api", _, "watch", *rest] if rest:
            return _watched(resource_path(registry, [*segments[:2], *rest]))
        case ["apis", _, _, "watch", *rest] if rest:
            return _watched(resource_path(registry, [*segments[:3], *rest]))
        case ["api", version, *rest]:
            group = ""
        case ["apis", group, version, *rest]:
            pass
        case _:
            raise no_such_resource()
    namespace = ""
    if len(rest) > 2 and rest[0] == "namespaces" and not _is_about_namespace(rest):
        namespace, rest = rest[1], rest[2:]
    if not rest or len(rest) > 3:
        raise no_such_resource()
    plural, name, subresource = [*rest, "", ""][:3]
    kind = registry.by_plural(group, version, plural) or successor(registry, group, version, plural)
    if kind is None or (namespace and not kind.namespaced):
        raise no_such_resource()
    if name and kind.namespaced and not namespace:
        raise no_such_resource()
    if subresource and subresource not in kind.subresources:
        raise no_such_resource()
    return ResourcePath(kind, namespace, name, subresource)


def _watched(path: ResourcePath) -> ResourcePath:
    """Of one object, too, in its collection: the name is a selection then, see `resources.build`."""
    if path.watched or path.subresource:
        raise no_such_resource()
    return replace(path, watched=True)


def _is_about_namespace(rest: list[str]) -> bool:
    return len(rest) == 3 and rest[2] in _OF_NAMESPACES
