"""The verbs over HTTPS, on any Kubernetes API server."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from tuik8s.api import kinds
from tuik8s.api.errors import ApiError, Expired, InternalError, from_status
from tuik8s.api.request import Response, Verb, WatchEvent
from tuik8s.client.remote.answers import decoded, decoded_list, joined, shaped, warnings_of
from tuik8s.client.remote.execution import PROTOCOLS, RemoteProcess
from tuik8s.client.remote.lines import lines_of
from tuik8s.client.remote.problems import Unreachable
from tuik8s.client.remote.request_log import RequestLog
from tuik8s.client.remote.wire import HttpRequest, encoded, exec_target, log_target, resource_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request, User
    from tuik8s.client.remote.connection import Connection
    from tuik8s.client.transport import ExecStream, LogOptions

PAGE = 500
"""Objects asked for at once (client-go's pager)."""
_EVENTS = ("ADDED", "MODIFIED", "DELETED", "BOOKMARK")


class HttpsTransport:
    """A `Transport` over `connection`, whose credentials decide who asks: a request's `user` is not sent.

    Raises `ApiError` for refusals, and its `Unreachable` where no answer came.
    """

    def __init__(self, connection: Connection, *, clock: Clock) -> None:
        self.connection = connection
        self.log = RequestLog(clock)

    async def close(self) -> None:
        """End every request and stream."""
        await self.connection.close()

    async def send(self, request: Request) -> Response:
        began, code = perf_counter(), 0
        try:
            response = await self._send(request)
            code = 201 if response.created else 200
            return response
        except ApiError as error:
            code = 0 if isinstance(error, Unreachable) else error.code
            raise
        finally:
            self.log.note(request, code, perf_counter() - began)

    async def _send(self, request: Request) -> Response:
        if request.verb is Verb.LIST and not request.selection.limit:
            return await self._list(request)
        body, headers = await self.connection.fetch(encoded(request), agent=request.agent)
        what = str(request.kind)
        answer = await decoded_list(body, what) if request.verb is Verb.LIST else decoded(body, what)
        obj = shaped(answer, request.kind, as_table=request.as_table)
        return Response(obj, warnings_of(headers), request.verb is Verb.CREATE)

    async def get_json(self, path: str, accept: str = "application/json") -> Any:
        """What stands at a path that is no resource: `/version`, `/apis`."""
        body, _ = await self.connection.fetch(HttpRequest("GET", path, (("Accept", accept),)))
        return decoded(body, path)

    async def watch(self, request: Request) -> AsyncIterator[WatchEvent]:
        columns: list[Obj] = []
        self.log.note(request, 0, 0.0)
        async with self.connection.open(encoded(request), agent=request.agent) as response:
            async for line in lines_of(response):
                event = _event(line, request.kind, as_table=request.as_table)
                if request.as_table and event.type != "BOOKMARK":
                    columns = event.object.get("columnDefinitions") or columns
                    event = event._replace(object={**event.object, "columnDefinitions": columns})
                yield event

    async def logs(self, user: User, namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        path = resource_path(kinds.POD, namespace, pod, "log")
        asked = HttpRequest("GET", log_target(path, options), (("Accept", "*/*"),))
        async with self.connection.open(asked) as response:
            async for line in lines_of(response):
                yield line if line.endswith(b"\n") else line + b"\n"

    async def exec(
        self, user: User, namespace: str, pod: str, container: str, command: Sequence[str], *,
        tty: bool, stdin: bool,
    ) -> ExecStream:  # fmt: skip
        path = resource_path(kinds.POD, namespace, pod, "exec")
        target = exec_target(path, container, command, tty=tty, stdin=stdin)
        return RemoteProcess(await self.connection.web_socket(target, PROTOCOLS))

    async def _list(self, request: Request) -> Response:
        """Page by page; as a whole when the history of the first page is gone before the last."""
        pages: list[Obj] = []
        warnings: tuple[str, ...] = ()
        selection = replace(request.selection, limit=PAGE)
        while True:
            asked = replace(request, selection=selection)
            try:
                body, headers = await self.connection.fetch(encoded(asked), agent=request.agent)
            except Expired:
                if not pages:
                    raise
                body, headers = await self.connection.fetch(encoded(request), agent=request.agent)
                pages = []
            page = await decoded_list(body, str(request.kind))
            pages.append(shaped(page, request.kind, as_table=request.as_table))
            warnings = tuple(dict.fromkeys((*warnings, *warnings_of(headers))))
            token = (pages[-1].get("metadata") or {}).get("continue")
            if not token:
                return Response(joined(pages), warnings)
            selection = replace(
                selection, continue_token=token, resource_version="", resource_version_match=""
            )


def _event(line: bytes, kind: Kind, *, as_table: bool) -> WatchEvent:
    """Raises what an event of type ERROR says."""
    found = decoded(line, str(kind))
    change, obj = found.get("type"), found.get("object")
    if change == "ERROR":
        raise from_status(obj or {})
    if change not in _EVENTS or not isinstance(obj, dict):
        raise InternalError(f"{kind}: the server sent an event of type {change!r}")
    obj = _bookmark(obj, kind) if change == "BOOKMARK" else shaped(obj, kind, as_table=as_table)
    return WatchEvent(cast("Any", change), obj)


def _bookmark(obj: Obj, kind: Kind) -> Obj:
    """Of a Table some servers put the revision into a row."""
    inner = [row.get("object") or {} for row in obj.get("rows") or ()]
    for carrier in (obj, *inner):
        metadata = carrier.get("metadata") or {}
        if metadata.get("resourceVersion"):
            return {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
    raise InternalError(f"{kind}: the server sent a bookmark without a revision")
