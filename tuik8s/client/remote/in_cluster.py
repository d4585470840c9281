"""The cluster we run in, as its service account (client-go's InClusterConfig)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tuik8s.client.remote.kubeconfig import Context

if TYPE_CHECKING:
    from collections.abc import Mapping

MOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
NAME = "in-cluster"


def in_cluster(environment: Mapping[str, str], mount: Path = MOUNT) -> Context | None:
    """None outside a pod."""
    host, port = environment.get("KUBERNETES_SERVICE_HOST"), environment.get("KUBERNETES_SERVICE_PORT")
    token, authority, namespace = mount / "token", mount / "ca.crt", mount / "namespace"
    if not host or not port or not token.is_file():
        return None
    address = f"[{host}]" if ":" in host else host
    cluster = {"server": f"https://{address}:{port}"}
    if authority.is_file():
        cluster["certificate-authority"] = str(authority)
    here = namespace.read_text(encoding="utf-8").strip() if namespace.is_file() else ""
    return Context(NAME, cluster, {"tokenFile": str(token)}, here)
