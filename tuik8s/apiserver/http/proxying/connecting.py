"""aiohttp's client over a connection that somebody else has made."""

from __future__ import annotations

import ssl
from functools import cache
from typing import TYPE_CHECKING, Any

from aiohttp import BaseConnector

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler

    from tuik8s.apiserver.ports import Connection


class GivenConnection(BaseConnector):
    """For one request. Nothing has been read from the connection yet."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(force_close=True)
        # A StreamWriter that is forgotten closes its transport.
        self._given = connection

    async def _create_connection(self, *_: Any) -> ResponseHandler:
        protocol: ResponseHandler = self._factory()
        transport: Any = self._given[1].transport
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        return protocol


async def secured(connection: Connection) -> Connection:
    """With TLS; whom the certificate names does not matter, as for kube-apiserver's own proxies."""
    try:
        await connection[1].start_tls(_context())
    except BaseException:
        connection[1].close()
        raise
    return connection


@cache
def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
