"""Who may connect, and what they may do."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import aiohttp
import pytest
from cryptography.hazmat.primitives import serialization

from tests.http.conftest import CONFIG_MAPS, HOSTS, SOON, Served, client_context
from tuik8s.apiserver.certificates import ensure_pki, issuing

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.apiserver.certificates import Pki


@pytest.fixture
def authorization_modes() -> tuple[str, ...]:
    return ("Node", "RBAC")


async def _get(served: Served, path: str, context: ssl.SSLContext) -> tuple[int, dict[str, str]]:
    connector = aiohttp.TCPConnector(ssl=context)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=SOON) as session,
        session.get(served.url + path) as answer,
    ):
        body = await answer.json() if answer.content_type == "application/json" else {}
        return answer.status, body


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz", "/version", "/version/"])
async def test_health_and_version_are_for_everybody(served: Served, pki: Pki, path: str) -> None:
    assert (await _get(served, path, client_context(pki, certificate=False)))[0] == 200


@pytest.mark.parametrize("path", ["/api", "/apis", "/api/v1", "/openapi/v3", "/metrics", "/nosuch"])
async def test_nobody_is_told_anything_else(served: Served, pki: Pki, path: str) -> None:
    status, body = await _get(served, path, client_context(pki, certificate=False))
    why = f'forbidden: User "system:anonymous" cannot get path "{path}"'
    assert (status, body["reason"], body["message"]) == (403, "Forbidden", why)


async def test_nobody_is_told_which_resources_there_are(served: Served, pki: Pki) -> None:
    nobody = client_context(pki, certificate=False)
    for resource in ("configmaps", "nosuch"):
        status, body = await _get(served, f"/api/v1/namespaces/default/{resource}", nobody)
        assert status == 403
        assert body["message"] == (
            f'{resource} is forbidden: User "system:anonymous" cannot list resource "{resource}" in API '
            'group "" in the namespace "default"'
        )


def _context_of(pki: Pki, tmp_path: Path, user: str, groups: list[str]) -> ssl.SSLContext:
    """A client certified by the cluster's own authority."""
    from cryptography import x509

    directory = pki.authority.parent
    key = serialization.load_pem_private_key((directory / "ca.key").read_bytes(), password=None)
    certificate = x509.load_pem_x509_certificate(pki.authority.read_bytes())
    issued = issuing.new_client(
        issuing.Issued(key, certificate),  # type: ignore[arg-type]
        user, groups, datetime.now(UTC),
    )  # fmt: skip
    pem = issued.certificate.public_bytes(serialization.Encoding.PEM) + issued.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "client.pem").write_bytes(pem)
    context = client_context(pki, certificate=False)
    context.load_cert_chain(tmp_path / "client.pem")
    return context


async def test_others_are_forbidden_in_kubernetes_words(served: Served, pki: Pki, tmp_path: Path) -> None:
    jane = _context_of(pki, tmp_path, "jane", ["dev"])
    status, body = await _get(served, f"{CONFIG_MAPS}/a", jane)
    assert status == 403
    assert body["message"] == (
        'configmaps "a" is forbidden: User "jane" cannot get resource "configmaps" in API group "" in the '
        'namespace "default"'
    )
    status, body = await _get(served, "/apis/apps/v1/deployments", jane)
    assert body["message"].endswith(
        'User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope'
    )
    status, body = await _get(served, "/metrics", jane)
    assert (status, body["message"]) == (403, 'forbidden: User "jane" cannot get path "/metrics"')
    assert (await _get(served, "/apis", jane))[0] == 200


async def test_any_master_may_do_everything(served: Served, pki: Pki, tmp_path: Path) -> None:
    root = _context_of(pki, tmp_path, "root", ["system:masters"])
    assert (await _get(served, CONFIG_MAPS, root))[0] == 200


async def test_a_certificate_of_another_authority_is_refused(
    served: Served, pki: Pki, tmp_path: Path
) -> None:
    other = ensure_pki(tmp_path / "other", HOSTS, datetime.now(UTC))
    context = client_context(pki, certificate=False)
    context.load_cert_chain(other.administrator.certificate, other.administrator.key)
    with pytest.raises((aiohttp.ClientError, ssl.SSLError, ConnectionError)):
        await _get(served, "/healthz", context)
    assert await served.json("GET", CONFIG_MAPS)  # nobody else is hurt


async def test_plain_http_gets_nowhere(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n")
    try:
        received = await reader.read()
    except ConnectionError:
        received = b""
    writer.close()
    assert b"gitVersion" not in received


async def test_nobody_reaches_a_pod_through_the_proxy(served: Served, pki: Pki) -> None:
    path = "/api/v1/namespaces/default/pods/a/proxy/"
    status, body = await _get(served, path, client_context(pki, certificate=False))
    assert (status, body["reason"]) == (403, "Forbidden")
    assert 'cannot get resource "pods/proxy"' in body["message"]
