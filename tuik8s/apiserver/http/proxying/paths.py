"""Which paths are the proxy's; what comes after `/proxy` belongs to somebody else and is not looked at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.apiserver.http.paths import ResourcePath, resource_path, segments_of

if TYPE_CHECKING:
    from tuik8s.api.kinds import KindRegistry

_PROXIED = re.compile(
    r"(?P<prefix>/api/v1/(?:namespaces/[^/?]+/(?:pods|services)|nodes)/[^/?]+/proxy)(?P<rest>/[^?]*|(?=\?|$))"
)


class ProxyPath(NamedTuple):
    resource: ResourcePath
    prefix: str
    """As the client wrote it, up to `/proxy`."""
    rest: str
    """As the client wrote it; empty, or beginning with a slash."""


def proxy_path(registry: KindRegistry, raw_path: str) -> ProxyPath | None:
    """None for the path of something else."""
    match = _PROXIED.match(raw_path)
    if match is None:
        return None
    prefix, rest = match["prefix"], match["rest"]
    return ProxyPath(resource_path(registry, segments_of(prefix)), prefix, rest)
