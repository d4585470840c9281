"""What flows between clients and containers: logs and processes."""

from tuik8s.apiserver.http.streams.exec import serve_exec
from tuik8s.apiserver.http.streams.logs import serve_log

__all__ = ["serve_exec", "serve_log"]
