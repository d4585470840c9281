"""The proxy subresource: what is asked of a pod, a service or a node goes to it, and comes back."""

from tuik8s.apiserver.http.proxying.paths import ProxyPath, proxy_path
from tuik8s.apiserver.http.proxying.serving import serve_proxy

__all__ = ["ProxyPath", "proxy_path", "serve_proxy"]
