"""The floor under kubectl: an aiohttp server with TLS that answers from a file of paths and bodies."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from pathlib import Path

from aiohttp import web


async def serve(certificate: str, key: str, answers: str) -> None:
    known: dict[str, list[str]] = json.loads(Path(answers).read_text())

    async def answer(request: web.BaseRequest) -> web.Response:
        media_type, body = known[request.path]
        return web.Response(body=body.encode(), headers={"Content-Type": media_type})

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
