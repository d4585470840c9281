"""Which custom resources the API server answers for."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.customresources import served_kinds, stored_as
from tuik8s.api.objects import is_true, revision_of
from tuik8s.apiserver.customresources.registry import CustomResourceRegistry, DefinitionRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.customresources import CustomKind
    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.context import ServerContext
    from tuik8s.apiserver.registry import Registry

log = logging.getLogger(__name__)


class ServedDefinitions:
    """Follows the writes of definitions: what is established is served from the same turn of the loop on."""

    def __init__(
        self, registry: KindRegistry, registries: dict[Kind, Registry], context: ServerContext
    ) -> None:
        self.kinds = registry
        self.definitions = DefinitionRegistry(kinds.CUSTOM_RESOURCE_DEFINITION, context)
        self.definitions.written = self.follow
        self._registries = registries
        self._context = context
        self._served: dict[str, list[CustomKind]] = {}
        self._announced: set[str] = set()
        registries[kinds.CUSTOM_RESOURCE_DEFINITION] = self.definitions

    def load(self) -> None:
        """Serve what the store says is established, before anybody asks."""
        for definition in self._context.store.list(kinds.CUSTOM_RESOURCE_DEFINITION.prefix).items:
            self.serve(definition)

    def follow(self, name: str) -> None:
        """A definition has been written or removed: what counts is how it stands now."""
        definition = self.definitions.find("", name)
        if definition is None:
            self._withdraw(name)
        elif name not in self._announced:
            self.serve(definition)

    @contextmanager
    def announced(self, definition: Obj) -> Iterator[None]:
        """Serve it in this form while it is being written: who sees it written may ask at once."""
        name = definition["metadata"]["name"]
        self._announced.add(name)
        self.serve(definition)
        try:
            yield
        finally:
            self._announced.discard(name)
            self.follow(name)

    def serve(self, definition: Obj) -> None:
        """In the form given."""
        resource = definition["metadata"]["name"]
        before, served = self._served.get(resource, []), served_kinds(definition)
        if [repr(kind) for kind in served] != [repr(kind) for kind in before]:
            self._replace(resource, served, definition)
        for kind in served:
            self._of(kind).terminating = is_true(definition, "Terminating")

    def _replace(self, resource: str, served: list[CustomKind], definition: Obj) -> None:
        """Watches end with what they were begun on, and begin anew on what there is now."""
        for kind in self._served.pop(resource, []):
            self._of(kind).retire()
            del self._registries[kind]
        stored = stored_as(definition)
        for kind in served:
            self._registries[kind] = CustomResourceRegistry(
                kind, self._context, stored_as=stored, since=revision_of(definition)
            )
        if served:
            self._served[resource] = served
        self.kinds.define(resource, served)
        log.info("%s served in %s", resource, ", ".join(kind.version for kind in served) or "no version")

    def _of(self, kind: CustomKind) -> CustomResourceRegistry:
        registry = self._registries[kind]
        assert isinstance(registry, CustomResourceRegistry)
        return registry

    async def compile(self, definition: Obj) -> None:
        """Schemas, beside the loop, so that no request has to."""
        for kind in self._served.get(definition["metadata"]["name"], ()):
            await asyncio.to_thread(kind.definition.schema.compile)

    def _withdraw(self, resource: str) -> None:
        served = self._served.pop(resource, [])
        for kind in served:
            self._of(kind).retire()
            del self._registries[kind]
        if served:
            self.kinds.define(resource, ())

    def registry_of(self, definition: Obj) -> Registry | None:
        """Of any served version: all have the same objects."""
        served = self._served.get(definition["metadata"]["name"])
        return self._registries[served[0]] if served else None
