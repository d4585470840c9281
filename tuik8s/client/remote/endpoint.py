"""Where a kubeconfig's cluster is reached, and through what."""

from __future__ import annotations

import ipaddress
import urllib.request
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from tuik8s.client.remote.problems import KubeconfigProblem

if TYPE_CHECKING:
    from collections.abc import Mapping


class Endpoint(NamedTuple):
    """`url` may have a path, and ends in no slash; `server_name` and `proxy` are None for the ordinary."""

    url: str
    server_name: str | None = None
    proxy: str | None = None


def endpoint_of(cluster: Mapping[str, Any]) -> Endpoint:
    """Raises KubeconfigProblem."""
    server = str(cluster.get("server") or "")
    if not server:
        raise KubeconfigProblem("the cluster has no server: say where it is reached")
    if "://" not in server:
        has_tls = any(name.startswith(("certificate-authority", "insecure", "tls")) for name in cluster)
        server = f"{'https' if has_tls else 'http'}://{server}"
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not _host_is_valid(server) or parts.query or parts.fragment:
        raise KubeconfigProblem(f"server: {server!r} is no URL such as https://127.0.0.1:6443")
    name = str(cluster.get("tls-server-name") or "") or None
    return Endpoint(server.rstrip("/"), name, _proxy(cluster, parts.scheme, parts.hostname or ""))


def _host_is_valid(server: str) -> bool:
    try:
        parts = urlsplit(server)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _proxy(cluster: Mapping[str, Any], scheme: str, host: str) -> str | None:
    """`proxy-url`, else what HTTPS_PROXY, HTTP_PROXY and NO_PROXY say; never for this machine itself."""
    given = str(cluster.get("proxy-url") or "")
    if not given:
        proxies = urllib.request.getproxies_environment()
        if _is_local(host) or urllib.request.proxy_bypass_environment(host, proxies):  # type: ignore[attr-defined]
            return None
        given = proxies.get(scheme, "")
    if given and urlsplit(given).scheme not in ("http", "https"):
        raise KubeconfigProblem(f"the proxy {_without_password(given)} is not supported: use an http:// one")
    return given or None


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _without_password(url: str) -> str:
    return url.rpartition("@")[2] if "@" in url else url
