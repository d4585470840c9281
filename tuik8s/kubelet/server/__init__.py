"""The kubelet's own HTTP endpoints, on connections inside the process: the node proxy leads to them."""

from tuik8s.kubelet.server.server import KubeletServer

__all__ = ["KubeletServer"]
