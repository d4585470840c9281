"""The API over HTTPS, on a free port, in the test's own event loop."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.support.control_plane import ControlPlane
from tuik8s.apiserver.certificates import Pki, ensure_pki
from tuik8s.apiserver.http import HttpServer, Listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

HOSTS = ("localhost", "127.0.0.1")
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
SOON = aiohttp.ClientTimeout(total=10)
PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return ensure_pki(tmp_path_factory.mktemp("pki"), HOSTS, datetime.now(UTC))


def client_context(pki: Pki, *, certificate: bool = True) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki.authority))
    if certificate:
        context.load_cert_chain(pki.administrator.certificate, pki.administrator.key)
    return context


@dataclass
class Served:
    """`plane` behind `url`; requests are the administrator's."""

    plane: ControlPlane
    url: str
    port: int
    session: aiohttp.ClientSession
    context: ssl.SSLContext
    serving: asyncio.Task[None]
    server: HttpServer

    def request(
        self, method: str, path: str, **options: Any
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self.session.request(method, self.url + path, **options)

    async def json(self, method: str, path: str, *, status: int = 200, **options: Any) -> Any:
        async with self.request(method, path, **options) as response:
            body = await response.json(content_type=None)
            assert response.status == status, body
            return body

    async def raw(self, data: bytes) -> bytes:
        """Everything that comes back until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.context)
        try:
            writer.write(data)
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()
            await writer.wait_closed()


@pytest.fixture
def kubelets() -> Any:
    """None: no kubelet is connected. Test modules override it."""
    return None


@pytest.fixture
def authorization_modes() -> tuple[str, ...]:
    """Everybody may do everything. Test modules override it."""
    return ("AlwaysAllow",)


@pytest.fixture
def issuer() -> Any:
    """None: there are no service account tokens. Test modules override it."""
    return None


@pytest.fixture
async def served(
    pki: Pki, kubelets: Any, authorization_modes: tuple[str, ...], issuer: Any
) -> AsyncIterator[Served]:
    plane = await ControlPlane.start(
        kubelets=kubelets, authorization_modes=authorization_modes, issuer=issuer
    )
    server = HttpServer(plane.api, plane.kinds, clock=plane.clock)
    listener = Listener(server, "127.0.0.1", 0)
    listener.open()
    listener.secure(pki)
    serving = asyncio.create_task(listener.run())
    context = client_context(pki)
    connector = aiohttp.TCPConnector(ssl=context, limit=0)
    try:
        async with aiohttp.ClientSession(connector=connector, timeout=SOON) as session:
            port = int(listener.endpoint.rpartition(":")[2])
            yield Served(plane, listener.endpoint, port, session, context, serving, server)
        plane.verify_unchanged()
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        listener.close()
        await plane.close()


async def eventually(holds: Callable[[], bool]) -> None:
    """For what shows itself in no answer."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not within five seconds")


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def pod(name: str, **fields: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "main", "image": "busybox"}], **fields}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
