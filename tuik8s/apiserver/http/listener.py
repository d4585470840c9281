"""Where the API listens."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from typing import TYPE_CHECKING
from weakref import WeakSet

from aiohttp import web

if TYPE_CHECKING:
    from tuik8s.apiserver.certificates import Pki
    from tuik8s.apiserver.http.server import HttpServer

log = logging.getLogger(__name__)

PORTS_TRIED = 100
BACKLOG = 1024
KEEP_ALIVE_SECONDS = 120.0
"""How long a connection may be idle, or take to send the headers of a request."""
HEADER_LIMIT = 64 * 1024
"""Bytes of one header."""
HEADERS = 1_000
"""Of one request."""
SHUTDOWN_SECONDS = 0.2
"""What open requests have to end by themselves; watches never do."""
HANDSHAKE_SECONDS = 10
FOR_EVER = 100 * 365 * 86_400


class Listener:
    """HTTPS on one address. `open` takes the port; `run` serves until cancelled, and can be run again."""

    def __init__(self, server: HttpServer, host: str, port: int, *, patient: bool = False) -> None:
        """`patient`: neither a slow nor an idle connection is ever closed."""
        self._server = server
        self._host = host
        self._port = port
        self._keep_alive = FOR_EVER if patient else KEEP_ALIVE_SECONDS
        self._handshake = FOR_EVER if patient else HANDSHAKE_SECONDS
        self._socket: socket.socket | None = None
        self._context: ssl.SSLContext | None = None

    @property
    def endpoint(self) -> str:
        """As clients on this machine reach it; known after `open`."""
        host = ipaddress.ip_address(self._host)
        shown = ("::1" if host.version == 6 else "127.0.0.1") if host.is_unspecified else self._host
        return f"https://[{shown}]:{self._port}" if host.version == 6 else f"https://{shown}:{self._port}"

    @property
    def port(self) -> int:
        """Known after `open`."""
        return self._port

    def covers(self, address: str) -> bool:
        """Whether connections to this address of the machine come here."""
        host = ipaddress.ip_address(self._host)
        return host.is_unspecified or host == ipaddress.ip_address(address)

    def open(self) -> None:
        """Take the port; the next free one when somebody else has it. OSError when none can be had."""
        for port in range(self._port, min(self._port + PORTS_TRIED, 65536)):
            try:
                self._socket = _bind(self._host, port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                continue
            self._port = self._socket.getsockname()[1]
            return
        raise OSError(errno.EADDRINUSE, f"no free port from {self._port} on {self._host}")

    def secure(self, pki: Pki) -> None:
        """The certificates to serve with; reads files."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(pki.server.certificate, pki.server.key)
        context.load_verify_locations(pki.authority)
        context.verify_mode = ssl.CERT_OPTIONAL
        self._context = context

    async def run(self) -> None:
        server = web.Server(
            self._server.handle, handler_cancellation=True, access_log=None,
            keepalive_timeout=self._keep_alive, max_line_size=HEADER_LIMIT, max_field_size=HEADER_LIMIT,
            max_headers=HEADERS, lingering_time=1.0, auto_decompress=False, logger=_QUIET,
        )  # fmt: skip
        runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        taken, self._socket = self._socket or _bind(self._host, self._port), None
        connections: WeakSet[_Tls] = WeakSet()
        try:
            accepting = await self._accept(taken, server, connections)
            try:
                await asyncio.Event().wait()
            finally:
                accepting.close()
        finally:
            taken.close()
            await runner.cleanup()
            for connection in connections:
                connection.hang_up()
            await asyncio.sleep(0)  # the loop may be closed next

    async def _accept(
        self, taken: socket.socket, server: web.Server, connections: WeakSet[_Tls]
    ) -> asyncio.Server:
        loop, context = asyncio.get_running_loop(), self._context
        if context is None:
            raise RuntimeError("there are no certificates to serve with")

        def protocol() -> asyncio.BaseProtocol:
            # Nobody waits for the handshake: a client that fails it is gone, and that is all.
            connection = _Tls(
                loop, server(), context, None,  # type: ignore[arg-type]
                server_side=True, ssl_handshake_timeout=self._handshake,
            )  # fmt: skip
            connections.add(connection)
            return connection

        return await loop.create_server(protocol, sock=taken, backlog=BACKLOG)

    def close(self) -> None:
        """Give back a port that was taken and is not served."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class _Tls(SSLProtocol):
    """asyncio gives each TLS connection a buffer of 256 KiB; a thousand idle watches have no use for that."""

    max_size = 32 * 1024
    _below: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._below = transport
        super().connection_made(transport)

    def hang_up(self) -> None:
        """Without waiting for the client to take its leave, which may never come."""
        if self._below is not None:
            self._below.abort()


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(BACKLOG)
    except OSError:
        taken.close()
        raise
    return taken


_QUIET = logging.getLogger(f"{__name__}.protocol")
"""What clients send that is no HTTP is their affair."""
_QUIET.setLevel(logging.CRITICAL)
