"""One subscription per kind for all kubelets: changes go to the node, or the pod, they concern."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Protocol
from weakref import WeakValueDictionary

from tuik8s.api import kinds
from tuik8s.api.objects import key_of, revision_of, uid_of
from tuik8s.kubelet.volumes.payload import Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tuik8s.api.objects import Obj
    from tuik8s.reconcile import Informers

NODE_INDEX = "spec.nodeName"


class Listener(Protocol):
    """One kubelet."""

    def pod_changed(self, pod: Obj) -> None: ...
    def pod_gone(self, pod: Obj) -> None: ...
    def node_changed(self) -> None: ...


_shared: WeakValueDictionary[int, Router] = WeakValueDictionary()
"""By the identity of the informers, which a router keeps for as long as it lives, and no longer."""


class Router:
    """Asks for every informer a kubelet needs, so that all are there before the informers start."""

    @classmethod
    def of(cls, informers: Informers) -> Router:
        """The one of these informers."""
        router = _shared.get(id(informers))
        if router is None:
            router = _shared[id(informers)] = cls(informers)
        return router

    def __init__(self, informers: Informers) -> None:
        self._informers = informers
        self._pods = informers.of(kinds.POD)
        self._pods.add_index(NODE_INDEX, lambda pod: filter(None, (pod["spec"].get("nodeName"),)))
        self._pods.subscribe(self._pod)
        self._nodes = informers.of(kinds.NODE)
        self._nodes.subscribe(self._node)
        self._listeners: dict[str, Listener] = {}
        self._watched: dict[Reference, set[Callable[[int], None]]] = defaultdict(set)
        for kind in (kinds.CONFIG_MAP, kinds.SECRET):
            informers.of(kind).subscribe(self._configuration(kind))
        informers.of(kinds.SERVICE)

    async def synced(self) -> None:
        await self._pods.synced.wait()
        await self._nodes.synced.wait()

    def pods_of(self, node: str) -> Iterable[Obj]:
        return self._pods.by_index(NODE_INDEX, node)

    def knows(self, pod_uid: str) -> bool:
        """Whether the API has this pod, on whichever node."""
        return any(uid_of(pod) == pod_uid for pod in self._pods.list())

    def join(self, node: str, listener: Listener) -> None:
        """Hand over the node's pods now, and their changes from now on."""
        self._listeners[node] = listener
        for pod in self.pods_of(node):
            listener.pod_changed(pod)

    def leave(self, node: str) -> None:
        self._listeners.pop(node, None)

    def watch(self, references: Iterable[Reference], changed: Callable[[int], None]) -> None:
        """Call `changed` with the revision whenever one of these objects changes."""
        for reference in references:
            self._watched[reference].add(changed)

    def unwatch(self, references: Iterable[Reference], changed: Callable[[int], None]) -> None:
        for reference in references:
            self._watched[reference].discard(changed)
            if not self._watched[reference]:
                del self._watched[reference]

    def _pod(self, old: Obj | None, new: Obj | None) -> None:
        # After a list the same name may be another pod: the old one has gone.
        if old is not None and (new is None or uid_of(old) != uid_of(new)):
            listener = self._listeners.get(old["spec"].get("nodeName", ""))
            if listener is not None:
                listener.pod_gone(old)
        if new is not None:
            listener = self._listeners.get(new["spec"].get("nodeName", ""))
            if listener is not None:
                listener.pod_changed(new)

    def _node(self, old: Obj | None, new: Obj | None) -> None:
        listener = self._listeners.get(key_of(new or old or {}).name)
        if listener is not None:
            listener.node_changed()

    def _configuration(self, kind: kinds.Kind) -> Callable[[Obj | None, Obj | None], None]:
        def changed(old: Obj | None, new: Obj | None) -> None:
            obj = new or old or {}
            key = key_of(obj)
            for callback in tuple(self._watched.get(Reference(kind, key.namespace, key.name), ())):
                callback(revision_of(obj))

        return changed
