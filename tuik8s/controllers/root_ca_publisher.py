"""The authority's certificate in every namespace (pkg/controller/certificates/rootcacertpublisher)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import AlreadyExists, NotFound
from tuik8s.api.objects import Key, Obj, copy, is_deleting
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers

CONFIG_MAP = "kube-root-ca.crt"
DESCRIPTION_KEY = "kubernetes.io/description"
DESCRIPTION = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such "
    "as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across "
    "distributions of Kubernetes clusters."
)


class RootCACertPublisher(Reconciler):
    """Keeps the ConfigMap that pods verify the API server with; again if it was deleted or changed."""

    name = "root-ca-certificate-publisher-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock,
        root_ca: Callable[[], Awaitable[str]],
    ) -> None:  # fmt: skip
        self._client = client
        self._root_ca = root_ca
        self._namespaces = informers.of(kinds.NAMESPACE)
        self._config_maps = informers.of(kinds.CONFIG_MAP)
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=1)
        self._controller.watches(self._namespaces)
        self._controller.watches(self._config_maps, _namespace_of_ours)

    async def reconcile(self, key: Key) -> None:
        namespace = self._namespaces.get(key)
        if namespace is None or is_deleting(namespace):
            return
        data = {"ca.crt": await self._root_ca()}
        found = self._config_maps.find(key.name, CONFIG_MAP)
        try:
            if found is None:
                metadata: Obj = {"name": CONFIG_MAP, "namespace": key.name}
                metadata["annotations"] = {DESCRIPTION_KEY: DESCRIPTION}
                await self._client.create(kinds.CONFIG_MAP, {"metadata": metadata, "data": data})
            elif found.get("data") != data:
                changed = {**copy(found), "data": data}
                await self._client.update(kinds.CONFIG_MAP, changed)
        except (AlreadyExists, NotFound):
            return  # somebody was faster, or the namespace is gone


def _namespace_of_ours(config_map: Obj) -> Iterable[Key]:
    if config_map["metadata"]["name"] == CONFIG_MAP:
        yield Key("", config_map["metadata"]["namespace"])
