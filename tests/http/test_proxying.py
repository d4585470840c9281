"""The proxy subresources, in front of a small HTTP server."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from tests.http.conftest import PODS, Served, pod
from tests.support.kubelets import UnreachableKubelets
from tuik8s.apiserver.backends import may_be_reached
from tuik8s.apiserver.http.proxying.rewriting import Rewriting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NAMESPACE = "/api/v1/namespaces/default"
PAGE = (
    "<!DOCTYPE html>\n<html><body>\n<!-- <a href='/no'> -->\n"
    '<a class=x href="/docs/?q=1&amp;r=2">caf\xe9</a>'
    "<a href='relative'>r</a><a href=\"https://elsewhere/x\">e</a><img src=/logo.png>"
    "<script>var a = '<a href=\"/no\">';</script></body></html>"
)


class Backend(UnreachableKubelets):
    """Every pod's port 8080, and every node's, is this server."""

    def __init__(self) -> None:
        self.dialled: list[tuple[str, int]] = []
        self.seen: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.port = 0

    async def dial_pod(self, pod: Any, port: int) -> Any:
        return await self.dial_node(pod["metadata"]["name"], port)

    async def dial_node(self, name: str, port: int) -> Any:
        self.dialled.append((name, port))
        if port not in (8080, 10250):
            raise ConnectionRefusedError(111, "connect: connection refused")
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._echo(request)
        self.seen.append(
            (request.method, request.raw_path, await request.content.read(), dict(request.headers))
        )
        match request.path:
            case "/moved":
                return web.Response(status=302, headers={"Location": "/there?x=1", "Set-Cookie": "a=b"})
            case "/page":
                return web.Response(body=PAGE.encode("latin-1"), content_type="text/html")
            case "/packed":
                headers = {"Content-Encoding": "gzip", "Content-Type": "text/html; charset=latin-1"}
                return web.Response(body=gzip.compress(PAGE.encode("latin-1")), headers=headers)
            case "/slow":
                return await self._slow(request)
            case "/broken":
                response = web.StreamResponse(headers={"Content-Length": "100"})
                await response.prepare(request)
                await response.write(b"begun")
                assert request.transport is not None
                request.transport.close()
                return response
        return web.Response(status=418, reason="Teapot", text="seen", headers={"X-Own": "1"})

    async def _slow(self, request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for piece in (b"one\n", b"two\n"):
            await response.write(piece)
            await asyncio.sleep(0.05)
        return response

    async def _echo(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(protocols=["chat"])
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data.upper())
        return socket


@pytest.fixture
async def kubelets() -> AsyncIterator[Backend]:
    backend = Backend()
    runner = web.ServerRunner(web.Server(backend.handle, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    backend.port = runner.addresses[0][1]
    yield backend
    await runner.cleanup()


@pytest.fixture(autouse=True)
async def running(served: Served) -> None:
    containers = [{"name": "main", "image": "busybox", "ports": [{"containerPort": 8080, "name": "http"}]}]
    await served.json("POST", PODS, json=pod("a", nodeName="n", containers=containers), status=201)
    status = {"status": {"podIP": "10.244.0.9", "podIPs": [{"ip": "10.244.0.9"}]}}
    headers = {"Content-Type": "application/merge-patch+json"}
    await served.json("PATCH", f"{PODS}/a/status", json=status, headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_every_method_goes_through_as_it_is(served: Served, kubelets: Backend, method: str) -> None:
    path = f"{PODS}/a/proxy/x//y/..%2F%20?q=1&q=%2F"
    headers = {"Authorization": "Bearer secret", "X-Mine": "yes", "Connection": "x-hop", "X-Hop": "1"}
    data = b"body" if method in ("POST", "PUT", "PATCH") else None
    url = URL(served.url + path, encoded=True)
    async with served.session.request(method, url, headers=headers, data=data) as answer:
        assert (answer.status, answer.reason, await answer.text()) == (418, "Teapot", "seen")
        assert answer.headers["X-Own"] == "1"
    [(seen, target, body, received)] = kubelets.seen
    assert (seen, body) == (method, data or b"")
    assert target == "/x//y/..%2F%20?q=1&q=%2F"
    assert received["X-Mine"] == "yes"
    assert "Authorization" not in received
    assert "X-Hop" not in received
    assert received["X-Forwarded-Host"] == f"127.0.0.1:{served.port}"
    assert kubelets.dialled == [("a", 8080)]


async def test_bodies_flow_before_they_end(served: Served) -> None:
    async with served.request("GET", f"{PODS}/a:8080/proxy/slow") as answer:
        assert await answer.content.readline() == b"one\n"
        assert await answer.content.read() == b"two\n"


async def test_a_body_that_breaks_off_is_not_taken_for_whole(served: Served) -> None:
    with pytest.raises(aiohttp.ClientPayloadError):
        async with served.request("GET", f"{PODS}/a/proxy/broken") as answer:
            await answer.read()


async def test_redirects_and_cookies(served: Served) -> None:
    async with served.request("GET", f"{PODS}/a/proxy", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (301, f"{PODS}/a/proxy/")
    async with served.request("GET", f"{PODS}/a/proxy/moved", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, f"{PODS}/a/proxy/there?x=1")
        assert answer.headers["Set-Cookie"] == "a=b"


@pytest.mark.parametrize("path", ["page", "packed"])
async def test_links_of_a_page_lead_through_the_proxy(served: Served, path: str) -> None:
    prefix = f"{PODS}/a/proxy"
    async with served.request("GET", f"{prefix}/{path}") as answer:
        page = (await answer.read()).decode("latin-1")
    expected = PAGE.replace('"/docs/?', f'"{prefix}/docs/?').replace("src=/logo", f'src="{prefix}/logo')
    assert page == expected.replace("logo.png>", 'logo.png">')


def test_which_links_are_rewritten() -> None:
    link = Rewriting("/p", "api:1", "10.0.0.1:80").link
    assert [link(url) for url in ("/", "/x/", "/a/../b?c#d", "http://10.0.0.1:80/x", "//api:1/x")] == [
        "/p/", "/p/x/", "/p/b?c#d", "/p/x", "/p/x",
    ]  # fmt: skip
    for untouched in ("x", "#y", "http://else/x", "mailto:x@y", "/p/x", "javascript:/x", "http://[", ""):
        assert link(untouched) == untouched


async def test_web_sockets_go_through(served: Served) -> None:
    url = f"{served.url}{PODS}/a/proxy/socket"
    async with served.session.ws_connect(url, protocols=["chat"]) as socket:
        assert socket.protocol == "chat"
        await socket.send_str("hello")
        assert await socket.receive_str() == "HELLO"


async def test_what_cannot_be_reached(served: Served) -> None:
    refused = await served.json("GET", f"{PODS}/a:81/proxy/", status=503)
    assert refused["reason"] == "ServiceUnavailable"
    assert refused["message"] == (
        "error trying to reach service: dial tcp 10.244.0.9:81: connect: connection refused"
    )
    invalid = await served.json("GET", f"{PODS}/a:b:c:d/proxy/", status=400)
    assert invalid["message"] == 'invalid pod request "a:b:c:d"'
    await served.json("GET", f"{PODS}/ftp:a:80/proxy/", status=400)
    await served.json("GET", f"{PODS}/absent/proxy/", status=404)
    await served.json("GET", "/api/v1/nodes/absent/proxy/", status=404)
    await served.json("POST", PODS, json=pod("b"), status=201)
    assert (await served.json("GET", f"{PODS}/b/proxy/", status=400))["message"] == "address not allowed"


async def test_a_service_leads_to_a_ready_endpoint(served: Served, kubelets: Backend) -> None:
    ports = [{"name": "web", "port": 80, "targetPort": 8080}]
    service = {"metadata": {"name": "s"}, "spec": {"ports": ports}}
    await served.json("POST", f"{NAMESPACE}/services", json=service, status=201)
    refused = await served.json("GET", f"{NAMESPACE}/services/s:web/proxy/", status=503)
    assert refused["message"] == 'no endpoints available for service "s"'
    target = {"kind": "Pod", "name": "a", "namespace": "default"}
    endpoints = [
        {"addresses": ["10.244.0.8"], "conditions": {"ready": False}, "targetRef": {**target, "name": "z"}},
        {"addresses": ["10.244.0.9"], "conditions": {"ready": True}, "targetRef": target},
    ]
    await _slice(served, "s", endpoints)
    for name in ("s:web", "s:80", "http:s:web"):
        async with served.request("GET", f"{NAMESPACE}/services/{name}/proxy/x") as answer:
            assert answer.status == 418
    assert set(kubelets.dialled) == {("a", 8080)}
    refused = await served.json("GET", f"{NAMESPACE}/services/s:81/proxy/", status=503)
    assert refused["message"] == 'no service port 81 found for service "s"'
    await served.json("GET", f"{NAMESPACE}/services/s/proxy/", status=503)  # its port has a name


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "169.254.169.254", "::1", "fe80::1", "0.0.0.0", "::ffff:127.0.0.1", "x"]
)
def test_endpoints_written_by_hand_lead_to_no_place_of_the_host_s(address: str) -> None:
    assert not may_be_reached(address)
    assert may_be_reached("10.0.0.9")


async def _slice(served: Served, service: str, endpoints: list[Any]) -> None:
    piece = {
        "metadata": {"name": f"{service}-1", "labels": {"kubernetes.io/service-name": service}},
        "addressType": "IPv4", "endpoints": endpoints, "ports": [{"name": "web", "port": 8080}],
    }  # fmt: skip
    path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    await served.json("POST", path, json=piece, status=201)


async def test_a_node_leads_to_its_kubelet(served: Served, kubelets: Backend) -> None:
    await served.json("POST", "/api/v1/nodes", json={"metadata": {"name": "n1"}}, status=201)
    async with served.request("GET", "/api/v1/nodes/n1/proxy/healthz") as answer:
        assert answer.status == 418
    async with served.request("GET", "/api/v1/nodes/https:n1:10250/proxy/healthz") as answer:
        assert answer.status == 418
    assert kubelets.dialled == [("n1", 10250)] * 2


async def test_credentials_stay_with_the_api_server(served: Served, kubelets: Backend) -> None:
    token = "base64url.bearer.authorization.k8s.io.c2VjcmV0"
    headers = {
        "Impersonate-User": "system:admin", "Impersonate-Group": "system:masters",
        "Sec-WebSocket-Protocol": f"{token}, chat",
    }  # fmt: skip
    async with served.request("GET", f"{PODS}/a:8080/proxy/x", headers=headers) as response:
        assert response.status == 418
    seen = {name.lower(): value for name, value in kubelets.seen[-1][3].items()}
    assert seen["sec-websocket-protocol"] == "chat"
    assert not [name for name in seen if name.startswith(("impersonate", "authorization"))]
