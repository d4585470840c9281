"""The Kubernetes API over HTTPS, in the event loop of the cluster (HTTP/1.1, TLS 1.2 and later).

Guarantees: every answer is JSON as the API conventions have it, errors are Status objects and never
tracebacks; a request has an authenticated user before anything is looked up for it; bodies, headers, waiting
and the number of requests are limited; a watch costs one task.
"""

from tuik8s.apiserver.http.listener import Listener
from tuik8s.apiserver.http.server import HttpServer

__all__ = ["HttpServer", "Listener"]
