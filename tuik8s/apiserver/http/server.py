"""One HTTP request in, one response out."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from tuik8s.api.errors import ApiError, InternalError, MethodNotSupported, NotFound, ServerTimeout
from tuik8s.api.request import Verb
from tuik8s.apiserver.http import (
    access,
    answers,
    discovery,
    health,
    issuer_discovery,
    metrics,
    openapi,
    options,
    resources,
)
from tuik8s.apiserver.http.encoding import Encodings, EventEncoder
from tuik8s.apiserver.http.fairness import READ_SEATS, WRITE_SEATS, Seats
from tuik8s.apiserver.http.negotiation import negotiate
from tuik8s.apiserver.http.paths import resource_path, segments_of
from tuik8s.apiserver.http.proxying import proxy_path, serve_proxy
from tuik8s.apiserver.http.scales import scale_table
from tuik8s.apiserver.http.streams import serve_attach, serve_exec, serve_log, serve_portforward
from tuik8s.apiserver.http.watches import serve_watch
from tuik8s.apiserver.server import one_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from aiohttp import web

    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import KindRegistry
    from tuik8s.api.request import User
    from tuik8s.apiserver.http.health import Checks
    from tuik8s.apiserver.http.metrics import Measure
    from tuik8s.apiserver.http.options import Query
    from tuik8s.apiserver.http.paths import ResourcePath
    from tuik8s.apiserver.http.proxying import ProxyPath
    from tuik8s.apiserver.server import ApiServer

log = logging.getLogger(__name__)

REQUEST_SECONDS = 60.0
"""How long an answer may take (--request-timeout); watches and streams take as long as they want."""
_HEALTH = ("healthz", "livez", "readyz")
_PROXY_VERBS = {"POST": Verb.CREATE, "PUT": Verb.UPDATE, "PATCH": Verb.PATCH, "DELETE": Verb.DELETE}
_CONNECTING = {"attach": serve_attach, "exec": serve_exec, "portforward": serve_portforward}


class HttpServer:
    """Answers for one `ApiServer`. `checks` and `measures` add what the rest of the cluster knows."""

    def __init__(
        self, api: ApiServer, registry: KindRegistry, *, clock: Clock,
        checks: Checks = dict, measures: Callable[[], Iterable[Measure]] = list,
    ) -> None:  # fmt: skip
        self._api = api
        self._registry = registry
        self._clock = clock
        self._checks = checks
        self._measures = measures
        self._discovery = discovery.Discovery(registry)
        self._openapi = openapi.OpenApi(registry)
        self._encodings = Encodings()
        self._events = EventEncoder(self._encodings)
        self.reading, self.writing = Seats(READ_SEATS), Seats(WRITE_SEATS)

    @property
    def in_flight(self) -> int:
        """Requests that are being read or answered now, watches and streams not counted."""
        return self.reading.taken + self.writing.taken

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Never raises but for a connection that is gone."""
        answers.begin(request)
        response = await self._answer(request)
        if not response.prepared:
            answers.sign(response)
        return response

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._handle(request)
        except ApiError as error:
            return answers.refusal(error)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception as error:
            log.exception("%s %s failed", request.method, request.raw_path)
            return answers.refusal(InternalError(f"Internal error occurred: {type(error).__name__}"))

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        proxied = proxy_path(self._registry, request.raw_path)
        if proxied is not None:
            return await self._proxy(request, proxied)
        segments = segments_of(request.raw_path)
        query = options.parse_query(request.rel_url.raw_query_string)
        user = access.user_of(request, self._api)
        authorization = self._api.authorization
        match segments:
            case ["api", _, _, *_] | ["apis", _, _, _, *_]:
                try:
                    path = resource_path(self._registry, segments)
                except NotFound:
                    access.check_unknown(authorization, user, request.method, segments)
                    raise
                return await self._resource(request, path, query, user)
        access.check_path(authorization, user, request.method, request.raw_path)
        if request.method not in ("GET", "HEAD"):
            raise MethodNotSupported("the server does not allow this method on the requested resource")
        return await self._path(request, segments, query)

    # Resources

    async def _resource(
        self, request: web.BaseRequest, path: ResourcePath, query: Query, user: User
    ) -> web.StreamResponse:
        if path.subresource == "log":
            access.check_resource(self._api.authorization, user, "get", path, query)
            return await serve_log(request, self._api, path, query, user, self._clock)
        if path.subresource in _CONNECTING:
            verb = {"GET": Verb.GET, "POST": Verb.CREATE}.get(request.method)
            if verb is None:
                raise MethodNotSupported("the server does not allow this method on the requested resource")
            access.check_resource(self._api.authorization, user, verb.value, path, query)
            return await _CONNECTING[path.subresource](request, self._api, path, query, user)
        wanted = negotiate(request.headers.get("Accept", ""))
        formatter = answers.Formatter(request, wanted, query, self._encodings)
        if resources.verb_of(request.method, path, query) is Verb.WATCH:
            access.check_resource(self._api.authorization, user, "watch", path, query)
            asked = await resources.build(request, path, query, user, wanted)
            return await serve_watch(request, self._api, asked, formatter, self._events)
        verb = resources.verb_of(request.method, path, query)
        access.check_resource(self._api.authorization, user, verb.value, path, query)
        seats = self.reading if request.method in ("GET", "HEAD") else self.writing
        await seats.take(user)
        try:
            async with asyncio.timeout(options.seconds_allowed(query, REQUEST_SECONDS)):
                asked = await resources.build(request, path, query, user, wanted)
                response = await self._api.send(asked)
        except TimeoutError:
            why = "Timeout: request did not complete within the allotted timeout"
            raise ServerTimeout(why) from None
        finally:
            seats.leave()
        obj, status = resources.outcome(asked, response)
        if asked.as_table and asked.subresource == "scale":
            obj = scale_table(obj, self._clock.now())
        elif wanted.form == "Table" and not asked.as_table and obj["kind"] == path.kind.kind:
            obj = one_row(path.kind, obj, self._clock)
        return await formatter.respond(obj, status=status, warnings=response.warnings)

    async def _proxy(self, request: web.BaseRequest, path: ProxyPath) -> web.StreamResponse:
        user, resource = access.user_of(request, self._api), path.resource
        verb = _PROXY_VERBS.get(request.method, Verb.GET).value
        access.check_resource(self._api.authorization, user, verb, resource, {})
        backend = self._api.backend(resource.kind, resource.namespace, resource.name)
        return await serve_proxy(request, path, backend)

    # Everything else

    async def _path(self, request: web.BaseRequest, segments: list[str], query: Query) -> web.StreamResponse:
        accept = request.headers.get("Accept", "")
        match segments:
            case ["api"] | ["apis"]:
                return self._groups(request, accept, core=segments == ["api"])
            case ["api", version]:
                return answers.json_response(self._discovery.resources("", version))
            case ["apis", group]:
                return answers.json_response(self._discovery.group(group))
            case ["apis", group, version]:
                return answers.json_response(self._discovery.resources(group, version))
            case ["version"]:
                return answers.json_response(discovery.version())
            case [".well-known", "openid-configuration"] if self._api.issuer is not None:
                return issuer_discovery.configuration(self._api.issuer, request.host)
            case ["openid", "v1", "jwks"] if self._api.issuer is not None:
                return issuer_discovery.keys(self._api.issuer)
            case ["openapi", *rest]:
                return await self._openapi.serve(request, rest, query)
            case [endpoint, *_] if endpoint in _HEALTH:
                return health.health(endpoint, segments, query, self._health(endpoint))
            case ["metrics"]:
                return metrics.prometheus(self._figures())
            case []:
                return answers.json_response({"paths": self._paths()})
        return answers.text_response("404 page not found\n", status=404)

    def _groups(self, request: web.BaseRequest, accept: str, *, core: bool) -> web.Response:
        found = self._discovery.aggregated(accept, core=core)
        if found is not None:
            document, media_type = found
            response = answers.json_response(document)
            response.headers["Content-Type"] = media_type
        elif core:
            response = answers.json_response(self._discovery.core_versions(request.host))
        else:
            response = answers.json_response(self._discovery.group_list())
        response.headers["Vary"] = "Accept"
        return response

    def _health(self, endpoint: str) -> dict[str, str]:
        """Being alive does not depend on the components; being ready does."""
        checks = {"ping": "", "log": "", "etcd": self._api.storage_problem()}
        return checks | dict(self._checks()) if endpoint == "readyz" else checks

    def _figures(self) -> Iterator[Measure]:
        yield from metrics.request_measures(self._api.request_metrics)
        yield from metrics.server_measures(self._api.statistics(), self.reading, self.writing)
        yield from metrics.process_measures()
        yield from self._measures()

    def _paths(self) -> list[str]:
        groups = [f"/apis/{kind.group}/{kind.version}" for kind in self._registry if kind.group]
        names = ["healthz", "livez", "metrics", "openapi/v2", "openapi/v3", "readyz", "version"]
        return sorted({"/api", "/api/v1", "/apis", *groups, *(f"/{name}" for name in names)})
