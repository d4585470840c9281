"""Pods as real containers of a Docker engine (API 1.41 or newer).

A pod is a sandbox container that runs `pause` and owns the network and IPC namespaces; its containers
join it. Names and labels are the kubelet's docker shim's (`naming`) plus the cluster's and the node's
name: nothing without this cluster's label is ever touched. Every cluster has one bridge network; the
kubelet chooses pod addresses.

Guarantees: nothing blocks the event loop. Short calls go through the Docker SDK in a bounded thread pool
(`engine`); whatever waits or streams (stop, logs, exec, events, pull) is asyncio I/O (`wire`). While the
engine is gone every call raises `RuntimeUnavailable` at once; nothing has to be done when it is back.
Containers outlive the program and are found again by their labels.

Deviation from Kubernetes: a hostPort without a host IP is published on 127.0.0.1 only, as a laptop
should not offer its experiments to the network.
"""

from tuik8s.cri.docker.inventory import Found, Home
from tuik8s.cri.docker.runtime import DockerRuntime

__all__ = ["DockerRuntime", "Found", "Home"]
