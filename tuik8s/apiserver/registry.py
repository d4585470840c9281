"""The objects of one kind: verbs over the store (k8s.io/apiserver/pkg/registry/generic/registry)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.clock import timestamp
from tuik8s.api.errors import AlreadyExists, BadRequest, Conflict, NotFound
from tuik8s.api.objects import Obj, copy, revision_of
from tuik8s.api.request import Response
from tuik8s.apiserver.strategies import strategy_for
from tuik8s.storage.errors import KeyExists, KeyMissing, RevisionMismatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import Request
    from tuik8s.apiserver.context import ServerContext

GENERATED_NAME_PREFIX_LIMIT = 58
GENERATE_ATTEMPTS = 8
CONFLICT_RETRIES = 5


class Registry:
    """Create, read, change and delete objects of `kind`.

    What comes out is shared with the store and never to be changed; what comes in is copied.
    """

    def __init__(self, kind: Kind, context: ServerContext) -> None:
        self.kind = kind
        self.strategy = strategy_for(kind)
        self._context = context
        self._store = context.store

    def current(self, namespace: str, name: str) -> Obj:
        obj = self._store.get(self.kind.storage_key(namespace, name))
        if obj is None:
            raise NotFound.of(self.kind.resource, name)
        return obj

    async def get(self, request: Request) -> Response:
        return Response(self.current(request.namespace, request.name))

    async def list(self, request: Request) -> Response:
        found = self._store.list(self.prefix(request.namespace))
        return Response(
            {
                "apiVersion": self.kind.api_version,
                "kind": self.kind.list_kind,
                "metadata": {"resourceVersion": str(found.revision)},
                "items": found.items,
            }
        )

    def prefix(self, namespace: str) -> str:
        return f"{self.kind.prefix}{namespace}/" if namespace else self.kind.prefix

    async def create(self, request: Request) -> Response:
        obj = self._decode(request)
        meta = obj["metadata"]
        self.strategy.prepare_for_create(obj)
        self._fill_metadata(meta)
        if meta.get("name"):
            return Response(await self._insert(request, obj))
        return Response(await self._insert_generated(request, obj))

    async def update(self, request: Request) -> Response:
        body = self._decode(request)

        def replace(_: Obj) -> Obj:
            return copy(body)

        return Response(await self.guaranteed_update(request, replace))

    async def guaranteed_update(self, request: Request, change: Callable[[Obj], Obj]) -> Obj:
        """Apply `change` to the current state; again if somebody was faster, unless a revision was named."""
        key = self.kind.storage_key(request.namespace, request.name)
        for _ in range(CONFLICT_RETRIES):
            current = self.current(request.namespace, request.name)
            obj = change(current)
            named = revision_of(obj)
            if named and named != revision_of(current):
                raise Conflict.modified(self.kind.resource, request.name)
            self._prepare_update(request, obj, current)
            if obj == current:
                return current
            if request.dry_run:
                return obj
            try:
                return await self._store.update(
                    key, obj, expected=revision_of(current), author=request.agent, cause=request.cause
                )
            except KeyMissing:
                raise NotFound.of(self.kind.resource, request.name) from None
            except RevisionMismatch:
                if named:
                    break
        raise Conflict.modified(self.kind.resource, request.name)

    async def delete(self, request: Request) -> Response:
        current = self.current(request.namespace, request.name)
        key = self.kind.storage_key(request.namespace, request.name)
        return Response(
            await self._store.delete(
                key, expected=revision_of(current), author=request.agent, cause=request.cause
            )
        )

    def _prepare_update(self, request: Request, obj: Obj, current: Obj) -> None:
        meta, old = obj["metadata"], current["metadata"]
        for field in ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"):
            meta.pop(field, None)
            if field in old:
                meta[field] = old[field]
        meta["resourceVersion"] = old["resourceVersion"]
        if request.subresource == "status":
            self.strategy.prepare_for_status_update(obj, current)
        else:
            self.strategy.prepare_for_update(obj, current)

    def _decode(self, request: Request) -> Obj:
        if not isinstance(request.body, dict):
            raise BadRequest(f"the body of the request is not a {self.kind.kind}")
        obj = copy(request.body)
        obj["apiVersion"], obj["kind"] = self.kind.api_version, self.kind.kind
        meta = obj.setdefault("metadata", {})
        if self.kind.namespaced:
            if meta.setdefault("namespace", request.namespace) != request.namespace:
                raise BadRequest(
                    "the namespace of the provided object does not match the namespace sent on the request"
                )
        if request.name and meta.setdefault("name", request.name) != request.name:
            raise BadRequest(
                f"the name of the object ({meta['name']}) does not match the name on the URL ({request.name})"
            )
        return obj

    def _fill_metadata(self, meta: Obj) -> None:
        for field in ("deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion", "selfLink"):
            meta.pop(field, None)
        meta["uid"] = self._context.ids.uid()
        meta["creationTimestamp"] = timestamp(self._context.clock.now())

    async def _insert(self, request: Request, obj: Obj) -> Obj:
        meta = obj["metadata"]
        key = self.kind.storage_key(request.namespace, meta["name"])
        if request.dry_run:
            if self._store.get(key) is not None:
                raise AlreadyExists.of(self.kind.resource, meta["name"])
            return obj
        try:
            return await self._store.create(key, obj, author=request.agent, cause=request.cause)
        except KeyExists:
            raise AlreadyExists.of(self.kind.resource, meta["name"]) from None

    async def _insert_generated(self, request: Request, obj: Obj) -> Obj:
        base = obj["metadata"].get("generateName", "")[:GENERATED_NAME_PREFIX_LIMIT]
        if not base:
            raise BadRequest("name or generateName is required")
        for attempt in range(GENERATE_ATTEMPTS):
            obj["metadata"]["name"] = base + self._context.ids.suffix()
            try:
                return await self._insert(request, obj)
            except AlreadyExists:
                if attempt == GENERATE_ATTEMPTS - 1:
                    raise
        raise AssertionError("unreachable")
