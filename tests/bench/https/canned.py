"""The baseline: an aiohttp server with TLS that reads what it is sent and answers `?size=N` bytes."""

from __future__ import annotations

import asyncio
import ssl
import sys

from aiohttp import web


async def serve(certificate: str, key: str) -> None:
    bodies: dict[str, bytes] = {}

    async def answer(request: web.BaseRequest) -> web.Response:
        await request.read()
        size = request.rel_url.query["size"]
        body = bodies.setdefault(size, b"x" * int(size))
        return web.Response(body=body, content_type="application/json")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    sys.stdout.write(f"port {runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
