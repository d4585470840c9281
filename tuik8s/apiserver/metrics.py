"""metrics.k8s.io: what nodes and pods use, asked of the kubelets at each request (metrics-server's API)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import MethodNotSupported, NotFound
from tuik8s.api.objects import labels_of
from tuik8s.api.request import Response, Verb
from tuik8s.apiserver import tables
from tuik8s.apiserver.listing import Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request
    from tuik8s.api.usage import ContainerUsage, NodeUsage
    from tuik8s.apiserver.ports import KubeletPort
    from tuik8s.apiserver.registry import Registry


class Metrics:
    """Nothing is stored: objects are made of the cluster's nodes and pods and of what is measured now."""

    def __init__(
        self, registries: Callable[[Kind], Registry], kubelets: Callable[[], KubeletPort], clock: Clock
    ) -> None:
        self._registry, self._kubelets, self._clock = registries, kubelets, clock

    async def answer(self, request: Request) -> Response:
        """Raises NotFound for what is not measured (yet)."""
        if request.verb not in (Verb.GET, Verb.LIST):
            raise MethodNotSupported("the server does not allow this method on the requested resource")
        usage = await self._kubelets().usage()
        found = list(self._nodes(usage) if request.kind is kinds.NODE_METRICS else self._pods(request, usage))
        if request.verb is Verb.GET:
            one = next((item for item in found if item["metadata"]["name"] == request.name), None)
            if one is None:
                name = f"{request.namespace}/{request.name}" if request.namespace else request.name
                raise NotFound.of(f"{request.kind.singular}.{request.kind.group}", name)
            return Response(self._table(request, [one], {}) if request.as_table else one)
        wanted = Filter.of(request.kind, request.selection)
        found = [item for item in found if wanted.matches(item)]
        if request.as_table:
            return Response(self._table(request, found, {}))
        kind = request.kind
        return Response(
            {"kind": kind.list_kind, "apiVersion": kind.api_version, "metadata": {}, "items": found}
        )

    def _table(self, request: Request, found: list[Obj], meta: Obj) -> Obj:
        return tables.table(request.kind, found, self._clock.now(), list_metadata=meta)

    def _all(self, kind: Kind, namespace: str = "") -> Iterable[Obj]:
        registry = self._registry(kind)
        for item in registry.context.store.list(registry.prefix(namespace)).items:
            yield registry.view.outward(item)

    def _nodes(self, usage: Mapping[str, NodeUsage]) -> Iterable[Obj]:
        for node in self._all(kinds.NODE):
            measured = usage.get(node["metadata"]["name"])
            if measured is not None:
                yield {
                    **self._head(kinds.NODE_METRICS, node),
                    "timestamp": timestamp(measured.time),
                    "window": _duration(measured.window),
                    "usage": _usage(measured.cpu_nanocores, measured.memory_bytes),
                }

    def _pods(self, request: Request, usage: Mapping[str, NodeUsage]) -> Iterable[Obj]:
        measured: dict[str, list[ContainerUsage]] = defaultdict(list)
        for node in usage.values():
            for container in node.containers:
                measured[container.pod_uid].append(container)
        for pod in self._all(kinds.POD, request.namespace):
            containers = measured.get(pod["metadata"]["uid"])
            if containers and (pod.get("status") or {}).get("phase") == "Running":
                yield {
                    **self._head(kinds.POD_METRICS, pod),
                    "timestamp": timestamp(max(one.time for one in containers)),
                    "window": _duration(max(one.window for one in containers)),
                    "containers": [
                        {"name": one.name, "usage": _usage(one.cpu_nanocores, one.memory_bytes)}
                        for one in sorted(containers, key=lambda one: one.name)
                    ],
                }

    def _head(self, kind: Kind, of: Obj) -> Obj:
        meta: Obj = {"name": of["metadata"]["name"], "creationTimestamp": timestamp(self._clock.now())}
        if kind.namespaced:
            meta["namespace"] = of["metadata"]["namespace"]
        if labels_of(of):
            meta["labels"] = dict(labels_of(of))
        return {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": meta}


def _usage(nanocores: int, memory: int) -> Obj:
    return {"cpu": f"{nanocores}n" if nanocores else "0", "memory": f"{memory // 1024}Ki"}


def _duration(seconds: float) -> str:
    """As Go writes it: `15s`, `15.02s`."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"
