"""A small image registry on loopback, which Docker trusts without TLS, with images made on the spot.

It speaks the part of the OCI distribution protocol that a pull needs (manifests and blobs, by tag and
digest), and asks for a user and password where it is told to.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.images import image_archive

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
CHUNK = 64 * 1024


class Registry:
    """`host` is `127.0.0.1:PORT`; `pulls` lists the repositories of the manifests handed out."""

    def __init__(self, architecture: str) -> None:
        self.host = ""
        self._architecture = architecture
        self.users: dict[str, tuple[str, str]] = {}
        """By first part of the repository's name: who may read it."""
        self.pulls: list[str] = []
        self.delay = 0.0
        """Seconds between two pieces of a layer."""
        self._blobs: dict[str, bytes] = {}
        self._manifests: dict[tuple[str, str], bytes] = {}

    def push(self, repository: str, tag: str, *command: str) -> str:
        """Make an image of busybox and something unique that runs this command; returns its digest."""
        tar = image_archive({"unique": (0o644, secrets.token_bytes(1024 * 1024))})
        layer = gzip.compress(tar, compresslevel=1)
        config = {
            "architecture": self._architecture,
            "os": "linux",
            "config": {"Cmd": list(command), "Env": ["PATH=/bin"]},
            "rootfs": {"type": "layers", "diff_ids": [_digest(tar)]},
            "history": [{"created_by": "tests"}],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": self._store(CONFIG, json.dumps(config).encode()),
            "layers": [self._store(LAYER, layer)],
        }
        content = json.dumps(manifest).encode()
        for name in (tag, _digest(content)):
            self._manifests[repository, name] = content
        return _digest(content)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Registry]:
        application = web.Application()
        application.router.add_get("/v2/", self._root)
        application.router.add_get("/v2/{repository:.+}/manifests/{name}", self._manifest)
        application.router.add_get("/v2/{repository:.+}/blobs/{digest}", self._blob)
        runner = web.AppRunner(application)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            self.host = f"127.0.0.1:{port}"
            yield self
        finally:
            await runner.cleanup()

    def _store(self, media_type: str, content: bytes) -> dict[str, Any]:
        self._blobs[_digest(content)] = content
        return {"mediaType": media_type, "size": len(content), "digest": _digest(content)}

    def _check(self, request: web.Request, repository: str) -> None:
        wanted = self.users.get(repository.partition("/")[0])
        if wanted is None:
            return
        given = request.headers.get("Authorization", "").removeprefix("Basic ")
        if base64.b64decode(given).decode() != ":".join(wanted):
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="tests"'})

    async def _root(self, request: web.Request) -> web.Response:
        """Docker asks here first, for whether and how to log in; it remembers no answer but this one."""
        challenge = {"WWW-Authenticate": 'Basic realm="tests"'} if self.users else {}
        return web.json_response({}, status=401 if self.users else 200, headers=challenge)

    async def _manifest(self, request: web.Request) -> web.Response:
        repository, name = request.match_info["repository"], request.match_info["name"]
        self._check(request, repository)
        content = self._manifests.get((repository, name))
        if content is None:
            error = {"code": "MANIFEST_UNKNOWN", "message": "manifest unknown", "detail": {"Tag": name}}
            return web.json_response({"errors": [error]}, status=404)
        if request.method == "GET":
            self.pulls.append(repository)
        return web.Response(
            body=content, content_type=MANIFEST, headers={"Docker-Content-Digest": _digest(content)}
        )

    async def _blob(self, request: web.Request) -> web.StreamResponse:
        self._check(request, request.match_info["repository"])
        content = self._blobs.get(request.match_info["digest"])
        if content is None:
            raise web.HTTPNotFound
        response = web.StreamResponse(headers={"Content-Length": str(len(content))})
        await response.prepare(request)
        for start in range(0, len(content), CHUNK):
            await response.write(content[start : start + CHUNK])
            await asyncio.sleep(self.delay)
        return response


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
