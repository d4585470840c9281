"""One API server, reached in the process and over HTTPS."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tests.http.conftest import Served, authorization_modes, issuer, kubelets, pki, served
from tuik8s.api.request import User
from tuik8s.client import Client
from tuik8s.client.remote import Context, HttpsTransport, transport_to

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tuik8s.apiserver.certificates import Pki

__all__ = ["authorization_modes", "issuer", "kubelets", "pki", "served"]


def context_of(served: Served, pki: Pki, **user: Any) -> Context:
    """As the cluster's own kubeconfig has it; `user` replaces the certificate."""
    cluster = {"server": served.url, "certificate-authority": str(pki.authority)}
    certificate = {
        "client-certificate": str(pki.administrator.certificate),
        "client-key": str(pki.administrator.key),
    }
    return Context("test", cluster, user or certificate)


def base64_of(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


@pytest.fixture
async def remote(served: Served, pki: Pki) -> AsyncIterator[HttpsTransport]:
    transport = transport_to(context_of(served, pki))
    yield transport
    await transport.close()


@pytest.fixture(params=["in process", "https"])
def client(request: pytest.FixtureRequest, served: Served, remote: HttpsTransport) -> Client:
    """The same verbs over both transports, on the same server."""
    transport = remote if request.param == "https" else served.plane.api
    return Client(transport, User("system:admin", ("system:masters", "system:authenticated")), agent="test")
