"""A kubeconfig that reaches one cluster as its administrator."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.apiserver.certificates.pki import Pki


def kubeconfig(pki: Pki, cluster: str, endpoint: str) -> dict[str, Any]:
    """Everything is embedded: the file may be copied elsewhere. Blocks on files."""
    name = context_name(cluster)
    user = f"{name}-admin"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": name,
                "cluster": {"certificate-authority-data": _data(pki.authority), "server": endpoint},
            }
        ],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": _data(pki.administrator.certificate),
                    "client-key-data": _data(pki.administrator.key),
                },
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
        "current-context": name,
        "preferences": {},
    }


def context_name(cluster: str) -> str:
    """Prefixed, so that it does not take the place of somebody else's context of the cluster's name."""
    return cluster if cluster == "tuik8s" else f"tuik8s-{cluster}"


def _data(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
