"""The floor under kubectl: a server that answers from a file of paths and bodies."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from aiohttp import web

from tests.bench.https.serving import serve


async def main(certificate: str, key: str, answers: str) -> None:
    known: dict[str, list[str]] = json.loads(Path(answers).read_text())

    async def answer(request: web.BaseRequest) -> web.Response:
        media_type, body = known[request.path]
        return web.Response(body=body.encode(), headers={"Content-Type": media_type})

    await serve(answer, certificate, key)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
