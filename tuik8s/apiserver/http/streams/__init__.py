"""What flows between clients and containers: logs, processes, connections."""

from tuik8s.apiserver.http.streams.logs import serve_log
from tuik8s.apiserver.http.streams.portforward import serve_portforward
from tuik8s.apiserver.http.streams.remotecommand import serve_attach, serve_exec

__all__ = ["serve_attach", "serve_exec", "serve_log", "serve_portforward"]
