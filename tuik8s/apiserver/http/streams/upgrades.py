"""Which streaming protocol a client offers, and the answer that accepts it (apimachinery's httpstream)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from tuik8s.api.errors import BadRequest
from tuik8s.apiserver.http.access import protocols_of

if TYPE_CHECKING:
    from collections.abc import Sequence

SPDY = "SPDY/3.1"
STREAM_PROTOCOL = "X-Stream-Protocol-Version"
MESSAGE_LIMIT = 4 * 1024 * 1024
CLOSE_SECONDS = 5.0
"""How long the client may take to close its side."""


def is_spdy(request: web.BaseRequest) -> bool:
    return request.headers.get("Upgrade", "").upper() == SPDY


def accept_spdy(request: web.BaseRequest, protocol: str) -> web.StreamResponse:
    """The 101 that accepts `protocol`; BadRequest where the client does not offer it."""
    offered = ",".join(request.headers.getall(STREAM_PROTOCOL, [])).replace(" ", "").split(",")
    if protocol not in offered:
        raise BadRequest(
            f"unable to negotiate protocol: client supports {_show(offered)}, server accepts "
            + _show([protocol])
        )
    headers = {"Connection": "Upgrade", "Upgrade": SPDY, STREAM_PROTOCOL: protocol}
    response = web.StreamResponse(status=101, headers=headers)
    response.force_close()
    return response


def accept_web_socket(request: web.BaseRequest, protocols: Sequence[str]) -> web.WebSocketResponse:
    """With the first protocol of the client's that is known. `""` among them: the client may offer none."""
    socket = web.WebSocketResponse(
        protocols=[protocol for protocol in protocols if protocol], max_msg_size=MESSAGE_LIMIT,
        compress=False, timeout=CLOSE_SECONDS,
    )  # fmt: skip
    if not socket.can_prepare(request):
        raise BadRequest("Upgrade request required")
    offered = protocols_of(request)
    if not set(offered or [""]) & set(protocols):
        named = [protocol for protocol in protocols if protocol]
        raise BadRequest(
            f"none of the protocols offered is supported: client supports {_show(offered)}, server accepts "
            + _show(named)
        )
    return socket


def _show(names: Sequence[str]) -> str:
    return "[" + " ".join(names) + "]"
