"""A bare aiohttp server with TLS: what the baselines are made of."""

from __future__ import annotations

import asyncio
import ssl
import sys
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def serve(
    answer: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], certificate: str, key: str
) -> None:
    """On a free port, which is printed, until the process ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    sys.stdout.write(f"port {runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()
