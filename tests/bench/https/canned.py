"""The baseline: a server that reads what it is sent and answers `?size=N` bytes."""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web

from tests.bench.https.serving import serve


async def main(certificate: str, key: str) -> None:
    bodies: dict[str, bytes] = {}

    async def answer(request: web.BaseRequest) -> web.Response:
        await request.read()
        size = request.rel_url.query["size"]
        body = bodies.setdefault(size, b"x" * int(size))
        return web.Response(body=body, content_type="application/json")

    await serve(answer, certificate, key)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
