"""Writes to the store, with its refusals in the API's words."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.api.errors import AlreadyExists, ApiError, InternalError, NotFound, ServiceUnavailable
from tuik8s.api.objects import revision_of
from tuik8s.storage.errors import KeyExists, KeyMissing, RevisionMismatch, StoreClosed, WriteFailed

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request
    from tuik8s.storage import Store


class Changed(Exception):
    """The object was written by somebody else since it was read."""


class Writer:
    """The only door to the store's writes; knows which keys are being written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writing: dict[str, asyncio.Future[None]] = {}

    async def create(self, kind: Kind, key: str, obj: Obj, request: Request) -> Obj:
        write = self._store.create(key, obj, author=request.agent, cause=request.cause)
        return await self._attempt(kind, key, obj["metadata"]["name"], write)

    async def update(self, kind: Kind, key: str, obj: Obj, current: Obj, request: Request) -> Obj:
        """Raises Changed when `current` no longer is."""
        write = self._store.update(
            key, obj, expected=revision_of(current), author=request.agent, cause=request.cause
        )
        return await self._attempt(kind, key, obj["metadata"]["name"], write)

    async def delete(self, kind: Kind, key: str, obj: Obj, current: Obj, request: Request) -> Obj:
        """`obj` is the last state, which watchers see. Raises Changed when `current` no longer is."""
        write = self._store.delete(
            key, expected=revision_of(current), value=obj, author=request.agent, cause=request.cause
        )
        return await self._attempt(kind, key, obj["metadata"]["name"], write)

    async def settled(self, key: str) -> None:
        """Wait until the write of this key that was in the way is committed or has failed."""
        writing = self._writing.get(key)
        await (asyncio.wait([writing]) if writing is not None else asyncio.sleep(0))

    async def _attempt(self, kind: Kind, key: str, name: str, write: Awaitable[Obj]) -> Obj:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        before = self._writing.get(key)
        if before is None:
            self._writing[key] = done
        try:
            return await write
        except RevisionMismatch as error:
            raise Changed from error
        except (KeyExists, KeyMissing, WriteFailed, StoreClosed) as error:
            raise _as_api_error(kind, name, error) from error
        finally:
            if before is None:
                del self._writing[key]
                done.set_result(None)


def _as_api_error(kind: Kind, name: str, error: Exception) -> ApiError:
    if isinstance(error, KeyExists):
        return AlreadyExists.of(kind.resource, name)
    if isinstance(error, KeyMissing):
        return NotFound.of(kind.resource, name)
    if isinstance(error, StoreClosed):
        return ServiceUnavailable("the API server is shutting down")
    return InternalError(f"Internal error occurred: {error}")
