"""The API server: requests in, responses out, whatever carries them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import AlreadyExists, MethodNotSupported, NotFound, ServiceUnavailable
from tuik8s.api.request import Request, User, Verb
from tuik8s.apiserver.context import ServerContext
from tuik8s.apiserver.registry import Registry
from tuik8s.apiserver.watching import watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.api.clock import Clock, Ids
    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Response, WatchEvent
    from tuik8s.apiserver.ports import KubeletPort
    from tuik8s.client.transport import ExecStream, LogOptions
    from tuik8s.storage import Store

SYSTEM_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
LOOPBACK = User("system:apiserver", ("system:masters", "system:authenticated"))


class ApiServer:
    """Implements `client.Transport` in the same process: objects are handed over without serialising."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Clock,
        ids: Ids,
        registry: KindRegistry,
        kubelets: KubeletPort | None = None,
        service_cidr: str = "10.96.0.0/16",
        node_port_range: tuple[int, int] = (30000, 32767),
    ) -> None:
        self.kubelets = kubelets
        self.service_cidr = service_cidr
        self.node_port_range = node_port_range
        self._store = store
        self._context = ServerContext(store=store, clock=clock, ids=ids, kinds=registry)
        self._registries = {kind: Registry(kind, self._context) for kind in registry}

    async def start(self) -> None:
        """Create what every cluster has; what exists already is left as it is."""
        for name in SYSTEM_NAMESPACES:
            await self._ensure(kinds.NAMESPACE, "", {"metadata": {"name": name}})

    async def send(self, request: Request) -> Response:
        registry = self._registry(request.kind)
        match request.verb:
            case Verb.GET:
                return await registry.get(request)
            case Verb.LIST:
                return await registry.list(request)
            case Verb.CREATE:
                return await registry.create(request)
            case Verb.UPDATE:
                return await registry.update(request)
            case Verb.DELETE:
                return await registry.delete(request)
            case _:
                raise MethodNotSupported(f"{request.verb} is not supported on {request.kind.resource}")

    def watch(self, request: Request) -> AsyncIterator[WatchEvent]:
        return watch(self._store, self._registry(request.kind), request)

    def logs(self, user: User, namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        return self._kubelets().logs(self._registry(kinds.POD).current(namespace, pod), options)

    async def exec(
        self,
        user: User,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        tty: bool,
        stdin: bool,
    ) -> ExecStream:
        found = self._registry(kinds.POD).current(namespace, pod)
        return await self._kubelets().exec(found, container, command, tty=tty, stdin=stdin)

    def _kubelets(self) -> KubeletPort:
        if self.kubelets is None:
            raise ServiceUnavailable("no kubelet is connected to the API server")
        return self.kubelets

    def _registry(self, kind: Kind) -> Registry:
        try:
            return self._registries[kind]
        except KeyError:
            raise NotFound("the server could not find the requested resource") from None

    async def _ensure(self, kind: Kind, namespace: str, obj: Obj) -> None:
        request = Request(
            verb=Verb.CREATE, kind=kind, namespace=namespace, body=obj, user=LOOPBACK, agent="kube-apiserver",
            field_manager="kube-apiserver",
        )  # fmt: skip
        try:
            await self.send(request)
        except AlreadyExists:
            return
