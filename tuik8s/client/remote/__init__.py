"""Any Kubernetes API server over HTTPS, as a `Transport`.

`kubeconfig` and `in_cluster` say where and who, `credentials` (with `exec_plugin` and `tls`) keep that valid,
`connection` speaks HTTP, `wire` and `answers` translate, `transport` has the verbs, `discovery` the kinds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.clock import SystemClock
from tuik8s.client.remote.connection import Connection
from tuik8s.client.remote.credentials import Credentials
from tuik8s.client.remote.discovery import discover, server_version
from tuik8s.client.remote.endpoint import endpoint_of
from tuik8s.client.remote.in_cluster import in_cluster
from tuik8s.client.remote.kubeconfig import Context, Kubeconfig, default_paths
from tuik8s.client.remote.problems import CredentialProblem, KubeconfigProblem, Unreachable, UntrustedServer
from tuik8s.client.remote.server import RemoteServer
from tuik8s.client.remote.transport import HttpsTransport

if TYPE_CHECKING:
    from tuik8s.api.clock import Clock

__all__ = [
    "Context", "CredentialProblem", "HttpsTransport", "Kubeconfig", "KubeconfigProblem", "RemoteServer",
    "Unreachable", "UntrustedServer", "default_paths", "discover", "in_cluster", "server_version",
    "transport_to",
]  # fmt: skip


def transport_to(
    context: Context, *, clock: Clock | None = None, interactive: bool = False
) -> HttpsTransport:
    """Connects at the first request. `interactive`: a credential plug-in may ask on the terminal.

    Raises KubeconfigProblem for an entry that cannot be understood; files are read when they are needed.
    """
    clock = clock or SystemClock()
    credentials = Credentials(context, clock=clock, interactive=interactive)
    return HttpsTransport(Connection(endpoint_of(context.cluster), credentials), clock=clock)
