"""Registries of definitions and of what they define."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.api.customresources import deprecation_warnings
from tuik8s.api.errors import MethodNotSupported, UnsupportedMediaType
from tuik8s.api.request import PatchType
from tuik8s.api.validation.definitions import validate_definition
from tuik8s.apiserver.customresources.views import CustomResourcesView
from tuik8s.apiserver.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.customresources import CustomKind, Stored
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request, Response
    from tuik8s.apiserver.context import ServerContext
    from tuik8s.storage import Watch

_PATCHES = (PatchType.JSON, PatchType.MERGE, PatchType.APPLY)


class CustomResourceRegistry(Registry):
    """Objects of one version of a definition."""

    def __init__(self, kind: CustomKind, context: ServerContext, *, stored_as: Stored, since: int) -> None:
        """`since` is the revision that made the definition what it is."""
        super().__init__(kind, context)
        self.view = CustomResourcesView(kind, stored_as, since)
        self.warnings = deprecation_warnings(kind)
        self.terminating = False
        """Its definition is being deleted: nothing new is made."""
        self._watches: set[Watch] = set()

    def opened(self, watch: Watch) -> None:
        self._watches.add(watch)

    def closed(self, watch: Watch) -> None:
        self._watches.discard(watch)

    def retire(self) -> None:
        """Another takes its place, or none does: end the watches."""
        for watch in tuple(self._watches):
            watch.close()

    async def create(self, request: Request) -> Response:
        if self.terminating:
            raise MethodNotSupported(
                f"{request.verb} not allowed while custom resource definition is terminating"
            )
        return await super().create(request)

    async def patch(self, request: Request) -> Response:
        if request.patch_type is PatchType.STRATEGIC:
            raise UnsupportedMediaType.accepting([str(known) for known in _PATCHES])
        return await super().patch(request)


class DefinitionRegistry(Registry):
    """CustomResourceDefinitions; `written` hears of each that was, as soon as that is committed."""

    written: Callable[[str], object]

    async def examine(self, obj: Obj) -> None:
        """What is found here is remembered."""
        await asyncio.to_thread(lambda: list(validate_definition(obj)))

    async def _insert_once(self, request: Request, obj: Obj) -> Obj:
        created = await super()._insert_once(request, obj)
        self.written(created["metadata"]["name"])
        return created

    async def _store_change(self, request: Request, key: str, obj: Obj, current: Obj) -> Obj:
        changed = await super()._store_change(request, key, obj, current)
        self.written(request.name)
        return changed

    async def remove(self, request: Request, obj: Obj, current: Obj) -> Obj:
        removed = await super().remove(request, obj, current)
        self.written(request.name)
        return removed
