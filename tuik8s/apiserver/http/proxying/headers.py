"""Which headers go through a proxy (net/http/httputil.ReverseProxy)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from multidict import CIMultiDict

from tuik8s.apiserver.http.access import protocols_of

if TYPE_CHECKING:
    from aiohttp import web
    from multidict import CIMultiDictProxy

HOP_BY_HOP = (
    "Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te",
    "Trailer", "Transfer-Encoding", "Upgrade",
)  # fmt: skip


_CREDENTIALS = ("authorization", "impersonate-", "sec-websocket-protocol")


def upgrade_of(headers: CIMultiDictProxy[str]) -> str:
    """The protocol that one side wants to go on with."""
    named = ",".join(headers.getall("Connection", [])).lower().replace(" ", "").split(",")
    return headers.get("Upgrade", "") if "upgrade" in named else ""


def forwarded(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """Without those that concern one connection alone; an upgrade is asked for, or granted, anew."""
    named = ",".join(headers.getall("Connection", [])).replace(" ", "").split(",")
    dropped = {name.lower() for name in (*HOP_BY_HOP, *named)}
    kept = CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in dropped)
    protocol = upgrade_of(headers)
    if protocol:
        kept["Connection"], kept["Upgrade"] = "Upgrade", protocol
    return kept


def request_headers(request: web.BaseRequest, prefix: str) -> CIMultiDict[str]:
    """What the backend gets: the credentials were for the API server, in whichever header they came."""
    headers = forwarded(request.headers)
    for name in [name for name in headers if name.lower().startswith(_CREDENTIALS)]:
        headers.popall(name, None)
    if protocols := protocols_of(request):
        headers["Sec-WebSocket-Protocol"] = ", ".join(protocols)
    headers.add("X-Forwarded-For", request.remote or "")
    headers["X-Forwarded-Host"] = request.host
    headers["X-Forwarded-Proto"] = request.scheme
    headers["X-Forwarded-Uri"] = prefix
    return headers
