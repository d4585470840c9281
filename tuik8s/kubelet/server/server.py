"""Ports and paths of one kubelet (pkg/kubelet/server): 10250, the read-only 10255, 10248 for its health."""

from __future__ import annotations

import itertools
import logging
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import msgspec
from aiohttp import web

from tuik8s.api.errors import ApiError, NotFound
from tuik8s.api.log_options import log_options
from tuik8s.cri import RuntimeFault
from tuik8s.cri.memory import connect
from tuik8s.kubelet.server import configuration, metrics, stats

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

    from tuik8s.api.objects import Obj
    from tuik8s.kubelet.services import Services
    from tuik8s.kubelet.streams import Streams

log = logging.getLogger(__name__)

FULL, READ_ONLY, HEALTHZ = 10250, 10255, 10248
_HEALTH = ("healthz",)
_READ_ONLY = (*_HEALTH, "pods", "stats", "metrics")
_FULL = (*_READ_ONLY, "runningpods", "configz", "containerLogs")
PATHS = {FULL: _FULL, READ_ONLY: _READ_ONLY, HEALTHZ: _HEALTH}
_HEALTH_CHECKS = ("ping", "log", "syncloop")
EPHEMERAL_PORT = 49152
_encoder = msgspec.json.Encoder()


class KubeletServer:
    """`pods` gives those bound to the node. Answers reads alone: what changes something has its own way."""

    def __init__(self, services: Services, streams: Streams, pods: Callable[[], Iterable[Obj]]) -> None:
        self._services, self._streams, self._pods = services, streams, pods
        self._servers: dict[int, web.Server] = {}
        self._clients = itertools.count()

    def dial(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Raises ConnectionRefusedError where the kubelet does not listen."""
        address = self._services.host.node.address
        if port not in PATHS:
            raise ConnectionRefusedError(111, "connect: connection refused")
        if port not in self._servers:
            self._servers[port] = web.Server(self._handler(port), handler_cancellation=True, access_log=None)
        local = EPHEMERAL_PORT + next(self._clients) % (65536 - EPHEMERAL_PORT)
        protocol: Any = self._servers[port]()
        return connect(protocol, local=(address, local), peer=(address, port))

    async def close(self) -> None:
        servers, self._servers = self._servers, {}
        for server in servers.values():
            await server.shutdown(0)

    def _handler(self, port: int) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            segments = request.path.strip("/").split("/")
            if segments[0] not in PATHS[port]:
                return _text("404 page not found\n", status=404)
            if request.method not in ("GET", "HEAD"):
                return _text("405: Method Not Allowed\n", status=405)
            try:
                return await self._answer(request, segments)
            except RuntimeFault as error:
                return _text(f"{error}\n", status=500)
            except ApiError as error:
                return _text(f"{error.message}\n", status=error.code)

        return handle

    async def _answer(self, request: web.BaseRequest, segments: list[str]) -> web.StreamResponse:
        match segments:
            case ["healthz"]:
                return _text("ok")
            case ["healthz", check] if check in _HEALTH_CHECKS:
                return _text("ok")
            case ["pods"]:
                return _json({**_POD_LIST, "items": list(self._pods())})
            case ["runningpods"]:
                return _json({**_POD_LIST, "items": stats.running_pods(self._services, self._pods())})
            case ["stats", "summary"]:
                return _json(stats.summary(self._services, self._pods(), await self._usage()))
            case ["configz"]:
                return _json({"kubeletconfig": configuration.document(self._services)})
            case ["metrics"]:
                return _metrics(metrics.own(self._services, self._pods()))
            case ["metrics", "probes"]:
                return _metrics([])
            case ["metrics", "resource"]:
                return _metrics(metrics.resource(self._pods(), await self._usage()))
            case ["metrics", "cadvisor"]:
                return _metrics(metrics.cadvisor(self._services, self._pods(), await self._usage()))
            case ["containerLogs", namespace, pod, container]:
                return await self._logs(request, namespace, pod, container)
        return _text("404 page not found\n", status=404)

    async def _usage(self) -> Any:
        return await self._services.usage.usage(self._services.host.node.name)

    async def _logs(
        self, request: web.BaseRequest, namespace: str, name: str, container: str
    ) -> web.StreamResponse:
        metas = ((pod, pod["metadata"]) for pod in self._pods())
        pod = next((pod for pod, m in metas if (m["namespace"], m["name"]) == (namespace, name)), None)
        if pod is None:
            raise NotFound(f'pod "{name}" does not exist')
        query = {name: request.query.getall(name) for name in request.query}
        options = replace(log_options(query, self._services.host.clock.now()), container=container)
        lines = cast("AsyncGenerator[bytes, None]", self._streams.logs(pod, options))
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        async with aclosing(lines):
            first = await anext(lines, b"")
            await response.prepare(request)
            try:
                await response.write(first)
                async for line in lines:
                    await response.write(line)
            except (ApiError, RuntimeFault) as error:  # text has no place for it, and the answer has begun
                log.info("a log stream ended: %s", error)
        await response.write_eof()
        return response


_POD_LIST = {"kind": "PodList", "apiVersion": "v1", "metadata": {}}


def _json(value: Any) -> web.Response:
    return web.Response(body=_encoder.encode(value), content_type="application/json")


def _text(text: str, *, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/plain", charset="utf-8")


def _metrics(lines: Iterable[str]) -> web.Response:
    response = web.Response(text="".join(f"{line}\n" for line in lines))
    response.headers["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
    return response
