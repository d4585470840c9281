"""NamespaceLifecycle: nothing new where no namespace is, or where it is going away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden, NotFound
from tuik8s.api.objects import is_deleting
from tuik8s.api.request import Verb

if TYPE_CHECKING:
    from tuik8s.apiserver.admission.chain import Attributes
    from tuik8s.storage import Store

IMMORTAL = frozenset(("default", "kube-system", "kube-public"))


class NamespaceLifecycle:
    name = "NamespaceLifecycle"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        kind, operation = attributes.kind, attributes.operation
        if operation is Verb.DELETE:
            if kind == kinds.NAMESPACE and attributes.name in IMMORTAL:
                raise Forbidden.on(kind.resource, attributes.name, "this namespace may not be deleted")
        elif operation is Verb.CREATE and kind.namespaced:
            self._check_exists(attributes)

    def _check_exists(self, attributes: Attributes) -> None:
        namespace = attributes.namespace
        found = self._store.get(kinds.NAMESPACE.storage_key("", namespace))
        if found is None:
            raise NotFound.of(kinds.NAMESPACE.resource, namespace)
        if is_deleting(found):
            error = Forbidden.on(
                attributes.kind.resource,
                attributes.name,
                f"unable to create new content in namespace {namespace} because it is being terminated",
            )
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
            error.details = {**(error.details or {}), "causes": [cause]}
            raise error
