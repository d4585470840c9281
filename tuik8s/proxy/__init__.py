"""The service proxy: connections to a NodePort reach the pods behind the Service (kube-proxy's part).

kube-proxy writes packet rules; here the program itself listens on the host's loopback address and carries the
bytes, because no privileges and no reachable pod network may be assumed. `service_table` turns Services and
EndpointSlices into ports with endpoints, `balancer` chooses, `tcp` and `udp` carry, `proxy` keeps listeners
in step.
"""

from tuik8s.proxy.proxy import NodePortProxy, PortStatistics, ProxyStatistics

__all__ = ["NodePortProxy", "PortStatistics", "ProxyStatistics"]
