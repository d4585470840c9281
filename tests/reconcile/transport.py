"""A transport whose answers the test decides."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tuik8s.api import kinds
from tuik8s.api.request import Response, User, Verb, WatchEvent
from tuik8s.client import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request


def config_map(name: str, revision: int, *, namespace: str = "default", **fields: Any) -> Obj:
    metadata = {"name": name, "namespace": namespace, "resourceVersion": str(revision), "uid": f"uid-{name}"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **fields}


class ScriptedTransport:
    """Lists `objects` at `revision`; a watch yields what `push` gives it, and raises what `fail` gives it."""

    def __init__(self) -> None:
        self.objects: dict[str, Obj] = {}
        self.revision = 1
        self.requests: list[Request] = []
        self.list_errors: list[Exception] = []
        self._events: asyncio.Queue[WatchEvent | Exception | None] = asyncio.Queue()

    @property
    def client(self) -> Client:
        return Client(self, User("system:test"))

    def lists(self) -> int:
        return sum(request.verb is Verb.LIST for request in self.requests)

    def push(self, kind: Any, obj: Obj) -> None:
        self._events.put_nowait(WatchEvent(kind, obj))

    def fail(self, error: Exception) -> None:
        self._events.put_nowait(error)

    def end_watch(self) -> None:
        self._events.put_nowait(None)

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        await asyncio.sleep(0)
        if request.verb is not Verb.LIST:
            return Response(request.body)
        if self.list_errors:
            raise self.list_errors.pop(0)
        return Response(
            {
                "kind": kinds.CONFIG_MAP.list_kind,
                "metadata": {"resourceVersion": str(self.revision)},
                "items": list(self.objects.values()),
            }
        )

    async def watch(self, request: Request) -> AsyncIterator[WatchEvent]:
        self.requests.append(request)
        while True:
            event = await self._events.get()
            if event is None:
                return
            if isinstance(event, Exception):
                raise event
            yield event

    def logs(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("not part of these tests")

    exec = logs
