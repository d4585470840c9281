"""Container runtimes behind one protocol, after Kubernetes' CRI: `docker` and `simulated`.

One runtime instance serves every node of the cluster; sandboxes and containers carry their node's name.
Neither runtime knows anything about the API server.
"""

from tuik8s.cri.protocol import (
    ContainerConfig,
    ContainerEvent,
    ContainerState,
    ContainerStats,
    ContainerStatus,
    ExecResult,
    ExecSession,
    Image,
    ImageNotFound,
    ImagePullFailed,
    InvalidImageName,
    LogLine,
    LogQuery,
    Mount,
    PodSandboxConfig,
    PodSandboxStatus,
    PortMapping,
    RegistryCredentials,
    Resources,
    Runtime,
    RuntimeFault,
    RuntimeUnavailable,
    SecurityContext,
    Version,
)

__all__ = [
    "ContainerConfig",
    "ContainerEvent",
    "ContainerState",
    "ContainerStats",
    "ContainerStatus",
    "ExecResult",
    "ExecSession",
    "Image",
    "ImageNotFound",
    "ImagePullFailed",
    "InvalidImageName",
    "LogLine",
    "LogQuery",
    "Mount",
    "PodSandboxConfig",
    "PodSandboxStatus",
    "PortMapping",
    "RegistryCredentials",
    "Resources",
    "Runtime",
    "RuntimeFault",
    "RuntimeUnavailable",
    "SecurityContext",
    "Version",
]
