"""A service account `default` in every active namespace (pkg/controller/serviceaccount)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import AlreadyExists, NotFound
from tuik8s.api.objects import Key, Obj, is_deleting
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers

DEFAULT = "default"


class ServiceAccountController(Reconciler):
    """Creates the service account that pods use when they name none, again if it was deleted."""

    name = "serviceaccount-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock
    ) -> None:
        self._client = client
        self._namespaces = informers.of(kinds.NAMESPACE)
        self._accounts = informers.of(kinds.SERVICE_ACCOUNT)
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=1)
        self._controller.watches(self._namespaces)
        self._controller.watches(self._accounts, _namespace_of_default)

    async def reconcile(self, key: Key) -> None:
        namespace = self._namespaces.get(key)
        if namespace is None or not _is_active(namespace):
            return
        if self._accounts.find(key.name, DEFAULT) is not None:
            return
        account = {"metadata": {"name": DEFAULT, "namespace": key.name}}
        try:
            await self._client.create(kinds.SERVICE_ACCOUNT, account)
        except (AlreadyExists, NotFound):
            return  # somebody was faster, or the namespace is gone


def _is_active(namespace: Obj) -> bool:
    phase = (namespace.get("status") or {}).get("phase") or "Active"
    return phase == "Active" and not is_deleting(namespace)


def _namespace_of_default(account: Obj) -> Iterable[Key]:
    if account["metadata"]["name"] == DEFAULT:
        yield Key("", account["metadata"]["namespace"])
