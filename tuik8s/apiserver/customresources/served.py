"""Which custom resources the API server answers for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.customresources import served_kinds, storage_version
from tuik8s.api.objects import is_true, revision_of
from tuik8s.apiserver.customresources.registry import CustomResourceRegistry, DefinitionRegistry

if TYPE_CHECKING:
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
        self.definitions.stored = self.serve
        self.definitions.removed = self.withdraw
        self._registries = registries
        self._context = context
        self._served: dict[str, list[CustomKind]] = {}
        registries[kinds.CUSTOM_RESOURCE_DEFINITION] = self.definitions

    def load(self) -> None:
        """Serve what the store says is established, before anybody asks."""
        for definition in self._context.store.list(kinds.CUSTOM_RESOURCE_DEFINITION.prefix).items:
            self.serve(definition)

    def serve(self, definition: Obj) -> None:
        """In its present form."""
        resource = definition["metadata"]["name"]
        before, served = self._served.get(resource, []), served_kinds(definition)
        stored_as = f"{definition['spec']['group']}/{storage_version(definition)}"
        for kind in before:
            self._registries.pop(kind, None)
        for kind in served:
            self._registries[kind] = CustomResourceRegistry(
                kind, self._context, stored_as=stored_as, since=revision_of(definition),
                terminating=is_true(definition, "Terminating"),
            )  # fmt: skip
        if [repr(kind) for kind in served] != [repr(kind) for kind in before]:
            self.kinds.define(resource, served)
            log.info("%s served in %s", resource, ", ".join(kind.version for kind in served) or "no version")
        self._served[resource] = served

    def withdraw(self, definition: Obj) -> None:
        """It is gone."""
        resource = definition["metadata"]["name"]
        for kind in self._served.pop(resource, []):
            self._registries.pop(kind, None)
        self.kinds.define(resource, ())

    def registry_of(self, definition: Obj) -> Registry | None:
        """Of any served version: all have the same objects."""
        served = self._served.get(definition["metadata"]["name"])
        return self._registries[served[0]] if served else None
