"""Which kinds a server has: aggregated discovery (v2, v2beta1), or the older lists one by one.

https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.api.errors import ApiError
from tuik8s.api.kinds import SERVED, Kind, KindRegistry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tuik8s.api.objects import Obj
    from tuik8s.client.remote.transport import HttpsTransport

log = logging.getLogger(__name__)

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
ACCEPT = ",".join((_AGGREGATED.format("v2"), _AGGREGATED.format("v2beta1"), "application/json"))
NEEDED = {"get", "list"}
"""Verbs of kinds that can be shown; others (reviews, say) only take requests."""


class _Found(NamedTuple):
    """A resource of some version; `rank` is 0 in the version that its group prefers."""

    rank: int
    kind: Kind


async def discover(transport: HttpsTransport) -> KindRegistry:
    """The kinds that can be listed, the core group and preferred versions first.

    A group whose own server does not answer is left out. Raises `ApiError` when the server itself does not.
    """
    core, named = await asyncio.gather(*(transport.get_json(path, ACCEPT) for path in ("/api", "/apis")))
    found = [*await _versions(transport, core, "/api"), *await _versions(transport, named, "/apis")]
    shown = [item for item in found if set(item.kind.verbs) >= NEEDED]
    # Python sorts stably: groups stay in the server's order.
    return KindRegistry(_known(item.kind) for item in sorted(shown, key=lambda item: min(item.rank, 1)))


async def server_version(transport: HttpsTransport) -> str:
    """`v1.33.2`; empty where it is not told."""
    answer = await transport.get_json("/version")
    return str(answer.get("gitVersion", "")) if isinstance(answer, dict) else ""


async def _versions(transport: HttpsTransport, answer: Obj, root: str) -> list[_Found]:
    if answer.get("kind") == "APIGroupDiscoveryList":
        return [item for group in answer.get("items") or () for item in _of_group(group)]
    if root == "/api":
        wanted = [("", rank, version) for rank, version in enumerate(answer.get("versions") or ())]
    else:
        wanted = [entry for group in answer.get("groups") or () for entry in _of_old_group(group)]
    lists = await asyncio.gather(*(_list(transport, group, version) for group, _, version in wanted))
    return [
        item
        for (group, rank, version), resources in zip(wanted, lists, strict=True)
        for item in _of_list(resources, group, version, rank)
    ]


def _of_group(group: Obj) -> Iterator[_Found]:
    name = str((group.get("metadata") or {}).get("name") or "")
    for rank, version in enumerate(group.get("versions") or ()):
        for entry in version.get("resources") or ():
            subresources = tuple(item["subresource"] for item in entry.get("subresources") or ())
            yield _Found(
                rank,
                Kind(
                    name, version["version"], (entry.get("responseKind") or {}).get("kind") or "",
                    entry["resource"], entry.get("scope") == "Namespaced", _texts(entry, "shortNames"),
                    _texts(entry, "categories"), subresources, verbs=_texts(entry, "verbs"),
                ),
            )  # fmt: skip


def _of_old_group(group: Obj) -> Iterator[tuple[str, int, str]]:
    preferred = (group.get("preferredVersion") or {}).get("version")
    versions = [str(item["version"]) for item in group.get("versions") or ()]
    for rank, version in enumerate(sorted(versions, key=lambda version: version != preferred)):
        yield group["name"], rank, version


async def _list(transport: HttpsTransport, group: str, version: str) -> list[Obj]:
    try:
        answer = await transport.get_json(f"/apis/{group}/{version}" if group else f"/api/{version}")
    except ApiError as error:
        log.warning("discovery of %s/%s: %s", group, version, error)
        return []
    return list(answer.get("resources") or ())


def _of_list(resources: Iterable[Obj], group: str, version: str, rank: int) -> Iterator[_Found]:
    subresources: dict[str, list[str]] = {}
    for entry in resources:
        plural, _, subresource = entry["name"].partition("/")
        subresources.setdefault(plural, []).extend([subresource] if subresource else [])
    for entry in resources:
        if "/" not in entry["name"]:
            yield _Found(
                rank,
                Kind(
                    group, version, entry["kind"], entry["name"], bool(entry.get("namespaced")),
                    _texts(entry, "shortNames"), _texts(entry, "categories"),
                    tuple(subresources[entry["name"]]), verbs=_texts(entry, "verbs"),
                ),
            )  # fmt: skip


def _texts(entry: Obj, field: str) -> tuple[str, ...]:
    values: Any = entry.get(field) or ()
    return tuple(str(value) for value in values)


_OWN = {(kind.group, kind.version, kind.plural): kind for kind in SERVED}


def _known(kind: Kind) -> Kind:
    """Our own constant for a kind that we know, so that both are equal wherever they meet."""
    return _OWN.get((kind.group, kind.version, kind.plural), kind)
