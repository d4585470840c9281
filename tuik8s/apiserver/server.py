"""The API server: requests in, responses out, whatever carries them."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import ApiError, InternalError, MethodNotSupported, NotFound, ServiceUnavailable
from tuik8s.api.priorities import SYSTEM_CLASSES
from tuik8s.api.request import Request, Response, User, Verb
from tuik8s.apiserver import tables
from tuik8s.apiserver.access import Access
from tuik8s.apiserver.admission import build_chain
from tuik8s.apiserver.authentication import Authenticator
from tuik8s.apiserver.authentication.bootstrap_tokens import BootstrapTokens
from tuik8s.apiserver.authorization import Attributes as AccessAttributes
from tuik8s.apiserver.authorization import Authorization
from tuik8s.apiserver.backends import Backends
from tuik8s.apiserver.component_statuses import ComponentStatuses
from tuik8s.apiserver.context import ServerContext
from tuik8s.apiserver.customresources import DefinitionController, ServedDefinitions
from tuik8s.apiserver.deletion import delete, delete_collection
from tuik8s.apiserver.listing import list_objects
from tuik8s.apiserver.metrics import Metrics
from tuik8s.apiserver.pod_streams import (
    check_can_attach,
    check_can_exec,
    check_has_host,
    check_has_logs,
    choose_container,
)
from tuik8s.apiserver.registry import Registry
from tuik8s.apiserver.request_log import RequestLog
from tuik8s.apiserver.reviews import Reviews
from tuik8s.apiserver.role_bootstrap import bootstrap_roles
from tuik8s.apiserver.services import ServiceRegistry
from tuik8s.apiserver.storing import Writer
from tuik8s.apiserver.subresources import handler_of
from tuik8s.apiserver.subresources.pods import bind_named
from tuik8s.apiserver.watching import watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from typing import TypeAlias

    from tuik8s.api.clock import Clock, Ids
    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import WatchEvent
    from tuik8s.apiserver.authentication.service_accounts import TokenIssuer
    from tuik8s.apiserver.backends import Backend
    from tuik8s.apiserver.ports import Connection, Dial, KubeletPort
    from tuik8s.apiserver.request_log import ApiServerStatistics, RequestRecord
    from tuik8s.apiserver.request_metrics import RequestMetrics
    from tuik8s.client.transport import ExecStream, LogOptions
    from tuik8s.storage import Store

    Intercept: TypeAlias = Callable[[Request], Awaitable[None]]

log = logging.getLogger(__name__)

SYSTEM_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
LOOPBACK = User("system:apiserver", ("system:masters", "system:authenticated"))
SECURE_PORT = 6443
ROWS_AT_ONCE = 200
"""Rows of a Table that are made before the loop has its turn."""
DEFAULT_ACCESS = Access()
_MEASURED, _REVIEWS = frozenset(kinds.MEASURED), frozenset(kinds.REVIEWS)


class ApiServer:
    """Implements `client.Transport` in the same process: objects are handed over without serialising.

    `intercept` is asked before each request, and may wait, or refuse it by raising `ApiError`. Raises
    `ApiError` for what is refused.
    """

    def __init__(
        self, store: Store, *, clock: Clock, ids: Ids, registry: KindRegistry,
        kubelets: KubeletPort | None = None, service_cidr: str = "10.96.0.0/16",
        node_port_range: tuple[int, int] = (30000, 32767), access: Access = DEFAULT_ACCESS,
    ) -> None:  # fmt: skip
        self.kubelets = kubelets
        self.component_health: Callable[[], Mapping[str, str]] = dict
        self.intercept: Intercept | None = None
        self.authenticator = Authenticator([BootstrapTokens(store, clock)], anonymous=access.anonymous)
        """Whom requests over HTTP come from; replaced when more credentials are known."""
        self.issuer: TokenIssuer | None = None
        """Whose keys are shown to who checks tokens by himself; None until they are known."""
        self.authorization = Authorization(store, access.modes)
        self._store = store
        self._clock = clock
        self._context = ServerContext(
            store=store, writer=Writer(store), clock=clock, ids=ids,
            admission=build_chain(store, access, ids=ids, authorization=self.authorization),
            authorization=self.authorization, issuer=access.issuer,
        )  # fmt: skip
        self._log = RequestLog()
        self._reviews = Reviews(self)
        self._components = ComponentStatuses(lambda: self.component_health(), clock=clock)
        self._services = ServiceRegistry(
            kinds.SERVICE, self._context, cidr=service_cidr, node_ports=node_port_range
        )
        self._backends = Backends(self._registry, self._kubelet_port)
        self._metrics = Metrics(self._registry, self._kubelet_port, clock)
        stored = (kind for kind in registry if kind not in kinds.MEASURED)
        self._registries = {kind: Registry(kind, self._context) for kind in stored}
        self._registries[kinds.SERVICE] = self._services
        self.kinds = registry
        """What is served at this moment."""
        self._definitions = ServedDefinitions(registry, self._registries, self._context)
        self.definition_controller = DefinitionController(self._definitions, self._context)
        """To be run by whoever starts the server: accepts, establishes and ends custom resources."""

    async def start(self) -> None:
        """Learn what the stored services hold and which custom resources there are, then create what every
        cluster has and is not there yet."""
        self._definitions.load()
        for problem in self._services.rebuild():
            log.warning("%s", problem)
        for name in SYSTEM_NAMESPACES:
            await self._ensure(kinds.NAMESPACE, "", {"metadata": {"name": name}})
        await self._ensure(kinds.SERVICE, "default", self._own_service())
        for system_class in SYSTEM_CLASSES:
            await self._ensure(kinds.PRIORITY_CLASS, "", system_class)

    async def bootstrap(self) -> None:
        """Where roles decide, bring the default ones up to date: before, none but masters may do anything."""
        if self.authorization.bootstraps:
            await bootstrap_roles(self._registry, LOOPBACK)

    async def send(self, request: Request) -> Response:
        began, code = perf_counter(), 500
        self._log.in_flight += 1
        try:
            if self.intercept is not None:
                await self.intercept(request)
            self.authorization.check_request(request)
            response = await self._dispatch(request)
            code = 201 if request.verb is Verb.CREATE else 200
            known = self._registries.get(request.kind)
            if known is not None and known.warnings:
                response = response._replace(warnings=(*known.warnings, *response.warnings))
            return response
        except ApiError as error:
            code = error.code
            raise
        except Exception as error:
            log.exception("%s %s failed", request.verb, request.kind)
            raise InternalError(f"Internal error occurred: {error!r}") from error
        finally:
            self._log.in_flight -= 1
            self._log.note(self._clock.now(), request, code, perf_counter() - began)

    async def watch(self, request: Request) -> AsyncIterator[WatchEvent]:
        check_verb(request)
        registry = self._registry(request.kind)
        self._log.watches += 1
        self._log.requests[Verb.WATCH.value] += 1
        self._log.metrics.note(request, 200, None)
        try:
            if self.intercept is not None:
                await self.intercept(request)
            self.authorization.check_request(request)
            async with aclosing(watch(self._store, registry, request)) as events:
                async for event in events:
                    if request.as_table and event.type != "BOOKMARK":
                        yield event._replace(object=one_row(request.kind, event.object, self._clock))
                    else:
                        yield event
        except ApiError as error:
            self._log.errors[error.code] += 1
            raise
        finally:
            self._log.watches -= 1

    async def logs(self, user: User, namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        """A pod without a node has no lines; what never ran is refused."""
        self._check_stream(user, "get", namespace, pod, "log")
        found = self._registry(kinds.POD).current(namespace, pod)
        container = choose_container(found, options.container)
        if not found["spec"].get("nodeName"):
            return
        check_has_logs(found, container, previous=options.previous)
        async for line in self._kubelet_port().logs(found, replace(options, container=container)):
            yield line

    async def exec(
        self, user: User, namespace: str, pod: str, container: str, command: Sequence[str], *,
        tty: bool, stdin: bool,
    ) -> ExecStream:  # fmt: skip
        self._check_stream(user, "create", namespace, pod, "exec")
        found = self._registry(kinds.POD).current(namespace, pod)
        chosen = choose_container(found, container)
        check_can_exec(found)
        return await self._kubelet_port().exec(found, chosen, command, tty=tty, stdin=stdin)

    async def attach(
        self, user: User, namespace: str, pod: str, container: str, *, stdin: bool
    ) -> ExecStream:
        self._check_stream(user, "create", namespace, pod, "attach")
        found = self._registry(kinds.POD).current(namespace, pod)
        chosen = choose_container(found, container)
        check_can_attach(found)
        return await self._kubelet_port().attach(found, chosen, stdin=stdin)

    async def port_forward(self, user: User, namespace: str, pod: str) -> Dial:
        """What connects to the pod's ports; raises OSError with the kubelet's words."""
        self._check_stream(user, "create", namespace, pod, "portforward")
        found = self._registry(kinds.POD).current(namespace, pod)
        check_has_host(found)
        kubelets = self._kubelet_port()

        async def dial(port: int) -> Connection:
            try:
                return await kubelets.dial_pod(found, port)
            except OSError as error:
                meta = found["metadata"]
                where = f"error forwarding port {port} to pod {meta['name']}, uid {meta['uid']}"
                raise OSError(f"{where}: {error.strerror or error}") from None

        return dial

    def backend(self, kind: Kind, namespace: str, name: str) -> Backend:
        """What a proxy subresource leads to; `name` as `[scheme:]name[:port]`."""
        return self._backends.find(kind, namespace, name)

    def statistics(self) -> ApiServerStatistics:
        return self._log.statistics()

    @property
    def request_metrics(self) -> RequestMetrics:
        return self._log.metrics

    def storage_problem(self) -> str:
        """Why nothing can be stored now; empty when it can."""
        return "the latest commit failed" if self._store.statistics().failing else ""

    def recent_requests(self) -> tuple[RequestRecord, ...]:
        """The last thousand, oldest first."""
        return self._log.recent()

    async def _dispatch(self, request: Request) -> Response:
        if request.kind in _MEASURED:
            return await self._metrics.answer(request)
        registry = self._registry(request.kind)
        if not request.subresource:
            check_verb(request)
        if request.kind == kinds.COMPONENT_STATUS:
            return self._components.answer(request)
        if request.kind == kinds.BINDING:
            return await bind_named(self._registry(kinds.POD), request)
        if request.kind in _REVIEWS:
            return self._reviews.answer(request)
        if request.subresource and request.subresource != "status":
            handler = handler_of(request.kind, request.subresource)
            if handler is None:
                raise NotFound("the server could not find the requested resource")
            return await handler(registry, request)
        if request.subresource and not registry.strategy.has_status:
            raise NotFound("the server could not find the requested resource")
        return await self._verb(registry, request)

    async def _verb(self, registry: Registry, request: Request) -> Response:
        match request.verb:
            case Verb.GET:
                found = registry.current(request.namespace, request.name)
                return Response(one_row(registry.kind, found, self._clock) if request.as_table else found)
            case Verb.LIST:
                return Response(await self._list(registry, request))
            case Verb.UPDATE:
                return await registry.update(request)
            case Verb.PATCH:
                return await registry.patch(request)
            case Verb.CREATE if not request.subresource:
                return await registry.create(request)
            case Verb.DELETE if not request.subresource:
                return await delete(registry, request)
            case Verb.DELETE_COLLECTION if not request.subresource:
                found = await list_objects(self._store, registry, replace(request, verb=Verb.LIST))
                return await delete_collection(registry, request, found)
        raise MethodNotSupported("the server does not allow this method on the requested resource")

    async def _list(self, registry: Registry, request: Request) -> Obj:
        found = await list_objects(self._store, registry, request)
        if not request.as_table:
            return found
        now, items = self._clock.now(), found["items"]
        table = tables.table(registry.kind, items[:ROWS_AT_ONCE], now, list_metadata=found["metadata"])
        for start in range(ROWS_AT_ONCE, len(items), ROWS_AT_ONCE):
            await asyncio.sleep(0)
            table["rows"] += tables.rows(registry.kind, items[start : start + ROWS_AT_ONCE], now)
        return table

    def _check_stream(self, user: User, verb: str, namespace: str, pod: str, subresource: str) -> None:
        asked = AccessAttributes(user, verb, "", kinds.POD.plural, subresource, namespace, pod)
        self.authorization.check(asked)

    def _kubelet_port(self) -> KubeletPort:
        if self.kubelets is None:
            raise ServiceUnavailable("no kubelet is connected to the API server")
        return self.kubelets

    def _registry(self, kind: Kind) -> Registry:
        try:
            return self._registries[kind]
        except KeyError:
            raise NotFound("the server could not find the requested resource") from None

    async def _ensure(self, kind: Kind, namespace: str, obj: Obj) -> None:
        registry = self._registry(kind)
        if registry.find(namespace, obj["metadata"]["name"]) is not None:
            return
        request = Request(
            verb=Verb.CREATE, kind=kind, namespace=namespace, body=obj, user=LOOPBACK,
            agent="kube-apiserver", field_manager="kube-apiserver",
        )  # fmt: skip
        await registry.create(request)

    def _own_service(self) -> Obj:
        return {
            "metadata": {
                "name": "kubernetes",
                "labels": {"component": "apiserver", "provider": "kubernetes"},
            },
            "spec": {
                "type": "ClusterIP",
                "clusterIP": self._services.addresses.api_server_address,
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": SECURE_PORT}],
            },
        }


def check_verb(request: Request) -> None:
    """Not every kind can do everything: namespaces are not deleted as a collection."""
    if request.verb.value not in request.kind.verbs:
        raise MethodNotSupported("the server does not allow this method on the requested resource")


def one_row(kind: Kind, obj: Obj, clock: Clock) -> Obj:
    """A Table of one object, at that object's revision."""
    meta = {"resourceVersion": obj["metadata"]["resourceVersion"]}
    return tables.table(kind, [obj], clock.now(), list_metadata=meta)
