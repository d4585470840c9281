"""Names and labels of containers, as the kubelet's docker shim gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.cri.protocol import ContainerConfig, PodSandboxConfig

CLUSTER = "io.tuik8s.cluster"
DIRECTORY, EPHEMERAL, MACHINE = "io.tuik8s.directory", "io.tuik8s.ephemeral", "io.tuik8s.machine"
NODE = "io.tuik8s.node"
POD_IP = "io.tuik8s.pod.ip"
IMAGE = "io.tuik8s.image"
ATTEMPT = "io.tuik8s.attempt"
POD_NAME = "io.kubernetes.pod.name"
POD_NAMESPACE = "io.kubernetes.pod.namespace"
POD_UID = "io.kubernetes.pod.uid"
CONTAINER_NAME = "io.kubernetes.container.name"
TYPE = "io.kubernetes.docker.type"
SANDBOX_ID = "io.kubernetes.sandbox.id"
RESTART_COUNT = "annotation.io.kubernetes.container.restartCount"
SPEC_HASH = "annotation.io.kubernetes.container.hash"
GRACE_PERIOD = "annotation.io.kubernetes.pod.terminationGracePeriod"
TERMINATION_MESSAGE_PATH = "annotation.io.kubernetes.container.terminationMessagePath"
SANDBOX, CONTAINER, PROBE = "podsandbox", "container", "probe"


def sandbox_name(config: PodSandboxConfig) -> str:
    return f"k8s_POD_{config.name}_{config.namespace}_{config.uid}_{config.attempt}"


def container_name(config: ContainerConfig, pod: PodSandboxConfig) -> str:
    return f"k8s_{config.name}_{pod.name}_{pod.namespace}_{pod.uid}_{config.attempt}"


def network_name(cluster: str) -> str:
    return f"tuik8s-{cluster}"


def sandbox_labels(cluster: str, config: PodSandboxConfig) -> dict[str, str]:
    """The pod's own labels come first: none of them may hide one of ours."""
    return {
        **config.labels,
        **_pod_labels(cluster, config),
        CONTAINER_NAME: "POD",
        TYPE: SANDBOX,
        POD_IP: "" if config.host_network else config.ip,
        ATTEMPT: str(config.attempt),
    }


def container_labels(
    cluster: str, sandbox_id: str, config: ContainerConfig, pod: PodSandboxConfig
) -> dict[str, str]:
    return {
        **_pod_labels(cluster, pod),
        CONTAINER_NAME: config.name,
        TYPE: CONTAINER,
        SANDBOX_ID: sandbox_id,
        IMAGE: config.image,
        ATTEMPT: str(config.attempt),
        RESTART_COUNT: str(config.attempt),
        SPEC_HASH: config.spec_hash,
        GRACE_PERIOD: str(config.grace_period),
        TERMINATION_MESSAGE_PATH: config.termination_message_path,
    }


def _pod_labels(cluster: str, config: PodSandboxConfig) -> dict[str, str]:
    return {
        CLUSTER: cluster,
        NODE: config.node,
        POD_NAME: config.name,
        POD_NAMESPACE: config.namespace,
        POD_UID: config.uid,
    }
